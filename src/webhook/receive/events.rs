//! The queue from which the app takes events.

use std::fmt;

use tokio::sync::{mpsc, oneshot};

use crate::webhook::event::Event;

/// The queue from which the app takes events. After it is dropped, Partnero gets a 503 for each
/// event.
pub struct Events {
    queue: mpsc::Receiver<Received>,
}

impl Events {
    pub(super) fn new(queue: mpsc::Receiver<Received>) -> Self {
        Self { queue }
    }

    /// Waits for the next event; `None` if every clone of the service is dropped and the queue is
    /// empty. If this future is dropped, no event is lost.
    pub async fn next(&mut self) -> Option<Received> {
        self.queue.recv().await
    }

    /// Closes the queue for a graceful shutdown: Partnero gets a 503 for further events. The events in
    /// the queue can still be taken.
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

/// An event that the app has not accepted yet.
///
/// If it is dropped without [`accept`](Self::accept), a `tracing` event says so, also if it is still
/// in the queue. If Partnero was answered at once, it does not send the event again.
#[derive(Debug)]
#[must_use = "Partnero is told that it was received only after `accept`"]
pub struct Received {
    event: Event,
    acceptance: Acceptance,
}

/// Tells the service that the app has the event.
#[derive(Debug)]
struct Acceptance(Option<oneshot::Sender<()>>);

impl Acceptance {
    fn send(mut self) {
        if let Some(accepted) = self.0.take() {
            // Nobody listens if Partnero was answered already, or has hung up.
            let _unheard = accepted.send(());
        }
    }
}

impl Drop for Acceptance {
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
        let acceptance = Acceptance(Some(accepted));
        (Self { event, acceptance }, answer)
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Says that the app has stored the event or its effect. Under
    /// [`WebhookService::wait`](super::WebhookService::wait) Partnero is answered now; without this
    /// call it gets a 503. Without `wait` it was answered before.
    #[expect(
        clippy::must_use_candidate,
        reason = "most apps have read the event by then"
    )]
    pub fn accept(self) -> Event {
        self.acceptance.send();
        self.event
    }
}
