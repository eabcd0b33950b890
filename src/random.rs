//! Random numbers, for delays and for made-up names. None of them is a secret.

#[cfg(feature = "client")]
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The splitmix64 generator.
///
/// Clones draw from one sequence: tower clones its generator for each call, and copies would all
/// draw the same numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(Arc<AtomicU64>);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// Another sequence each time: the standard library seeds each `RandomState` differently.
    #[cfg(feature = "client")]
    pub(crate) fn new() -> Self {
        Self::seeded(RandomState::new().hash_one(0))
    }

    /// The same sequence for the same seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    /// The next number of the sequence.
    pub(crate) fn bits(&self) -> u64 {
        let state = self.0.fetch_add(STEP, Ordering::Relaxed);
        let mut mixed = state.wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to 1.
    #[cfg(feature = "outbox")]
    pub(crate) fn fraction(&self) -> f64 {
        // The upper 32 bits: an `f64` holds them exactly.
        f64::from((self.bits() >> 32) as u32) / f64::from(u32::MAX)
    }
}

#[cfg(feature = "client")]
impl tower::util::rng::Rng for Random {
    fn next_u64(&mut self) -> u64 {
        // Tower makes a fraction of the upper 53 bits, and takes 0 for a broken generator.
        self.bits().max(1 << 11)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_sequence_that_clones_share() {
        let draw = |seed| {
            let first = Random::seeded(seed);
            let second = first.clone();
            [first.bits(), second.bits(), first.bits()]
        };
        let drawn = draw(7);
        assert_eq!(drawn, draw(7));
        assert_ne!(drawn, draw(8));
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2]);
    }

    #[cfg(feature = "client")]
    #[test]
    fn without_a_seed_no_sequence_comes_again() {
        assert_ne!(Random::new().bits(), Random::new().bits());
    }
}
