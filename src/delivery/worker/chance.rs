//! Chance, for waits that shall not fall together and for owners that shall differ.

use std::hash::{BuildHasher, RandomState};

/// A number from 0 to 1. The standard library seeds each `RandomState` differently.
pub(super) fn fraction() -> f64 {
    // The upper 32 bits, which an `f64` holds exactly.
    f64::from((bits() >> 32) as u32) / f64::from(u32::MAX)
}

/// A name that no other worker has.
pub(super) fn owner() -> String {
    format!("{}-{:016x}", std::process::id(), bits())
}

fn bits() -> u64 {
    RandomState::new().hash_one(0)
}
