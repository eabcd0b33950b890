//! A list that drops its oldest entries, so that a sandbox that runs for days does not fill the
//! memory.

use std::collections::VecDeque;

/// The newest 100,000 entries, the oldest of them first.
#[derive(Debug)]
pub(super) struct Newest<T> {
    entries: VecDeque<T>,
    dropped: usize,
}

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            dropped: 0,
        }
    }
}

impl<T: Clone> Newest<T> {
    const CAPACITY: usize = 100_000;

    /// Returns the number under which [`get_mut`](Self::get_mut) finds this entry again.
    pub(super) fn push(&mut self, entry: T) -> usize {
        if self.entries.len() == Self::CAPACITY {
            self.entries.pop_front();
            self.dropped += 1;
        }
        self.entries.push_back(entry);
        // Numbers count the dropped entries as well, so that a number never means another entry
        // later.
        self.dropped + self.entries.len() - 1
    }

    /// `None` for an entry that was dropped meanwhile.
    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        self.entries.get_mut(number.checked_sub(self.dropped)?)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// At most `count` entries, the newest first.
    pub(super) fn latest(&self, count: usize) -> Vec<T> {
        self.entries.iter().rev().take(count).cloned().collect()
    }

    pub(super) fn to_vec(&self) -> Vec<T> {
        self.entries.iter().cloned().collect()
    }
}
