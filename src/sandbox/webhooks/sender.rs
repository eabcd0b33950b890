//! Sends the events: in order, again where nobody answered, twice and scattered on demand.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::envelope::Envelope;
use super::notice::Notice;
use super::post::post;
use super::sent::SandboxWebhook;
use super::settings::WebhookDelivery;
use crate::sandbox::newest::Newest;
use crate::sandbox::random::Random;
use crate::sandbox::state::lock;
use crate::sandbox::subscriptions::Subscription;
use crate::sandbox::switches::Switches;

/// How many events are under way at once when they are scattered.
const MOST_AT_ONCE: usize = 16;

/// Where events are handed in.
pub(in crate::sandbox) struct Outbound {
    queue: mpsc::UnboundedSender<Arc<Envelope>>,
    shared: Arc<Shared>,
}

struct Shared {
    settings: Mutex<WebhookDelivery>,
    log: Mutex<Newest<SandboxWebhook>>,
    /// How many events are waiting or under way.
    open: watch::Sender<usize>,
}

/// The task that sends. Dropping it ends every attempt.
#[derive(Debug)]
pub(in crate::sandbox) struct Sender {
    _task: JoinSet<()>,
}

impl Outbound {
    /// Where events are handed in, and the end of the queue for [`Sender::run`].
    pub(in crate::sandbox) fn new(settings: WebhookDelivery) -> (Self, Queue) {
        let (queue, events) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            settings: Mutex::new(settings),
            log: Mutex::default(),
            open: watch::Sender::new(0),
        });
        let outbound = Self {
            queue,
            shared: Arc::clone(&shared),
        };
        (outbound, Queue { events, shared })
    }

    /// Tells every subscription that wants to hear of it.
    pub(in crate::sandbox) fn tell<'a>(
        &self,
        notice: &Notice,
        subscriptions: impl Iterator<Item = &'a Subscription>,
        switches: &Switches,
    ) {
        for subscription in subscriptions.filter(|subscription| subscription.wants(notice.event)) {
            let envelope = Envelope::new(notice.clone(), subscription, switches);
            let Some(envelope) = envelope else {
                continue;
            };
            self.shared.open.send_modify(|open| *open += 1);
            if self.queue.send(Arc::new(envelope)).is_err() {
                self.shared.close();
            }
        }
    }

    pub(in crate::sandbox) fn set(&self, settings: WebhookDelivery) {
        *lock(&self.shared.settings) = settings;
    }

    pub(in crate::sandbox) fn sent(&self) -> Vec<SandboxWebhook> {
        lock(&self.shared.log).to_vec()
    }

    /// Returns when nothing is waiting or under way.
    pub(in crate::sandbox) async fn settled(&self) {
        let mut open = self.shared.open.subscribe();
        // The other end is in `self`, so it is there.
        let _settled = open.wait_for(|open| *open == 0).await;
    }
}

/// The events that were handed in.
pub(in crate::sandbox) struct Queue {
    events: mpsc::UnboundedReceiver<Arc<Envelope>>,
    shared: Arc<Shared>,
}

impl Sender {
    /// Starts to send.
    pub(in crate::sandbox) fn run(queue: Queue) -> Self {
        let mut task = JoinSet::new();
        task.spawn(send_all(queue));
        Self { _task: task }
    }
}

async fn send_all(queue: Queue) {
    let Queue { mut events, shared } = queue;
    let mut apart = JoinSet::new();
    let slots = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let mut lot = Random::new();
    let mut count = 0_u64;
    while let Some(event) = events.recv().await {
        while apart.try_join_next().is_some() {}
        count += 1;
        let settings = lock(&shared.settings).clone();
        let is_doubled = settings
            .duplicate_every
            .is_some_and(|n| count.is_multiple_of(n));
        if is_doubled {
            shared.open.send_modify(|open| *open += 1);
        }
        let copies = if is_doubled { 2 } else { 1 };
        for _ in 0..copies {
            let (shared, slots) = (Arc::clone(&shared), Arc::clone(&slots));
            let (event, settings) = (Arc::clone(&event), settings.clone());
            if settings.scatter.is_zero() {
                if attempt(&shared, &event, 0, &settings).await {
                    shared.close();
                    continue;
                }
                apart.spawn(deliver(shared, slots, event, settings, 1));
            } else {
                let delay = lot.part_of(settings.scatter);
                apart.spawn(async move {
                    sleep(delay).await;
                    deliver(shared, slots, event, settings, 0).await;
                });
            }
        }
    }
}

/// Tries until somebody takes the event, or it was tried often enough.
async fn deliver(
    shared: Arc<Shared>,
    slots: Arc<Semaphore>,
    event: Arc<Envelope>,
    settings: WebhookDelivery,
    mut attempts: u32,
) {
    loop {
        if attempts > 0 {
            match settings.pause(attempts) {
                Some(pause) => sleep(pause).await,
                None => break,
            }
        }
        // The semaphore is never closed.
        let _slot = slots.acquire().await;
        if attempt(&shared, &event, attempts, &settings).await {
            break;
        }
        attempts += 1;
    }
    shared.close();
}

async fn attempt(
    shared: &Shared,
    event: &Envelope,
    number: u32,
    settings: &WebhookDelivery,
) -> bool {
    let body = event.body(number);
    let signature = event.signature(&body);
    let mut headers = HeaderMap::new();
    if let Ok(value) = http::HeaderValue::from_str(&signature) {
        for name in event.headers() {
            headers.insert(name, value.clone());
        }
    }
    let answer = timeout(settings.timeout, post(&event.url, headers, body.clone())).await;
    let status = answer.ok().flatten();
    lock(&shared.log).push(SandboxWebhook {
        event: event.notice.event.to_owned(),
        url: event.url.clone(),
        body,
        signature,
        status,
        ended_at: SystemTime::now(),
    });
    status.is_some_and(|status| status.is_success())
}

impl Shared {
    fn close(&self) {
        self.open.send_modify(|open| *open = open.saturating_sub(1));
    }
}

impl Random {
    fn part_of(&mut self, whole: Duration) -> Duration {
        let nanos = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.below(nanos))
    }
}
