//! What is measured: one call, awaited to its end on the current thread.

use std::hint::black_box;

use tokio::runtime::{Builder, Runtime};

/// How often each arm is run.
pub(crate) const ROUNDS: u32 = 200;

pub(crate) trait Work {
    /// Gets ready; not counted.
    fn prepare(&mut self) {}

    /// Makes one call and drops its answer; counted.
    fn serve(&mut self);

    /// Makes one call and panics unless the answer is the one that this arm is about.
    fn check(&mut self, name: &str);
}

/// Calls that are futures, each of which tells how many things it found.
pub(crate) struct Calls<F> {
    runtime: Runtime,
    call: F,
    expected: usize,
}

impl<F> Calls<F>
where
    F: AsyncFnMut() -> usize,
{
    pub(crate) fn new(expected: usize, call: F) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        Self {
            runtime: runtime.expect("a runtime"),
            call,
            expected,
        }
    }
}

impl<F> Work for Calls<F>
where
    F: AsyncFnMut() -> usize,
{
    fn serve(&mut self) {
        black_box(self.runtime.block_on((self.call)()));
    }

    fn check(&mut self, name: &str) {
        assert_eq!(
            self.runtime.block_on((self.call)()),
            self.expected,
            "{name}"
        );
    }
}
