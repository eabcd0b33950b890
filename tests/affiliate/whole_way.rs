//! From a partner's link to the commission and back, through axum.

use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use sqlx::SqlitePool;
use tower::{Service, ServiceExt};
use tower_partnero::client::{Amount, Buyer, Money, NewTransaction, PartnerRef};
use tower_partnero::delivery::{Attempt, Deliverer, DeliveryWorker, Receipt, Refund, Sale};
use tower_partnero::sandbox::switches::UnknownBuyer;
use tower_partnero::{
    Client, ErrorKind, NewCustomer, Outbox, Referral, ReferralContext, Referrals, Sandbox,
    SignupHook, Signups,
};

use crate::{Browser, PIA_ID, calls, client, sandbox};

#[derive(Clone)]
struct App {
    signups: Signups,
    pool: Option<SqlitePool>,
}

impl FromRef<App> for Signups {
    fn from_ref(app: &App) -> Self {
        app.signups.clone()
    }
}

impl FromRef<App> for Referrals {
    fn from_ref(app: &App) -> Self {
        app.signups.referrals().clone()
    }
}

async fn landing(context: ReferralContext, referral: Option<Referral>) -> String {
    let key = referral.map_or(String::new(), |referral| referral.key().to_string());
    format!("{} {key}", context.program)
}

/// Signs up in the app's transaction where it has a database, else by a call.
async fn sign_up(
    State(app): State<App>,
    Path(id): Path<String>,
    hook: SignupHook,
) -> axum::response::Response {
    let customer = NewCustomer::new(&id).email(format!("{id}@shop.example"));
    let Some(pool) = app.pool else {
        let outcome = hook.sign_up(customer).await;
        let name = outcome.as_str();
        return (outcome, name).into_response();
    };
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let spent = hook.sign_up_in(&mut transaction, customer).await.unwrap();
    transaction.commit().await.unwrap();
    (spent, "enqueued").into_response()
}

fn router(app: App) -> Router {
    let referrals = app.signups.referrals().clone();
    Router::new()
        .route("/", get(landing))
        .route("/signup/{id}", post(sign_up))
        .layer(referrals.layer())
        .with_state(app)
}

fn policy() -> Referrals {
    Referrals::builder().affiliate().build().unwrap()
}

/// A visitor follows a partner's link, comes back without it, and signs up.
async fn visit(app: &Router, link: &str, id: &str) {
    let mut browser = Browser::default();
    browser.get(app, link).await;
    assert_eq!(browser.cookie("partnero_partner"), Some("pia-7"));
    browser.get(app, "/").await;
    browser.post(app, &format!("/signup/{id}")).await;
    assert_eq!(browser.cookie("partnero_partner"), None);
}

fn price() -> Money {
    Money::currency(Amount::major("19.90").unwrap(), "USD")
}

/// The partner's balance in the program's currency.
fn balance(sandbox: &Sandbox) -> String {
    let pia = &sandbox.partners()[0];
    let entry = pia.balance.first();
    entry.map_or("0".to_owned(), |entry| entry.amount.clone())
}

#[tokio::test]
async fn a_partners_link_is_credited_by_a_call() {
    let sandbox = sandbox().await;
    let signups = Signups::new(policy(), client(&sandbox));
    let app = router(App {
        signups,
        pool: None,
    });
    visit(&app, "/?aff=pia-7", "ben").await;
    visit(&app, "/?via=pia-7", "cleo").await;
    for customer in sandbox.customers() {
        assert_eq!(customer.partner.as_deref(), Some(PIA_ID));
    }
    assert_eq!(sandbox.partners()[0].referrals_count, 2);

    let client = client(&sandbox);
    let sale = NewTransaction::new("o-1", Amount::major("19.90").unwrap());
    let recorded = client.transactions().create(&Buyer::id("ben"), &sale).await;
    let recorded = recorded.unwrap();
    assert_eq!(recorded.partner.as_deref(), Some(PIA_ID));
    assert_eq!(recorded.customer.as_deref(), Some("ben"));
    assert_eq!(recorded.rewards[0].partner.as_deref(), Some(PIA_ID));
    assert_eq!(balance(&sandbox), "1.99");
    client.transactions().delete("o-1").await.unwrap();
    assert_eq!(balance(&sandbox), "0");
}

#[tokio::test]
async fn a_partners_link_is_credited_through_the_outbox() {
    let sandbox = sandbox().await;
    let directory = tempfile::tempdir().unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(directory.path().join("app.db"))
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    let app = router(App {
        signups: Signups::new(policy(), outbox.clone()),
        pool: Some(pool),
    });
    visit(&app, "/?aff=pia-7", "ben").await;
    // Nobody brought Cleo. The app reports her sale all the same, and the worker does not send it.
    Browser::default().post(&app, "/signup/cleo").await;
    for (key, id) in [("o-1", "ben"), ("o-2", "cleo")] {
        outbox.enqueue(Sale::new(key, id, price())).await.unwrap();
    }
    deliver(&outbox, &sandbox).await;

    let customers = sandbox.customers();
    assert_eq!(customers.len(), 1);
    assert_eq!(customers[0].id, "ben");
    assert_eq!(customers[0].partner.as_deref(), Some(PIA_ID));
    let sales = sandbox.transactions();
    assert_eq!(sales.len(), 1);
    assert_eq!(sales[0].partner.as_deref(), Some(PIA_ID));
    assert_eq!(balance(&sandbox), "1.99");
    assert_eq!(calls(&sandbox, "POST /v1/customers"), 1);
    assert_eq!(calls(&sandbox, "POST /v1/transactions"), 1);
    let status = outbox.status().await.unwrap();
    assert_eq!(status.dead, 0);

    // Later the app learns who brought her: her next sale pays, and the earlier one stays as it is.
    let cleo = NewCustomer::new("cleo").partner(PartnerRef::key("pia-7"));
    outbox.enqueue(cleo).await.unwrap();
    let sale = Sale::new("o-3", "cleo", price());
    outbox.enqueue(sale).await.unwrap();
    deliver(&outbox, &sandbox).await;
    let sales = sandbox.transactions().into_iter();
    let keys: Vec<_> = sales.filter_map(|sale| sale.key).collect();
    assert_eq!(keys, ["o-1", "o-3"]);
    assert_eq!(balance(&sandbox), "3.98");
    outbox.enqueue(Refund::new("o-3", "cleo")).await.unwrap();
    outbox.enqueue(Refund::new("o-2", "cleo")).await.unwrap();

    outbox.enqueue(Refund::new("o-1", "ben")).await.unwrap();
    deliver(&outbox, &sandbox).await;
    assert!(sandbox.transactions().is_empty());
    assert_eq!(balance(&sandbox), "0");
    assert_eq!(outbox.status().await.unwrap().dead, 0);
}

/// Where nothing remembers that no partner brought the customer, Partnero is asked.
#[tokio::test]
async fn a_sale_for_nobody_is_an_outcome_without_an_outbox() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let attempt = || Attempt::new(Sale::new("o-1", "cleo", price()));
    for buyer in UnknownBuyer::ALL {
        sandbox.switch(*buyer);
        let mut deliverer = Deliverer::new(client.clone());
        let receipt = deliverer.ready().await.unwrap().call(attempt()).await;
        let expected = match buyer {
            UnknownBuyer::ForNobody => Receipt::Recorded,
            _ => Receipt::NotReferred,
        };
        assert_eq!(receipt.unwrap(), expected, "{buyer:?}");
        assert_eq!(balance(&sandbox), "0");
    }
    let nobodys = Buyer::new_customer(NewCustomer::new("cleo"));
    let sale = NewTransaction::new("o-2", Amount::major("19.90").unwrap());
    let before = sandbox.requests().len();
    let refused = client.transactions().create(&nobodys, &sale).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(sandbox.requests().len(), before, "nothing was sent");
}

/// Runs a worker until nothing is left to deliver.
pub(crate) async fn deliver(outbox: &Outbox, sandbox: &Sandbox) {
    deliver_by(outbox, client(sandbox)).await;
}

pub(crate) async fn deliver_by(outbox: &Outbox, client: Client) {
    let worker = DeliveryWorker::builder(outbox.clone(), client)
        .poll(Duration::from_millis(10))
        .start()
        .unwrap();
    let drained = async {
        while !outbox.status().await.unwrap().is_drained() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), drained).await;
    let status = outbox.status().await.unwrap();
    let dead = outbox.dead(0, 10).await.unwrap();
    assert!(waited.is_ok(), "{status:?} {dead:?}");
    assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
}
