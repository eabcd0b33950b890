//! What Partnero tells the shop: somebody has earned something, or has lost it again.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use tokio::sync::Mutex;
use tower_partnero::webhook::inbox::MemoryInbox;
use tower_partnero::webhook::{EventKind, SubscribeError, ensure_subscription};
use tower_partnero::{Client, Event, WebhookVerifier};

use crate::shop::AppState;

#[derive(Clone)]
pub(crate) struct Rewards {
    verifier: WebhookVerifier,
    /// This shop forgets everything when it stops. One with a database takes
    /// `webhook::inbox::sqlite` or `postgres` and its own transaction.
    inbox: MemoryInbox,
    /// One event after the other, so that no older balance is written over a newer one.
    turn: Arc<Mutex<()>>,
}

impl Rewards {
    /// At every start, whether or not there is a subscription already.
    pub(crate) async fn subscribe(client: &Client, shop_url: &str) -> Result<Self, SubscribeError> {
        let url = format!("{shop_url}/webhook");
        let events = [
            "customer.rewarded",
            "customer.credited",
            "transaction.deleted",
        ];
        // Partnero shows the secret at every start, and this shop keeps it no longer than that.
        let keep = |_: &_| Ok::<_, Infallible>(());
        let subscription = ensure_subscription(client, &url, events, keep).await?;
        Ok(Self {
            verifier: WebhookVerifier::new(subscription.secret),
            inbox: MemoryInbox::new(10_000),
            turn: Arc::default(),
        })
    }
}

impl FromRef<AppState> for WebhookVerifier {
    fn from_ref(state: &AppState) -> Self {
        state.rewards.verifier.clone()
    }
}

/// An event says that something has changed, and for whom. How much there is now, the shop asks
/// Partnero itself: what the data of these events looks like is documented nowhere.
pub(crate) async fn receive(State(state): State<AppState>, event: Event) -> StatusCode {
    let Rewards { inbox, turn, .. } = &state.rewards;
    let _turn = turn.lock().await;
    if !inbox.record(&event.digest()).is_first() {
        return StatusCode::OK;
    }
    let id = event.customer_id();
    let Some(user) = id.as_deref().and_then(|id| id.parse::<u64>().ok()) else {
        return StatusCode::OK; // nobody of ours
    };
    let Ok(balance) = state.client.customers().balance(&user.to_string()).await else {
        inbox.forget(&event.digest());
        return StatusCode::SERVICE_UNAVAILABLE; // Partnero tells it again
    };
    let amounts: Vec<String> = balance
        .amounts()
        .map(|money| format!("{money:.2}"))
        .collect();
    state.users.change(user, |user| {
        user.balance = if amounts.is_empty() {
            "nothing".to_owned()
        } else {
            amounts.join(", ")
        };
        user.rewards += u64::from(event.kind() == EventKind::CustomerRewarded);
    });
    StatusCode::OK
}
