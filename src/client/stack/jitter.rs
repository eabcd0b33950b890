//! Chance, for delays that shall not fall together.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tower::util::rng::Rng;

/// The splitmix64 generator. Clones draw from one sequence: tower clones its generator for each
/// call, and copies would all draw the same numbers.
#[derive(Clone, Debug)]
pub(super) struct Jitter(Arc<AtomicU64>);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Jitter {
    pub(super) fn random() -> Self {
        Self::seeded(RandomState::new().hash_one(0))
    }

    pub(super) fn seeded(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }
}

impl Rng for Jitter {
    fn next_u64(&mut self) -> u64 {
        let state = self.0.fetch_add(STEP, Ordering::Relaxed);
        let mut mixed = state.wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // Tower makes a fraction of the upper 53 bits, and takes 0 for a broken generator.
        (mixed ^ (mixed >> 31)).max(1 << 11)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_sequence_that_clones_share() {
        let draw = |seed| {
            let (mut first, mut second) = {
                let jitter = Jitter::seeded(seed);
                (jitter.clone(), jitter)
            };
            [first.next_u64(), second.next_u64(), first.next_u64()]
        };
        let drawn = draw(7);
        assert_eq!(drawn, draw(7));
        assert_ne!(drawn, draw(8));
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2]);
    }
}
