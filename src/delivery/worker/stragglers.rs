//! What the database has not taken together with the rest: each by itself, and beside the rest, so
//! that one row that somebody has locked, or that cannot be written, holds up no other.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::writer::{Database, Entry, PAUSE, answer};
use crate::delivery::outbox::OutboxErrorKind;

pub(super) struct Stragglers {
    writer: Database,
    /// After that, the lease has run out, and others see to the row.
    patience: Duration,
}

impl Stragglers {
    pub(super) fn new(writer: Database, patience: Duration) -> Self {
        Self { writer, patience }
    }

    /// Ends once nobody can come any more and nobody is left.
    pub(super) async fn run(self, mut latecomers: mpsc::UnboundedReceiver<Entry>) {
        let mut waiting: VecDeque<(Entry, Instant)> = VecDeque::new();
        loop {
            let next = match latecomers.try_recv() {
                // Who has just come may be an announcement that a lane waits for.
                Ok(entry) => Some((entry, Instant::now())),
                Err(_) => waiting.pop_front(),
            };
            let (entry, since) = match next {
                Some(next) => next,
                None => match latecomers.recv().await {
                    Some(entry) => (entry, Instant::now()),
                    None => return,
                },
            };
            if let Some(entry) = self.write(entry).await {
                if since.elapsed() <= self.patience {
                    waiting.push_back((entry, since));
                }
                sleep(PAUSE).await;
            }
        }
    }

    /// Gives back what is to be tried again.
    async fn write(&self, mut entry: Entry) -> Option<Entry> {
        loop {
            let error = match self.writer.write(std::slice::from_ref(&entry.change)).await {
                Ok(written) => {
                    self.writer.watch.database_answers();
                    answer([entry], written);
                    return None;
                }
                Err(error) => error,
            };
            if self.writer.is_about_one(&error) {
                #[cfg(feature = "tracing")]
                tracing::warn!(
                    row = entry.change.op.id(),
                    kind = ?error.kind(),
                    "the outbox's database does not take what became of a row"
                );
            } else {
                self.writer.watch.database_fails(&error);
            }
            // Partnero's own words may be of another script than the database's.
            let is_words = error.kind() == OutboxErrorKind::Database;
            if !(is_words && entry.change.op.make_ascii()) {
                return (!entry.is_announcement()).then_some(entry);
            }
        }
    }
}
