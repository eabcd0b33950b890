//! A list that forgets its oldest entries before it grows without an end.

use std::collections::VecDeque;

/// The newest entries, the oldest of them first.
#[derive(Debug)]
pub(super) struct Newest<T>(VecDeque<T>);

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Clone> Newest<T> {
    const CAPACITY: usize = 100_000;

    pub(super) fn push(&mut self, entry: T) {
        if self.0.len() == Self::CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    pub(super) fn to_vec(&self) -> Vec<T> {
        self.0.iter().cloned().collect()
    }
}
