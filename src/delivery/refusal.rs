//! What a refusal of Partnero's is about. No source shows the errors of a refer-a-friend program, so
//! each function reads the list of fields, and the sentence where there is no list.

use crate::client::{Error, ErrorKind};

/// Whether Partnero has surely done nothing, and would answer the same again.
pub(super) fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Rejected | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Invalid
    )
}

/// Whether a refusal names this field.
pub(super) fn is_about(refusal: &Error, field: &str) -> bool {
    let names_it = |name: &str| name == field || name.strip_prefix("metadata.") == Some(field);
    let errors = refusal.field_errors();
    if !errors.is_empty() {
        return errors.iter().any(|error| names_it(&error.field));
    }
    // Without a list of fields there is the sentence alone: "The email has already been taken."
    let message = refusal.message().unwrap_or_default();
    // "The referring customer key does not exist." is about the referrer.
    let lower = message.to_ascii_lowercase();
    if lower.contains("refer") || lower.contains("partner") {
        return false;
    }
    let mut words = message.split(|char: char| char.is_whitespace() || char == ',');
    refusal.kind() == ErrorKind::Invalid && words.any(|word| names_it(word.trim_end_matches('.')))
}

/// Whether a refusal names the referrer, or no field at all.
pub(super) fn may_be_about_referrer(refusal: &Error) -> bool {
    let names_it = |field: &str| field.starts_with("refer") || field.starts_with("partner");
    let mut errors = refusal.field_errors().iter();
    errors.len() == 0 || errors.any(|error| names_it(&error.field))
}
