//! The reports that wait for a person's decision.

use serde_json::{Value, json};
use time::OffsetDateTime;
use tower_partnero::Outbox;
use tower_partnero::delivery::DeadLetter;

use crate::Ending;
use crate::failure::Failure;
use crate::print::{Printer, plain};

/// How many are read at once, so that a million of them need no memory.
const PAGE: u32 = 100;

pub(super) async fn list(outbox: &Outbox, printer: Printer) -> Result<Ending, Failure> {
    let mut after = 0;
    let mut ending = Ending::Well;
    loop {
        // From the last id on, not by page number: reports may be replayed while this list is read.
        let page = outbox.dead(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(ending);
        };
        (after, ending) = (last.id, Ending::Attention);
        for letter in &page {
            let (text, object) = describe(letter);
            printer.result(&text, &object)?;
        }
    }
}

fn describe(letter: &DeadLetter) -> (String, Value) {
    let died = OffsetDateTime::from(letter.died_at).date().to_string();
    let text = format!(
        "{}\t{} {} of customer {}\t{} on {died} after {} tries\t{}",
        letter.id,
        letter.kind,
        plain(&letter.key),
        plain(&letter.customer),
        plain(&letter.reason),
        letter.attempts,
        plain(&letter.last_answer)
    );
    let object = json!({
        "id": letter.id,
        "kind": letter.kind.as_str(),
        "key": letter.key,
        "customer": letter.customer,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "last_answer": letter.last_answer,
        "enqueued_at": OffsetDateTime::from(letter.enqueued_at).unix_timestamp(),
        "died_at": OffsetDateTime::from(letter.died_at).unix_timestamp(),
    });
    (text, object)
}
