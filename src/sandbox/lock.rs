//! Locks whose data stays usable after a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic while the lock was held is a bug of the sandbox, and the task that panicked has reported
/// it. The test goes on with the data as that task left it, so that it can say what it found.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
