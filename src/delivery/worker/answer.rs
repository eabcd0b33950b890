//! What a row keeps of an attempt that failed.

use crate::delivery::deliver::DeliveryError;

/// How much of Partnero's last answer a row keeps, in characters.
const ANSWER: usize = 1_000;

/// What an operator reads: the error and what caused it.
pub(super) fn answer(error: &DeliveryError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    // PostgreSQL takes no zero bytes.
    text.chars()
        .filter(|char| *char != '\0')
        .take(ANSWER)
        .collect()
}
