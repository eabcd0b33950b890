//! Counts heap allocations.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::work::{ROUNDS, Work};

#[global_allocator]
static COUNTING: Counting = Counting;

static ALLOCATIONS: AtomicU32 = AtomicU32::new(0);

struct Counting;

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Allocations and reallocations per request.
pub(crate) fn count(work: &mut dyn Work) -> f64 {
    let mut total = 0;
    for _ in 0..ROUNDS {
        work.prepare();
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        work.serve();
        total += ALLOCATIONS.load(Ordering::Relaxed) - before;
    }
    f64::from(total) / f64::from(ROUNDS)
}
