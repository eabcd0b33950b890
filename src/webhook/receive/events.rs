//! The app's end of the queue.

use std::fmt;

use tokio::sync::{mpsc, oneshot};

use crate::webhook::event::Event;

/// Where the app takes its events from. When this is dropped, Partnero is told to come again.
pub struct Events {
    queue: mpsc::Receiver<Received>,
}

impl Events {
    pub(super) fn new(queue: mpsc::Receiver<Received>) -> Self {
        Self { queue }
    }

    /// The next event, once there is one; `None` when every clone of the service is gone and the
    /// queue is empty. Safe to cancel: no event is lost.
    pub async fn next(&mut self) -> Option<Received> {
        self.queue.recv().await
    }

    /// Takes no more events, so that Partnero comes again later; those in the queue can still be
    /// taken. For a graceful end.
    pub fn close(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("waiting", &self.queue.len())
            .finish_non_exhaustive()
    }
}

/// An event, and the promise to Partnero that the app has it.
///
/// One that is dropped without [`accept`](Self::accept) is said in a `tracing` event, also when it
/// is still in the queue: where Partnero was answered at once, it does not come again.
#[derive(Debug)]
#[must_use = "Partnero is told that it was received only after `accept`"]
pub struct Received {
    event: Event,
    promise: Promise,
}

/// To be kept by [`Received::accept`].
#[derive(Debug)]
struct Promise(Option<oneshot::Sender<()>>);

impl Promise {
    fn keep(mut self) {
        if let Some(accepted) = self.0.take() {
            // Partnero may have been answered already, or have hung up.
            let _unheard = accepted.send(());
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        #[cfg(feature = "tracing")]
        if self.0.is_some() {
            tracing::warn!("the app dropped a webhook that it had not accepted");
        }
    }
}

impl Received {
    pub(super) fn new(event: Event) -> (Self, oneshot::Receiver<()>) {
        let (accepted, answer) = oneshot::channel();
        let promise = Promise(Some(accepted));
        (Self { event, promise }, answer)
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Says that the event is stored, or that its effect is. Under
    /// [`WebhookService::wait`](super::WebhookService::wait) this is what Partnero's answer waits
    /// for, and dropping it without this makes that answer a 503; otherwise it was answered before.
    #[expect(
        clippy::must_use_candidate,
        reason = "most apps have read the event by then"
    )]
    pub fn accept(self) -> Event {
        self.promise.keep();
        self.event
    }
}
