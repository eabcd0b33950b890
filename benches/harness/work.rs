//! What is measured.

use std::hint::black_box;

use super::budget::Target;

/// One thing that is done again and again.
pub(crate) trait Work {
    /// Gets the next round ready; not counted.
    fn prepare(&mut self);

    /// Does it; counted.
    fn serve(&mut self);

    /// Does it once and panics unless it came out as this arm is about: an arm that does
    /// something else measures something else.
    fn check(&mut self, name: &str);
}

pub(crate) struct Arm {
    pub(crate) name: String,
    pub(crate) baseline: Option<String>,
    pub(crate) target: Option<Target>,
    pub(crate) opens_a_group: bool,
    /// How often it is served each time that it is measured.
    pub(crate) repeats: u32,
    /// Takes so long that only the memory which it holds at once is measured.
    pub(crate) is_long: bool,
    /// Made where it is measured, so that no arm sees the heap that another one left.
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
            opens_a_group: false,
            // Each costs the same but for rare tidying inside the system's allocator.
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

/// A closure that is handed what another one has made, and says how much it has done.
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
