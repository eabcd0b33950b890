//! A report is committed with the app's own rows, or not at all.

use std::error::Error as _;

use http::Request;
use http::header::COOKIE;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tower::Layer;
use tower_partnero::delivery::{Enqueued, Outbox, OutboxError, OutboxErrorKind};
use tower_partnero::{
    ApiKey, Client, Delivery, NewCustomer, Referrals, Registration, SignupErrorKind, SignupHook,
    Signups,
};

use crate::support::{Shop, sale};

async fn app_database(file: &std::path::Path) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true);
    let pool = SqlitePoolOptions::new();
    pool.connect_with(options).await.unwrap()
}

fn hook(outbox: &Outbox) -> SignupHook {
    hook_by(outbox.clone())
}

fn hook_by(delivery: impl Into<Delivery>) -> SignupHook {
    let referrals = Referrals::builder().domain("shop.example").build().unwrap();
    let _service = referrals.layer().layer(());
    let request = Request::builder().header(COOKIE, "partnero_referral=anna-7");
    let (parts, ()) = request.body(()).unwrap().into_parts();
    Signups::new(referrals, delivery).hook(&parts).unwrap()
}

/// A macro, because the transactions of the two engines have no common type.
macro_rules! commits_or_rolls_back {
    ($pool:expr, $outbox:expr) => {{
        let (pool, outbox) = ($pool, $outbox);
        sqlx::query("CREATE TABLE users (id BIGINT PRIMARY KEY)")
            .execute(&pool)
            .await
            .unwrap();
        for commits in [false, true] {
            let mut transaction = pool.begin().await.unwrap();
            sqlx::query("INSERT INTO users (id) VALUES (7)")
                .execute(&mut *transaction)
                .await
                .unwrap();
            let ben = NewCustomer::new(7).email("ben@shop.example");
            let spent = hook(&outbox)
                .sign_up_in(&mut transaction, ben)
                .await
                .unwrap();
            // A repeated key changes nothing, and the transaction can go on.
            let again = hook(&outbox)
                .sign_up_in(&mut transaction, NewCustomer::new(7))
                .await;
            assert!(again.is_ok());
            let sold = outbox.enqueue_in(&mut transaction, sale("o-1", "7")).await;
            assert_eq!(sold.unwrap(), Enqueued::New);
            let twice = outbox.enqueue_in(&mut transaction, sale("o-1", "7")).await;
            assert_eq!(twice.unwrap(), Enqueued::Repeated);
            if commits {
                transaction.commit().await.unwrap();
                let mut response = http::Response::new(());
                spent.apply(&mut response);
                assert!(response.headers().contains_key(http::header::SET_COOKIE));
            } else {
                transaction.rollback().await.unwrap();
            }
            let users: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users")
                .fetch_one(&pool)
                .await
                .unwrap();
            let pending = outbox.status().await.unwrap().pending;
            let expected = if commits { (1, 2) } else { (0, 0) };
            assert_eq!((users, pending), expected);
        }
        let shop = Shop::open(outbox).await;
        shop.anna().await;
        assert_eq!(shop.deliver().await.dead, 0);
        assert_eq!(shop.referrer_of("7"), Some("anna".to_owned()));
        assert_eq!(shop.recorded("o-1"), 1);
    }};
}

#[tokio::test]
async fn a_report_commits_with_the_user_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let pool = app_database(&directory.path().join("app.db")).await;
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    commits_or_rolls_back!(pool, outbox);
}

/// Enqueues as another driver does: by the documented statement, here with literal values.
const BY_HAND: [&str; 2] = [
    "INSERT INTO partnero_outbox (kind, key, customer, public_key, payload, program) \
     VALUES ('customer', '7', '7', 'ben-7', '{\"id\": \"7\", \"key\": \"ben-7\", \
     \"email\": \"ben@shop.example\", \"referring_customer\": {\"key\": \"anna-7\"}}', '') \
     ON CONFLICT (program, kind, key) DO NOTHING",
    "INSERT INTO partnero_outbox (kind, key, customer, public_key, payload) \
     VALUES ('transaction', 'o-1', '7', NULL, '{\"amount\": \"19.90\", \"amount_units\": \"EUR\"}') \
     ON CONFLICT (program, kind, key) DO NOTHING",
];

macro_rules! arrives_by_hand {
    ($pool:expr, $outbox:expr) => {{
        for statement in BY_HAND.into_iter().chain(BY_HAND) {
            sqlx::query(statement).execute(&$pool).await.unwrap();
        }
        assert!(BY_HAND[0].starts_with(Outbox::INSERT.split(" VALUES").next().unwrap()));
        assert!(BY_HAND[0].ends_with(Outbox::INSERT.split("$6)").nth(1).unwrap()));
        let shop = Shop::open($outbox).await;
        shop.anna().await;
        assert_eq!(shop.deliver().await.dead, 0);
        assert_eq!(shop.referrer_of("7"), Some("anna".to_owned()));
        assert_eq!(shop.recorded("o-1"), 1);
    }};
}

#[tokio::test]
async fn a_row_of_another_driver_arrives_from_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let pool = app_database(&directory.path().join("app.db")).await;
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    arrives_by_hand!(pool, outbox);
}

#[tokio::test]
async fn the_apps_own_migrations_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let pool = app_database(&directory.path().join("app.db")).await;
    // The table in which sqlx keeps the history of the app's own migrations.
    let history = "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY)";
    sqlx::query(history).execute(&pool).await.unwrap();
    for _ in 0..2 {
        Outbox::sqlite_pool(pool.clone()).await.unwrap();
    }
    let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_table_of_a_newer_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let pool = app_database(&directory.path().join("app.db")).await;
    Outbox::sqlite_pool(pool.clone()).await.unwrap();
    let newer = "INSERT INTO partnero_outbox_migrations (version, applied_at) VALUES (99, 0)";
    sqlx::query(newer).execute(&pool).await.unwrap();
    let error = Outbox::sqlite_pool(pool).await.unwrap_err();
    assert_eq!(error.kind(), OutboxErrorKind::Schema);
    assert!(error.to_string().contains("99"), "{error}");
}

#[tokio::test]
async fn a_transaction_of_another_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let pool = app_database(&directory.path().join("app.db")).await;
    let mut transaction = pool.begin().await.unwrap();
    let error = Outbox::memory()
        .enqueue_in(&mut transaction, sale("o-1", "7"))
        .await;
    assert_eq!(error.unwrap_err().kind(), OutboxErrorKind::WrongEngine);
}

#[tokio::test]
async fn a_hook_without_an_outbox_says_how_to_make_it_with_one() {
    let directory = tempfile::tempdir().unwrap();
    let pool = app_database(&directory.path().join("app.db")).await;
    let mut transaction = pool.begin().await.unwrap();
    let key = ApiKey::new("sandbox-api-key").unwrap();
    let client = Client::builder(key).base_url("http://127.0.0.1:1/v1");
    let error = hook_by(client.build().unwrap())
        .sign_up_in(&mut transaction, NewCustomer::new(7))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), SignupErrorKind::NoOutbox);
    assert!(
        error
            .to_string()
            .contains("Signups::new(referrals, outbox)")
    );
}

#[tokio::test]
async fn without_a_transaction_the_hook_writes_the_row_itself() {
    let outbox = Outbox::memory();
    let outcome = hook(&outbox).sign_up(NewCustomer::new(7)).await;
    let enqueued = |enqueued| Some(Registration::Enqueued(enqueued));
    assert_eq!(outcome.registration(), enqueued(Enqueued::New));
    let second = hook(&outbox).sign_up(NewCustomer::new(7)).await;
    assert_eq!(second.registration(), enqueued(Enqueued::Repeated));
    assert!(outcome.customer().is_none());
    let mut response = http::Response::new(());
    outcome.apply(&mut response);
    assert!(response.headers().contains_key(http::header::SET_COOKIE));
    assert_eq!(outbox.status().await.unwrap().pending, 1);
}

#[tokio::test]
async fn a_row_that_is_not_written_is_an_outcome_that_keeps_the_referral() {
    let outcome = hook(&Outbox::memory()).sign_up(NewCustomer::new("")).await;
    let error = outcome.error().unwrap();
    let invalid = SignupErrorKind::Outbox(OutboxErrorKind::Invalid);
    assert_eq!(error.kind(), invalid);
    assert!(!error.is_retryable());
    assert!(error.source().unwrap().is::<OutboxError>());
    let mut response = http::Response::new(());
    outcome.apply(&mut response);
    assert!(!response.headers().contains_key(http::header::SET_COOKIE));
}

#[tokio::test]
async fn an_address_for_a_public_key_is_refused_before_it_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let pool = app_database(&directory.path().join("app.db")).await;
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    let mut transaction = pool.begin().await.unwrap();
    let ben = NewCustomer::new(7).key("ben@shop.example");
    let error = hook(&outbox)
        .sign_up_in(&mut transaction, ben)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), SignupErrorKind::EmailKey);
}

#[cfg(postgres)]
mod postgres {
    use super::*;
    use crate::support::postgres;

    #[tokio::test]
    async fn a_report_commits_with_the_user_on_postgres() {
        let pool = postgres("a_report_commits_with_the_user_on_postgres").await;
        let outbox = Outbox::postgres(pool.clone()).await.unwrap();
        commits_or_rolls_back!(pool, outbox);
    }

    #[tokio::test]
    async fn a_row_of_another_driver_arrives_from_postgres() {
        let pool = postgres("a_row_of_another_driver_arrives_from_postgres").await;
        let outbox = Outbox::postgres(pool.clone()).await.unwrap();
        arrives_by_hand!(pool, outbox);
    }

    #[tokio::test]
    async fn several_processes_make_the_table_once() {
        let pool = postgres("several_processes_make_the_table_once").await;
        let opened = [(); 4].map(|()| tokio::spawn(Outbox::postgres(pool.clone())));
        for outbox in opened {
            outbox.await.unwrap().unwrap();
        }
    }
}
