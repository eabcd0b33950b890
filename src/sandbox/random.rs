//! Keys and ids that look drawn by lot and are the same in every run.

use crate::random;

/// Draws from one seed, because a test that failed once must fail again.
#[derive(Debug)]
pub(super) struct Random(random::Random);

impl Random {
    pub(super) fn new() -> Self {
        Self(random::Random::seeded(0))
    }

    /// Letters and digits, as Partnero's generated keys have them (`DHjU0cGYxMUG`).
    pub(super) fn alphanumeric(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 62] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length)
            .map(|_| {
                let index = usize::try_from(self.0.bits() % 62).unwrap_or(0);
                char::from(ALPHABET[index])
            })
            .collect()
    }

    /// A number below another one; 0 if that is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0.bits().checked_rem(end).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_in_every_run_and_never_twice_in_one() {
        let draw = || {
            let mut random = Random::new();
            (0..10_000)
                .map(|_| random.alphanumeric(12))
                .collect::<Vec<_>>()
        };
        let keys = draw();
        assert_eq!(keys, draw());
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert!(keys.iter().all(|key| key.len() == 12));
    }
}
