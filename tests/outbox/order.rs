//! A customer before its sales, and a referrer before the friends.

use std::time::Duration;

use http::Method;
use tower_partnero::NewCustomer;
use tower_partnero::client::CustomerRef;
use tower_partnero::delivery::{DeliveryWorker, Outbox, Status};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::UnknownReferrer;

use crate::support::{Shop, every_engine, friend, sale};

every_engine! {
    a_sale_waits_for_its_customer,
    a_dead_customer_holds_back_its_sales_and_replay_revives_them,
    a_discarded_customer_lets_its_sales_go,
    a_friend_ends_with_a_referrer_who_signs_up_late,
    an_unknown_referrer_is_waited_for_and_then_done_without,
    a_friend_is_credited_to_an_earlier_link,
    an_earlier_link_counts_whose_customer_signs_up_late,
    a_dead_sign_up_under_anothers_key_holds_no_friends,
    a_sign_up_under_anothers_key_that_always_fails_holds_no_friends,
    friends_of_a_dead_referrer_wait_for_nobody,
    friends_who_name_each_other_do_not_wait_for_ever,
}

async fn a_sale_waits_for_its_customer(shop: Shop) {
    shop.anna().await;
    let slow = Fault::status(503)
        .on(Method::POST, "/v1/customers")
        .times(3);
    shop.sandbox.inject(slow);
    shop.report(friend("ben")).await;
    shop.report(sale("o-1", "ben")).await;
    assert_eq!(shop.deliver().await.dead, 0);
    assert_eq!(shop.calls("POST /v1/transactions"), 1);
    assert_eq!(shop.recorded("o-1"), 1);
}

async fn ben_is_refused(shop: &Shop) -> i64 {
    shop.anna().await;
    let refusal = Fault::status(422).on(Method::POST, "/v1/customers");
    shop.sandbox.inject(refusal.mentioning("ben"));
    shop.report(friend("ben")).await;
    shop.report(sale("o-1", "ben")).await;
    shop.report(friend("cleo")).await;
    let status = shop.deliver().await;
    assert_eq!((status.dead, status.held), (1, 1));
    assert_eq!(shop.calls("POST /v1/transactions"), 0);
    assert!(shop.knows("cleo"));
    shop.dead().await[0].id
}

async fn a_dead_customer_holds_back_its_sales_and_replay_revives_them(shop: Shop) {
    let ben = ben_is_refused(&shop).await;
    shop.sandbox.clear_faults();
    assert!(shop.outbox.replay(ben).await.unwrap());
    let status = shop.deliver().await;
    assert_eq!((status.dead, status.held), (0, 0));
    assert_eq!(shop.recorded("o-1"), 1);
}

async fn a_discarded_customer_lets_its_sales_go(shop: Shop) {
    let ben = ben_is_refused(&shop).await;
    assert!(shop.outbox.discard(ben, "a test account").await.unwrap());
    shop.deliver().await;
    // Partnero refuses the sale, because it does not have the customer.
    let dead = shop.dead().await;
    assert_eq!((dead.len(), dead[0].key.as_str()), (1, "o-1"));
}

async fn a_friend_ends_with_a_referrer_who_signs_up_late(shop: Shop) {
    let late = Fault::status(503).on(Method::POST, "/v1/customers");
    shop.sandbox
        .inject(late.mentioning("\"id\":\"anna\"").times(3));
    for position in UnknownReferrer::ALL {
        shop.switch(*position);
    }
    shop.report(NewCustomer::new("anna").key("anna-7")).await;
    shop.report(friend("ben")).await;
    shop.report(friend("cleo")).await;
    assert_eq!(shop.deliver().await.dead, 0);
    shop.status_when(|status| status.held == 0 && status.pending == 0)
        .await;
    for id in ["ben", "cleo"] {
        assert_eq!(shop.referrer_of(id), Some("anna".to_owned()), "{id}");
    }
}

async fn an_unknown_referrer_is_waited_for_and_then_done_without(shop: Shop) {
    shop.report(friend("ben")).await;
    let patient = shop.worker().referrer_grace(Duration::from_secs(3_600));
    let worker = patient.start().unwrap();
    shop.status_when(|_| shop.calls("POST /v1/customers") >= 3)
        .await;
    assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
    assert!(!shop.knows("ben"));

    let worker = shop.worker().start().unwrap();
    shop.status_when(Status::is_drained).await;
    assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
    assert_eq!(shop.referrer_of("ben"), None);
}

/// A friend who followed Anna's link, and then the link of another program.
fn friend_by_producthunt() -> NewCustomer {
    NewCustomer::new("ben")
        .referring_customer(CustomerRef::key("producthunt"))
        .runners_up(["anna-7".parse().unwrap()])
}

async fn a_friend_is_credited_to_an_earlier_link(shop: Shop) {
    shop.anna().await;
    shop.report(friend_by_producthunt()).await;
    shop.report(sale("o-1", "ben")).await;
    assert_eq!(shop.deliver().await.dead, 0);
    assert_eq!(shop.referrer_of("ben"), Some("anna".to_owned()));
    assert_eq!(shop.recorded("o-1"), 1);
}

async fn an_earlier_link_counts_whose_customer_signs_up_late(shop: Shop) {
    let late = Fault::status(503).on(Method::POST, "/v1/customers");
    shop.sandbox
        .inject(late.mentioning("\"id\":\"anna\"").times(3));
    shop.report(NewCustomer::new("anna").key("anna-7")).await;
    shop.report(friend_by_producthunt()).await;
    assert_eq!(shop.deliver().await.dead, 0);
    shop.status_when(|status| status.held == 0 && status.pending == 0)
        .await;
    assert_eq!(shop.referrer_of("ben"), Some("anna".to_owned()));
}

/// The public keys of friends who may all be credited to Anna.
const WAYS_TO_ANNA: [(&str, &[&str]); 3] = [
    ("anna-7", &[]),
    ("anna-7.", &[]),
    ("producthunt", &["anna-7"]),
];

/// Friends of Anna, each with a sale, beside the sign-up of somebody who claims Anna's key.
async fn friends_beside_mallory(shop: &Shop) {
    shop.anna().await;
    shop.report(NewCustomer::new("mallory").key("anna-7")).await;
    for (number, (key, earlier)) in WAYS_TO_ANNA.iter().enumerate() {
        let friend = NewCustomer::new(format!("friend-{number}"));
        let earlier = earlier.iter().map(|key| key.parse().unwrap());
        let friend = friend.referring_customer(CustomerRef::key(*key));
        shop.report(friend.runners_up(earlier)).await;
        let order = format!("o-{number}");
        shop.report(sale(&order, &format!("friend-{number}"))).await;
    }
}

fn assert_anna_is_credited(shop: &Shop) {
    for number in 0..WAYS_TO_ANNA.len() {
        let friend = shop.referrer_of(&format!("friend-{number}"));
        assert_eq!(friend, Some("anna".to_owned()), "{number}");
        assert_eq!(shop.recorded(&format!("o-{number}")), 1, "{number}");
    }
}

async fn a_dead_sign_up_under_anothers_key_holds_no_friends(shop: Shop) {
    let refusal = Fault::status(422).on(Method::POST, "/v1/customers");
    shop.sandbox.inject(refusal.mentioning("mallory"));
    friends_beside_mallory(&shop).await;
    let status = shop.deliver().await;
    assert_eq!((status.dead, status.held), (1, 0));
    assert_anna_is_credited(&shop);
}

async fn a_sign_up_under_anothers_key_that_always_fails_holds_no_friends(shop: Shop) {
    let failure = Fault::status(500).on(Method::POST, "/v1/customers");
    shop.sandbox.inject(failure.mentioning("mallory"));
    friends_beside_mallory(&shop).await;
    let worker = shop.worker().start().unwrap();
    shop.status_when(|status| (status.pending, status.held) == (1, 0))
        .await;
    worker.stop(Duration::from_secs(5)).await;
    assert_anna_is_credited(&shop);
}

/// Partnero does not know the key, and who claims it will not arrive by itself.
async fn friends_of_a_dead_referrer_wait_for_nobody(shop: Shop) {
    let refusal = Fault::status(422).on(Method::POST, "/v1/customers");
    shop.sandbox.inject(refusal.mentioning("\"id\":\"anna\""));
    shop.report(NewCustomer::new("anna").key("anna-7")).await;
    shop.report(friend("ben")).await;
    let by_id = NewCustomer::new("cleo").referring_customer(CustomerRef::id("anna"));
    shop.report(by_id).await;
    let status = shop.deliver().await;
    assert_eq!((status.dead, status.held), (1, 0));
    for id in ["ben", "cleo"] {
        assert_eq!(shop.referrer_of(id), None, "{id}");
    }
}

/// One of them has to go first, without a referrer.
async fn friends_who_name_each_other_do_not_wait_for_ever(shop: Shop) {
    let circles: [&[&str]; 3] = [
        &["anna", "ben"],
        &["cleo", "dora", "emil"],
        &["ida", "hugo", "gina"],
    ];
    let mut names = circles.concat();
    names.sort_unstable();
    for name in names {
        let circle = circles
            .iter()
            .find(|circle| circle.contains(&name))
            .unwrap();
        let after = circle.iter().skip_while(|other| **other != name).nth(1);
        let referrer = CustomerRef::key(*after.unwrap_or(&circle[0]));
        let new = NewCustomer::new(name).key(name);
        shop.report(new.referring_customer(referrer)).await;
    }
    // A row that waits for nobody is given back at once, and not when its lease ends.
    let worker = shop.worker().lease(Duration::from_secs(60));
    let worker = worker.start().unwrap();
    shop.status_when(|status| (status.pending, status.held) == (0, 0))
        .await;
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.dead().await.len(), 0);
    for circle in circles {
        let referrers = circle.iter().filter_map(|name| shop.referrer_of(name));
        assert_eq!(referrers.count(), circle.len() - 1, "{circle:?}");
    }
}

/// Two minutes are long enough to wait for a key that nobody knows.
#[tokio::test]
async fn a_key_of_another_program_delays_a_sign_up_by_minutes() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("outbox.db");
    let shop = Shop::open(Outbox::sqlite(&file).await.unwrap()).await;
    shop.anna().await;
    shop.report(friend_by_producthunt()).await;
    let worker = DeliveryWorker::builder(shop.outbox.clone(), shop.client.clone())
        .poll(Duration::from_millis(10))
        .retries(Duration::from_millis(20), Duration::from_millis(100))
        .start()
        .unwrap();
    shop.status_when(|_| shop.calls("POST /v1/customers") >= 4)
        .await;
    assert!(!shop.knows("ben"));
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let age = "UPDATE partnero_outbox SET created_at = created_at - 120000";
    sqlx::query(age).execute(&pool).await.unwrap();
    shop.status_when(Status::is_drained).await;
    assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
    assert_eq!(shop.referrer_of("ben"), Some("anna".to_owned()));
}
