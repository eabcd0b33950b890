//! Sends the webhooks in their order, and again if the answer is not a 2xx. If the settings say so,
//! also twice or out of order.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::envelope::Envelope;
use super::notice::Notice;
use super::post::post;
use super::settings::WebhookDelivery;
use crate::sandbox::lock::lock;
use crate::sandbox::newest::Newest;
use crate::sandbox::random::Random;
use crate::sandbox::subscriptions::Subscription;
use crate::sandbox::switches::Switches;

/// So many webhooks are sent at the same time at most.
const MOST_AT_ONCE: usize = 16;

/// One attempt to send a webhook, from [`Sandbox::webhooks`](crate::Sandbox::webhooks).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SandboxWebhook {
    /// The name of the event.
    pub event: String,
    /// Where it was sent.
    pub url: String,
    /// The body, as it was signed.
    pub body: Vec<u8>,
    /// The value of the signature's header.
    pub signature: String,
    /// The status of the answer; `None` if no answer came in time, or if the sandbox does not send
    /// to this address.
    pub status: Option<StatusCode>,
    /// When the attempt ended.
    pub ended_at: SystemTime,
}

/// The entrance of the queue of webhooks.
pub(in crate::sandbox) struct Outbound {
    queue: mpsc::UnboundedSender<Arc<Envelope>>,
    shared: Arc<Shared>,
}

struct Shared {
    settings: Mutex<WebhookDelivery>,
    log: Mutex<Newest<SandboxWebhook>>,
    /// How many webhooks wait or are being sent.
    open: watch::Sender<usize>,
}

/// The task that sends. Dropping it ends all attempts.
#[derive(Debug)]
pub(in crate::sandbox) struct Sender {
    _task: JoinSet<()>,
}

impl Outbound {
    /// Both ends of a new queue. [`Sender::run`] takes the second.
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

    /// Queues a webhook for each subscription that wants this event.
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
            // The sending task is gone, so nobody else would count this webhook as done.
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

    /// Returns when no webhook waits or is being sent.
    pub(in crate::sandbox) async fn settled(&self) {
        let mut open = self.shared.open.subscribe();
        // This cannot fail: `self` holds the sender.
        let _settled = open.wait_for(|open| *open == 0).await;
    }
}

/// The exit of the queue of webhooks.
pub(in crate::sandbox) struct Queue {
    events: mpsc::UnboundedReceiver<Arc<Envelope>>,
    shared: Arc<Shared>,
}

impl Sender {
    /// Starts the task.
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
    let mut random = Random::new();
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
                // The first attempt is made in this task, so that events arrive in their order.
                // Further attempts must not hold up those behind it.
                if attempt(&shared, &event, 0, &settings).await {
                    shared.close();
                    continue;
                }
                apart.spawn(deliver(shared, slots, event, settings, 1));
            } else {
                let delay = part_of(settings.scatter, &mut random);
                apart.spawn(async move {
                    sleep(delay).await;
                    deliver(shared, slots, event, settings, 0).await;
                });
            }
        }
    }
}

fn part_of(whole: Duration, random: &mut Random) -> Duration {
    let nanos = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random.below(nanos))
}

/// Sends a webhook again and again until the answer is a 2xx, or until the attempts are used up.
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
        // This cannot fail: nothing closes the semaphore.
        // Taken for each attempt anew: a webhook that pauses keeps no other from being sent.
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
