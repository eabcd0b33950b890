//! Counts heap allocations, and the bytes that are in use at once.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering::Relaxed};

use super::{Arm, Cost};

#[global_allocator]
static COUNTING: Counting = Counting;

/// Off under callgrind and under load, because counting costs instructions and time itself.
static IS_ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU32 = AtomicU32::new(0);
static IN_USE: AtomicI32 = AtomicI32::new(0);
static PEAK: AtomicI32 = AtomicI32::new(0);

struct Counting;

/// No arm allocates 2 GiB.
fn bytes(layout: Layout) -> i32 {
    i32::try_from(layout.size()).unwrap_or(i32::MAX)
}

fn grow(layout: Layout) {
    if IS_ON.load(Relaxed) {
        count_one(bytes(layout));
    }
}

/// Apart, so that an allocation which is not counted takes as few instructions as possible.
#[cold]
fn count_one(bytes: i32) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    PEAK.fetch_max(IN_USE.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

fn shrink(layout: Layout) {
    if IS_ON.load(Relaxed) {
        IN_USE.fetch_sub(bytes(layout), Relaxed);
    }
}

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // The old and the new memory may both be in use while the bytes are moved.
        grow(unsafe { Layout::from_size_align_unchecked(size, layout.align()) });
        shrink(layout);
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrink(layout);
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Checks the arm, and serves it until its buffers have grown and its connections are open. Then
/// counts its allocations and reallocations each time that it is served, and the most bytes that
/// it allocates and has in use at once.
pub(super) fn count(arm: &Arm) -> Cost {
    let mut work = (arm.work)();
    work.check(&arm.name);
    let (mut allocations, mut peak) = (0, 0);
    for round in 0..arm.repeats * 2 {
        work.prepare();
        ALLOCATIONS.store(0, Relaxed);
        IN_USE.store(0, Relaxed);
        PEAK.store(0, Relaxed);
        IS_ON.store(true, Relaxed);
        work.serve();
        IS_ON.store(false, Relaxed);
        if round >= arm.repeats {
            allocations += ALLOCATIONS.load(Relaxed);
            peak = peak.max(PEAK.load(Relaxed));
        }
    }
    Cost {
        allocations: f64::from(allocations) / f64::from(arm.repeats),
        peak: f64::from(peak),
        instructions: None,
        time: None,
    }
}
