//! An arm, and the work that it does again and again.

use std::hint::black_box;

use super::budget::Target;

/// One thing that is done again and again.
pub(crate) trait Work {
    /// Gets ready for the next time. This is not counted.
    fn prepare(&mut self);

    /// Does the work. This is counted.
    fn serve(&mut self);

    /// Does the work once and panics unless the result is right: an arm that does something else
    /// measures something else.
    fn check(&mut self, name: &str);
}

pub(crate) struct Arm {
    pub(crate) name: String,
    pub(crate) baseline: Option<String>,
    pub(crate) target: Option<Target>,
    /// At most so many nanoseconds more than the baseline. `--check` measures no times.
    pub(crate) most_time: Option<f64>,
    /// The arm that gives the same answer by the least safe code.
    pub(crate) floor: Option<String>,
    pub(crate) opens_a_group: bool,
    /// How many times the work is done in each measurement.
    pub(crate) repeats: u32,
    /// The work takes so long that only its memory is measured.
    pub(crate) is_long: bool,
    /// Makes the work where it is measured, so that no arm meets the heap that another arm left.
    pub(crate) work: Box<dyn Fn() -> Box<dyn Work>>,
}

impl Arm {
    pub(crate) fn new<W: Work + 'static>(
        name: impl Into<String>,
        work: impl Fn() -> W + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            baseline: None,
            target: None,
            most_time: None,
            floor: None,
            opens_a_group: false,
            // An average, because the system's allocator sometimes tidies its memory.
            repeats: 200,
            is_long: false,
            work: Box::new(move || Box::new(work())),
        }
    }

    pub(crate) fn over(self, baseline: impl Into<String>) -> Self {
        Self {
            baseline: Some(baseline.into()),
            ..self
        }
    }

    pub(crate) fn target(self, target: Target) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    pub(crate) fn at_most(self, instructions: f64, allocations: f64) -> Self {
        self.target(Target::More {
            instructions,
            allocations,
        })
    }

    pub(crate) fn floor(self, floor: impl Into<String>) -> Self {
        Self {
            floor: Some(floor.into()),
            ..self
        }
    }

    pub(crate) fn within(self, nanoseconds: f64) -> Self {
        Self {
            most_time: Some(nanoseconds),
            ..self
        }
    }

    pub(crate) fn repeats(self, repeats: u32) -> Self {
        Self { repeats, ..self }
    }

    pub(crate) fn long(self) -> Self {
        Self {
            repeats: 1,
            is_long: true,
            ..self
        }
    }
}

/// Work done by the closure `work`, which gets what `make` has made, and returns how much it did.
pub(crate) fn does<T>(
    expected: usize,
    make: impl FnMut() -> T,
    work: impl FnMut(T) -> usize,
) -> impl Work {
    Does {
        expected,
        make,
        work,
        next: None,
    }
}

struct Does<M, W, T> {
    expected: usize,
    make: M,
    work: W,
    next: Option<T>,
}

impl<T, M: FnMut() -> T, W: FnMut(T) -> usize> Does<M, W, T> {
    fn work(&mut self) -> usize {
        let next = self.next.take().expect("the round was made ready");
        (self.work)(black_box(next))
    }
}

impl<T, M: FnMut() -> T, W: FnMut(T) -> usize> Work for Does<M, W, T> {
    fn prepare(&mut self) {
        self.next = Some((self.make)());
    }

    fn serve(&mut self) {
        black_box(self.work());
    }

    fn check(&mut self, name: &str) {
        self.prepare();
        assert_eq!(self.work(), self.expected, "{name}");
    }
}
