//! How much waits in the outbox.

use console::style;
use tower_partnero::delivery::Status;

use crate::failure::Failure;
use crate::print::{Printer, plain};
use crate::{Ending, span};

/// Prints the status. Dead reports are for a person to look at.
pub(super) fn print(status: &Status, printer: Printer) -> Result<Ending, Failure> {
    printer.result(&lines(status), &serde_json::to_value(status)?)?;
    Ok(if status.dead > 0 {
        Ending::Attention
    } else {
        Ending::Well
    })
}

fn lines(status: &Status) -> String {
    let mut pending = format!("pending  {}, {} of them due", status.pending, status.ready);
    if let Some(oldest) = status.oldest {
        pending = format!("{pending}; the oldest waits for {}", span::show(oldest));
    }
    let held = format!("held     {}", status.held);
    let dead = if status.dead > 0 {
        let dead = style(status.dead).red().bold();
        format!("dead     {dead}; `partnero outbox dead` lists them")
    } else {
        "dead     0".to_owned()
    };
    let mut lines = vec![pending, held, dead];
    if let Some(paused) = status.paused_for {
        let why = plain(
            status
                .paused_because
                .as_deref()
                .unwrap_or("no reason is known"),
        );
        let pause = style(format!("for {}: {why}", span::show(paused))).yellow();
        lines.push(format!("pausing  {pause}"));
    }
    lines.join("\n")
}
