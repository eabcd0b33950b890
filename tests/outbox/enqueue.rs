//! A report is committed with the app's own rows, or not at all.

use std::error::Error as _;
use std::time::Duration;

use http::Request;
use http::header::COOKIE;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tower::Layer;
use tower_partnero::client::CustomerRef;
use tower_partnero::delivery::{Enqueued, Outbox, OutboxError, OutboxErrorKind, Status};
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
            let outcome = hook(&outbox)
                .sign_up_in(&mut transaction, ben)
                .await
                .unwrap();
            assert_eq!(outcome.as_str(), "enqueued");
            // A repeated key changes nothing, and the transaction can go on.
            let again = hook(&outbox)
                .sign_up_in(&mut transaction, NewCustomer::new(7))
                .await
                .unwrap();
            let repeated = Registration::Enqueued(Enqueued::Repeated);
            assert_eq!(again.registration(), Some(repeated));
            let sold = outbox.enqueue_in(&mut transaction, sale("o-1", "7")).await;
            assert_eq!(sold.unwrap(), Enqueued::New);
            let twice = outbox.enqueue_in(&mut transaction, sale("o-1", "7")).await;
            assert_eq!(twice.unwrap(), Enqueued::Repeated);
            if commits {
                transaction.commit().await.unwrap();
                let mut response = http::Response::new(());
                outcome.apply(&mut response);
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
const BY_HAND: [[&str; 6]; 2] = [
    [
        "'customer'",
        "'7'",
        "'7'",
        "'ben-7'",
        r#"'{"id": "7", "key": "ben-7", "referring_customer": {"key": "anna-7"}}'"#,
        "''",
    ],
    [
        "'transaction'",
        "'o-1'",
        "'7'",
        "NULL",
        r#"'{"amount": "19.90", "amount_units": "EUR"}'"#,
        "''",
    ],
];

fn by_hand(values: [&str; 6]) -> sqlx::AssertSqlSafe<String> {
    let numbered = ["$1", "$2", "$3", "$4", "$5", "$6"].into_iter().zip(values);
    let statement = numbered.fold(Outbox::INSERT.to_owned(), |statement, (number, value)| {
        statement.replace(number, value)
    });
    sqlx::AssertSqlSafe(statement)
}

macro_rules! arrives_by_hand {
    ($pool:expr, $outbox:expr) => {{
        let insert = async |values| {
            let statement = sqlx::query(by_hand(values)).execute(&$pool);
            statement.await.unwrap().rows_affected()
        };
        for written in [1, 0] {
            for values in BY_HAND {
                assert_eq!(insert(values).await, written, "{values:?}");
            }
        }
        let shop = Shop::open($outbox).await;
        shop.anna().await;
        assert_eq!(shop.deliver().await.dead, 0);
        assert_eq!(shop.referrer_of("7"), Some("anna".to_owned()));
        assert_eq!(shop.recorded("o-1"), 1);

        // The app gives the identifier to another person. A sale is never opened again.
        shop.client.customers().delete("7").await.unwrap();
        let [sign_up, sale] = BY_HAND;
        assert_eq!(insert(sign_up).await, 1);
        assert_eq!(insert(sign_up).await, 0);
        assert_eq!(insert(sale).await, 0);
        assert_eq!(shop.deliver().await.dead, 0);
        assert_eq!(shop.referrer_of("7"), Some("anna".to_owned()));
    }};
}

#[tokio::test]
async fn a_row_of_another_driver_arrives_from_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let pool = app_database(&directory.path().join("app.db")).await;
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    arrives_by_hand!(pool, outbox);
}

/// A row as it stands in the table.
type Columns = (String, String, String, Option<String>, String, String);

#[tokio::test]
async fn a_hooks_row_is_the_row_that_the_hook_writes() {
    let directory = tempfile::tempdir().unwrap();
    let pool = app_database(&directory.path().join("app.db")).await;
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    let outbox = outbox.program("partners").unwrap();
    let ben = || NewCustomer::new(7).key("ben-7").name("Zoë");
    let mut connection = pool.acquire().await.unwrap();
    let spent = hook(&outbox).sign_up_in(&mut *connection, ben()).await;
    assert!(spent.is_ok());
    let written: Columns = sqlx::query_as(
        "SELECT kind, key, customer, public_key, payload, program FROM partnero_outbox",
    )
    .fetch_one(&mut *connection)
    .await
    .unwrap();
    let (row, spent) = hook(&outbox).row(ben()).unwrap();
    let made = (
        row.kind().as_str().to_owned(),
        row.key().to_owned(),
        row.customer().to_owned(),
        row.public_key().map(str::to_owned),
        row.payload().to_owned(),
        row.program().to_owned(),
    );
    assert_eq!(made, written);
    assert!(row.payload().contains("anna-7"), "{}", row.payload());
    assert!(!format!("{row:?}").contains("Zo"));
    let mut response = http::Response::new(());
    spent.apply(&mut response);
    assert!(response.headers().contains_key(http::header::SET_COOKIE));
}

#[tokio::test]
async fn a_hooks_row_keeps_the_rules_of_a_sign_up() {
    let outbox = Outbox::memory();
    let own = NewCustomer::new(7).referring_customer(CustomerRef::id(3));
    let (row, _spent) = hook(&outbox).row(own).unwrap();
    assert_eq!(row.payload(), r#"{"referring_customer":{"id":"3"}}"#);
    let refused = |customer| hook(&outbox).row(customer).unwrap_err().kind();
    let ben = NewCustomer::new(7).key("ben@shop.example");
    assert_eq!(refused(ben), SignupErrorKind::EmailKey);
    let invalid = SignupErrorKind::Outbox(OutboxErrorKind::Invalid);
    for unfit in [
        NewCustomer::new(""),
        NewCustomer::new("7".repeat(1_001)),
        NewCustomer::new(7).key("a\0b"),
    ] {
        assert_eq!(refused(unfit), invalid);
    }
}

/// An app whose worker runs in another process needs no outbox to write rows.
#[tokio::test]
async fn a_hook_without_an_outbox_makes_rows() {
    let key = ApiKey::new("sandbox-api-key").unwrap();
    let client = Client::builder(key).base_url("http://127.0.0.1:1/v1");
    let hook = hook_by(client.build().unwrap());
    let (row, _spent) = hook.row(NewCustomer::new(7)).unwrap();
    assert_eq!((row.key(), row.program()), ("7", ""));
}

#[tokio::test]
async fn a_worker_that_is_woken_finds_what_another_driver_wrote() {
    let directory = tempfile::tempdir().unwrap();
    let pool = app_database(&directory.path().join("app.db")).await;
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    let shop = Shop::open(outbox.clone()).await;
    let seldom = shop.worker().poll(Duration::from_secs(600));
    let worker = seldom.start().unwrap();
    shop.report(NewCustomer::new("first")).await;
    shop.status_when(Status::is_drained).await;
    let statement = by_hand(["'customer'", "'7'", "'7'", "NULL", r#"'{"id":"7"}'"#, "''"]);
    sqlx::raw_sql(statement).execute(&pool).await.unwrap();
    outbox.wake();
    shop.status_when(Status::is_drained).await;
    assert!(shop.knows("7"));
    worker.stop(Duration::from_secs(1)).await;
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
