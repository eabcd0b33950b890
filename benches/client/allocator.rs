//! Counts heap allocations, and the bytes that are in use at once.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::work::{ROUNDS, Work};

#[global_allocator]
static COUNTING: Counting = Counting;

static ALLOCATIONS: AtomicU32 = AtomicU32::new(0);
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

fn grow(bytes: usize) {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    let in_use = IN_USE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(in_use, Ordering::Relaxed);
}

fn shrink(bytes: usize) {
    IN_USE.fetch_sub(bytes, Ordering::Relaxed);
}

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both may be in use at once while the bytes are moved.
        grow(size);
        shrink(layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrink(layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Allocations and reallocations per call, once connections are open and buffers have grown.
pub(crate) fn count(work: &mut dyn Work) -> f64 {
    for _ in 0..ROUNDS {
        work.prepare();
        work.serve();
    }
    let mut total = 0;
    for _ in 0..ROUNDS {
        work.prepare();
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        work.serve();
        total += ALLOCATIONS.load(Ordering::Relaxed) - before;
    }
    f64::from(total) / f64::from(ROUNDS)
}

/// The most bytes that `work` had in use at once, beyond those that were in use before.
pub(crate) fn peak(work: impl FnOnce()) -> usize {
    let before = IN_USE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    work();
    PEAK.load(Ordering::Relaxed).saturating_sub(before)
}
