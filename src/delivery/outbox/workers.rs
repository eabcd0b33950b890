//! Whether this process delivers what is in an outbox, and the warning if nobody does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Outbox, Status};

/// How long after a report the table is looked at, and how long a report must have been due for a
/// warning. A worker claims a due report within seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest time between two warnings.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The workers in this process that claim reports, by program. A clone counts the same workers.
#[derive(Clone, Default)]
pub(super) struct Workers(Arc<Mutex<HashMap<String, Counts>>>);

#[derive(Default)]
struct Counts {
    running: usize,
    /// A task waits to look at the table.
    is_watched: bool,
}

impl Workers {
    fn of<T>(&self, program: &str, change: impl FnOnce(&mut Counts) -> T) -> T {
        let mut programs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked for before `entry`, which needs an owned name: this runs for each report.
        if let Some(counts) = programs.get_mut(program) {
            return change(counts);
        }
        change(programs.entry(program.to_owned()).or_default())
    }
}

/// Counts a worker as running until it is dropped.
pub(crate) struct RunningWorker(Outbox);

impl RunningWorker {
    pub(crate) fn of(outbox: &Outbox) -> Self {
        counts(outbox, |counts| counts.running += 1);
        Self(outbox.clone())
    }
}

impl Drop for RunningWorker {
    fn drop(&mut self) {
        counts(&self.0, |counts| counts.running -= 1);
    }
}

/// Until it is dropped, no second task watches the same reports.
struct Watch(Outbox);

impl Watch {
    /// `None` if a worker runs or another task watches.
    fn begin(outbox: &Outbox) -> Option<Self> {
        // Asked and noted under one lock, so that two reports at the same moment start one task.
        let is_needed = counts(outbox, |counts| {
            let is_needed = counts.running == 0 && !counts.is_watched;
            counts.is_watched |= is_needed;
            is_needed
        });
        is_needed.then(|| Self(outbox.clone()))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        counts(&self.0, |counts| counts.is_watched = false);
    }
}

fn counts<T>(outbox: &Outbox, act: impl FnOnce(&mut Counts) -> T) -> T {
    outbox.workers.of(outbox.store.program(), act)
}

/// Called when a report was enqueued. If no worker runs in this process, a task looks at the table a
/// minute later: enqueueing itself stays one statement.
pub(super) fn watch(outbox: &Outbox) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current()
        && let Some(watch) = Watch::begin(outbox)
    {
        runtime.spawn(warn_while_unattended(watch, PATIENCE));
    }
}

/// Warns, ever more seldom, until a worker runs in this process or no report is pending.
async fn warn_while_unattended(watch: Watch, patience: Duration) {
    let outbox = &watch.0;
    let mut wait = patience;
    loop {
        tokio::time::sleep(wait).await;
        if counts(outbox, |counts| counts.running > 0) {
            return;
        }
        // A database that does not answer is asked again later. Whoever enqueues gets its error.
        let Ok(status) = outbox.status().await else {
            continue;
        };
        if status.is_drained() {
            return;
        }
        wait = match unattended_for(&status, patience) {
            Some(overdue) => {
                tracing::warn!(
                    ?overdue,
                    oldest = ?status.oldest.unwrap_or_default(),
                    pending = status.pending,
                    "reports are due in the outbox, and no delivery worker runs in this process"
                );
                (wait * 2).min(LONGEST)
            }
            None => patience,
        };
    }
}

/// For how long a report has been due that no worker of any process claims.
fn unattended_for(status: &Status, patience: Duration) -> Option<Duration> {
    // During a pause workers claim nothing.
    let overdue = status.overdue.filter(|_| status.paused_for.is_none());
    overdue.filter(|overdue| *overdue >= patience)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::client::NewCustomer;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        fn text(&self) -> String {
            let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            String::from_utf8(bytes.clone()).unwrap()
        }
    }

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn is_watched(outbox: &Outbox) -> bool {
        counts(outbox, |counts| counts.is_watched)
    }

    #[tokio::test]
    async fn reports_are_watched_only_where_no_worker_runs() {
        let outbox = Outbox::memory();
        let running = RunningWorker::of(&outbox);
        outbox.enqueue(NewCustomer::new(1)).await.unwrap();
        assert!(!is_watched(&outbox));
        drop(running);
        outbox.enqueue(NewCustomer::new(2)).await.unwrap();
        assert!(is_watched(&outbox));

        // Another program in the same table has a worker of its own.
        let other = outbox.program("other").unwrap();
        let _running = RunningWorker::of(&other);
        assert!(!is_watched(&other));
        other.enqueue(NewCustomer::new(1)).await.unwrap();
        assert!(!is_watched(&other));
    }

    #[tokio::test]
    async fn a_warning_says_how_long_the_oldest_report_has_waited() {
        const SHORT: Duration = Duration::from_millis(20);
        let log = Log::default();
        let written = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || written.clone());
        let _scope = tracing::subscriber::set_default(subscriber.finish());
        let outbox = Outbox::memory();
        let watch = Watch::begin(&outbox).unwrap();
        outbox.enqueue(NewCustomer::new(1)).await.unwrap();
        let watching = tokio::spawn(warn_while_unattended(watch, SHORT));
        let warned = async {
            while !log.text().contains("no delivery worker runs") {
                tokio::time::sleep(SHORT).await;
            }
        };
        let warned = tokio::time::timeout(Duration::from_secs(20), warned).await;
        assert!(warned.is_ok(), "{}", log.text());
        for field in ["WARN", "overdue=", "oldest=", "pending=1"] {
            assert!(log.text().contains(field), "{field}: {}", log.text());
        }
        // A worker begins: the task ends.
        let _running = RunningWorker::of(&outbox);
        let ended = tokio::time::timeout(Duration::from_secs(20), watching).await;
        ended.unwrap().unwrap();
        assert!(!is_watched(&outbox));
    }

    #[tokio::test]
    async fn nobody_is_warned_of_reports_that_are_claimed_elsewhere_or_during_a_pause() {
        let outbox = Outbox::memory();
        outbox.enqueue(NewCustomer::new(1)).await.unwrap();
        let status = outbox.status().await.unwrap();
        let overdue = |overdue, paused_for| {
            let (overdue, paused_for) = (Some(overdue), paused_for);
            let status = Status {
                overdue,
                paused_for,
                ..status.clone()
            };
            unattended_for(&status, PATIENCE)
        };
        assert_eq!(overdue(PATIENCE, None), Some(PATIENCE));
        assert_eq!(overdue(PATIENCE / 2, None), None);
        assert_eq!(overdue(PATIENCE, Some(Duration::ZERO)), None);
    }
}
