//! How long each statement takes. sqlx says it in an event of `tracing` for each statement.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Each statement, and how many seconds it took.
static TOLD: Mutex<Vec<(String, f64)>> = Mutex::new(Vec::new());

struct Listener;

/// Listens to the events of all threads from now on.
pub(super) fn listen() {
    // For the second engine it is set already.
    let _ = tracing::subscriber::set_global_default(Listener);
}

/// Takes what has been told since the last call.
pub(super) fn told() -> Vec<(String, f64)> {
    std::mem::take(&mut *lock())
}

fn lock() -> MutexGuard<'static, Vec<(String, f64)>> {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn event(&self, event: &Event<'_>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        // Of a short statement sqlx gives the summary alone, and that is the whole text.
        let text = [statement.summary, statement.text].concat();
        lock().push((text, statement.seconds));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Statement {
    summary: String,
    text: String,
    seconds: f64,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.text),
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
