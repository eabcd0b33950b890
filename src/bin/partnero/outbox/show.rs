//! Everything that the outbox holds about one customer.

use serde_json::Value;
use time::OffsetDateTime;
use tower_partnero::Outbox;

use crate::Ending;
use crate::failure::Failure;
use crate::print::{Printer, plain};

pub(super) async fn print(
    outbox: &Outbox,
    customer: &str,
    printer: Printer,
) -> Result<Ending, Failure> {
    let rows = outbox.export(customer).await?;
    // A failure, because a mistyped identifier must not look like a customer without reports.
    if rows.is_empty() {
        return Err(Failure::new(format!(
            "the outbox holds nothing about the customer {customer:?}: write the app's own \
             identifier of the user, as in `NewCustomer::new(...)`"
        )));
    }
    for row in &rows {
        printer.result(&lines(row), row)?;
    }
    Ok(Ending::Well)
}

/// The row in a few lines. Columns that hold nothing are left out.
fn lines(row: &Value) -> String {
    let mut lines = format!(
        "{}  {} {}: {}",
        row["id"],
        text(&row["kind"]),
        text(&row["key"]),
        text(&row["state"])
    );
    for (name, column) in [
        ("outcome", "outcome"),
        ("last answer", "last_answer"),
        ("tries", "attempts"),
        ("waits for", "waits_for"),
        ("public key", "public_key"),
        ("report", "payload"),
    ] {
        if !row[column].is_null() {
            lines = format!("{lines}\n    {name:<12} {}", text(&row[column]));
        }
    }
    for (name, column) in [
        ("enqueued", "created_at"),
        ("sent", "sent_at"),
        ("settled", "settled_at"),
        ("due", "due_at"),
    ] {
        // When a finished report was last due says nothing.
        let is_past = column == "due_at" && !row["settled_at"].is_null();
        if let Some(millis) = row[column].as_i64().filter(|_| !is_past) {
            lines = format!("{lines}\n    {name:<12} {}", time(millis));
        }
    }
    lines
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        value => plain(&value.to_string()),
    }
}

/// A time of the database, which counts milliseconds since 1970.
fn time(millis: i64) -> String {
    match OffsetDateTime::from_unix_timestamp(millis / 1_000) {
        Ok(time) => {
            let (hour, minute, second) = time.to_hms();
            format!("{} {hour:02}:{minute:02}:{second:02} UTC", time.date())
        }
        Err(_) => millis.to_string(),
    }
}
