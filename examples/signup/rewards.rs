//! The webhooks: Partnero tells the shop that a customer has earned a reward or a partner a commission,
//! or has lost it again.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use sqlx::SqlitePool;
use tokio::sync::Mutex;
use tower_partnero::client::{Amount, Money};
use tower_partnero::webhook::inbox::sqlite;
use tower_partnero::webhook::{EventKind, ensure_subscription};
use tower_partnero::{Client, Event, ProgramKind, WebhookVerifier};

use crate::accounts::{self, Account};
use crate::sales::CURRENCY;
use crate::shop::AppState;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS earnings (
    account INTEGER NOT NULL PRIMARY KEY,
    balance TEXT    NOT NULL,
    rewards INTEGER NOT NULL
)";

const EARN: &str = "INSERT INTO earnings (account, balance, rewards) VALUES ($1, $2, $3)
    ON CONFLICT (account) DO UPDATE SET balance = excluded.balance, rewards = rewards + excluded.rewards";

#[derive(Clone)]
pub(crate) struct Rewards {
    verifier: WebhookVerifier,
    database: SqlitePool,
    /// Events are handled one after the other. Otherwise an event could ask for the balance first
    /// and write it last, over a newer one.
    turn: Arc<Mutex<()>>,
}

/// What an account has earned, as far as webhooks have told.
pub(crate) struct Earnings {
    pub(crate) balance: String,
    pub(crate) rewards: i64,
}

impl Rewards {
    /// Call this at every start: it does nothing if the tables and the subscription exist already.
    pub(crate) async fn subscribe(
        client: &Client,
        shop_url: &str,
        database: SqlitePool,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut connection = database.acquire().await?;
        sqlite::create_table(&mut connection).await?;
        sqlx::query(TABLE).execute(&mut *connection).await?;
        drop(connection);

        let url = format!("{shop_url}/webhook");
        let events: &[&str] = match client.program_kind() {
            ProgramKind::Affiliate => &["transaction.created", "transaction.deleted"],
            _ => &[
                "customer.rewarded",
                "customer.credited",
                "transaction.deleted",
            ],
        };
        // Partnero shows the secret again at every start, so this shop does not store it.
        let keep = |_: &_| Ok::<_, Infallible>(());
        let subscription = ensure_subscription(client, &url, events.iter().copied(), keep).await?;
        Ok(Self {
            verifier: WebhookVerifier::new(subscription.secret),
            database,
            turn: Arc::default(),
        })
    }

    pub(crate) async fn of(&self, account: i64) -> Result<Earnings, sqlx::Error> {
        let query = sqlx::query_as("SELECT balance, rewards FROM earnings WHERE account = $1");
        let query = query.bind(account);
        let found = query.fetch_optional(&self.database).await?;
        let (balance, rewards) = found.unwrap_or_else(|| ("nothing yet".to_owned(), 0));
        Ok(Earnings { balance, rewards })
    }
}

impl FromRef<AppState> for WebhookVerifier {
    fn from_ref(state: &AppState) -> Self {
        state.rewards.verifier.clone()
    }
}

/// Answers 200 only when the effect is in the database. After another answer, Partnero sends the
/// webhook again.
pub(crate) async fn receive(State(state): State<AppState>, event: Event) -> StatusCode {
    match apply(&state, &event).await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::warn!(%error, "a webhook was put off");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// An event only says whose balance has changed. The shop asks Partnero for the balance, because
/// the data of these events is not documented. It does no harm to ask twice, but a reward must be
/// counted once for each event.
async fn apply(state: &AppState, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
    let Rewards { database, turn, .. } = &state.rewards;
    let id = match state.program() {
        ProgramKind::Affiliate => event.partner_id(),
        _ => event.customer_id(),
    };
    let account = match id.and_then(|id| id.parse().ok()) {
        Some(id) => accounts::get(database, id).await?,
        None => None,
    };
    let Some(account) = account else {
        return Ok(()); // nobody of ours
    };
    let _turn = turn.lock().await;
    let amounts = earned(&state.client, &account).await?;
    let amounts: Vec<String> = amounts.iter().map(|money| format!("{money:.2}")).collect();
    let balance = match &amounts[..] {
        [] => "nothing".to_owned(),
        amounts => amounts.join(", "),
    };

    // One transaction, so that the digest is stored if and only if the effect is.
    let mut transaction = database.begin_with("BEGIN IMMEDIATE").await?;
    let seen = sqlite::record(&mut transaction, &event.digest()).await?;
    let is_reward = matches!(
        event.kind(),
        EventKind::CustomerRewarded | EventKind::TransactionCreated
    );
    let is_new_reward = seen.is_first() && is_reward;
    if seen.is_first() {
        let news = match event.kind() {
            EventKind::CustomerRewarded => "of a reward",
            EventKind::TransactionCreated => "of a sale, and of the commission for it",
            EventKind::TransactionDeleted => {
                "that a sale is deleted, and with it what it had earned"
            }
            _ => "that the balance has changed",
        };
        let what = format!("Partnero told the shop {news}. The balance is now {balance}.");
        accounts::note(&mut transaction, account.id, &what).await?;
    }
    sqlx::query(EARN)
        .bind(account.id)
        .bind(balance)
        .bind(i64::from(is_new_reward))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// The balance of a customer. Partnero has no call for the balance of a partner: the commissions of all
/// its sales are added up.
async fn earned(
    client: &Client,
    account: &Account,
) -> Result<Vec<Money>, Box<dyn Error + Send + Sync>> {
    let Some(key) = account.public_key.as_ref().filter(|_| account.is_partner) else {
        let balance = client.customers().balance(&account.id.to_string()).await?;
        return Ok(balance.amounts().cloned().collect());
    };
    let mut cents = 0;
    let sales = client.transactions().list().filter("partner_key", key);
    let mut sales = sales.limit(100).stream();
    while let Some(sale) = sales.next().await {
        let rewards = sale?.rewards.into_iter();
        for money in rewards.filter_map(|reward| reward.amount) {
            cents += money.amount.to_minor(2).ok_or("a part of a cent")?;
        }
    }
    let total = Money::currency(Amount::minor(cents, 2)?, CURRENCY);
    Ok(if cents == 0 { Vec::new() } else { vec![total] })
}
