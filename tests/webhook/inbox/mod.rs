//! The inbox in the app's own transaction, by the same rules in both databases.

use std::time::Duration;

use tower_partnero::Event;
use tower_partnero::webhook::EventDigest;
use tower_partnero::webhook::inbox::Seen;

fn digest(number: u32) -> EventDigest {
    let body = format!(r#"{{"event":"customer.rewarded","data":{number}}}"#);
    Event::from_stored(body).unwrap().digest()
}

/// The rules, once for each database: the module under test, and how a pool of an empty database
/// is made.
macro_rules! rules {
    ($database:ident, $begin:expr) => {
        use super::*;
        use tower_partnero::webhook::inbox::$database::{SCHEMA, create_table, prune, record};

        #[tokio::test]
        async fn first_and_repeated_within_a_transaction_and_after_it() {
            let Some((pool, _guard)) = pool().await else {
                return;
            };
            let mut transaction = pool.begin_with($begin).await.unwrap();
            assert_eq!(
                record(&mut transaction, &digest(1)).await.unwrap(),
                Seen::First
            );
            assert_eq!(
                record(&mut transaction, &digest(1)).await.unwrap(),
                Seen::Repeated
            );
            // The transaction goes on as if nothing had been.
            assert!(
                record(&mut transaction, &digest(2))
                    .await
                    .unwrap()
                    .is_first()
            );
            transaction.commit().await.unwrap();
            let mut connection = pool.acquire().await.unwrap();
            assert_eq!(
                record(&mut connection, &digest(1)).await.unwrap(),
                Seen::Repeated
            );
            assert_eq!(
                record(&mut connection, &digest(3)).await.unwrap(),
                Seen::First
            );
        }

        #[tokio::test]
        async fn a_transaction_that_is_rolled_back_has_seen_nothing() {
            let Some((pool, _guard)) = pool().await else {
                return;
            };
            let mut transaction = pool.begin_with($begin).await.unwrap();
            assert!(
                record(&mut transaction, &digest(1))
                    .await
                    .unwrap()
                    .is_first()
            );
            transaction.rollback().await.unwrap();
            let mut connection = pool.acquire().await.unwrap();
            assert!(
                record(&mut connection, &digest(1))
                    .await
                    .unwrap()
                    .is_first()
            );
        }

        #[tokio::test]
        async fn of_many_at_once_one_is_the_first() {
            let Some((pool, _guard)) = pool().await else {
                return;
            };
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..20 {
                let pool = pool.clone();
                tasks.spawn(async move {
                    let mut transaction = pool.begin_with($begin).await.unwrap();
                    let seen = record(&mut transaction, &digest(7)).await.unwrap();
                    transaction.commit().await.unwrap();
                    seen
                });
            }
            let seen = tasks.join_all().await;
            let first = seen.iter().filter(|seen| seen.is_first()).count();
            assert_eq!((seen.len(), first), (20, 1));
        }

        #[tokio::test]
        async fn old_ones_are_forgotten_by_choice() {
            let Some((pool, _guard)) = pool().await else {
                return;
            };
            let mut connection = pool.acquire().await.unwrap();
            for number in 0..3 {
                assert!(
                    record(&mut connection, &digest(number))
                        .await
                        .unwrap()
                        .is_first()
                );
            }
            age(&mut connection, &digest(0)).await;
            let hour = Duration::from_secs(3_600);
            assert_eq!(prune(&mut connection, Duration::MAX).await.unwrap(), 0);
            assert_eq!(prune(&mut connection, 3 * hour).await.unwrap(), 0);
            assert_eq!(prune(&mut connection, hour).await.unwrap(), 1);
            assert!(
                record(&mut connection, &digest(0))
                    .await
                    .unwrap()
                    .is_first()
            );
            assert_eq!(
                record(&mut connection, &digest(1)).await.unwrap(),
                Seen::Repeated
            );
        }

        #[tokio::test]
        async fn making_the_table_again_changes_nothing() {
            let Some((pool, _guard)) = pool().await else {
                return;
            };
            let mut connection = pool.acquire().await.unwrap();
            assert!(
                record(&mut connection, &digest(1))
                    .await
                    .unwrap()
                    .is_first()
            );
            create_table(&mut connection).await.unwrap();
            sqlx::raw_sql(SCHEMA)
                .execute(&mut *connection)
                .await
                .unwrap();
            assert_eq!(
                record(&mut connection, &digest(1)).await.unwrap(),
                Seen::Repeated
            );
        }
    };
}

mod sqlite {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool};

    rules!(sqlite, "BEGIN IMMEDIATE");

    async fn pool() -> Option<(SqlitePool, tempfile::TempDir)> {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(directory.path().join("shop.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        create_table(&mut pool.acquire().await.unwrap())
            .await
            .unwrap();
        Some((pool, directory))
    }

    /// Makes an event two hours older.
    async fn age(connection: &mut sqlx::SqliteConnection, digest: &EventDigest) {
        let older = "UPDATE partnero_inbox SET received_at = received_at - 7200 WHERE digest = $1";
        let query = sqlx::query(older).bind(digest.to_string());
        assert_eq!(query.execute(connection).await.unwrap().rows_affected(), 1);
    }
}

/// In a schema of its own of the database that `TOWER_PARTNERO_TEST_POSTGRES` names; left out,
/// with a line that says so, if it names none.
mod postgres {
    use std::hash::{BuildHasher, RandomState};
    use std::io::Write;

    use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

    rules!(postgres, "BEGIN");

    async fn pool() -> Option<(PgPool, ())> {
        let Ok(url) = std::env::var("TOWER_PARTNERO_TEST_POSTGRES") else {
            // Not by a macro: the test harness would keep it to itself.
            let text =
                "left out: the inbox on PostgreSQL (TOWER_PARTNERO_TEST_POSTGRES is not set)";
            let _ = writeln!(std::io::stderr(), "{text}");
            return None;
        };
        let options: PgConnectOptions = url.parse().unwrap();
        let schema = format!("inbox_{:x}", RandomState::new().hash_one(0));
        let admin = PgPool::connect_with(options.clone()).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(create).execute(&admin).await.unwrap();
        admin.close().await;
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .connect_with(options.options([("search_path", schema.as_str())]))
            .await
            .unwrap();
        create_table(&mut pool.acquire().await.unwrap())
            .await
            .unwrap();
        Some((pool, ()))
    }

    /// Makes an event two hours older.
    async fn age(connection: &mut sqlx::PgConnection, digest: &EventDigest) {
        let older = "UPDATE partnero_inbox SET received_at = received_at - interval '2 hours' \
            WHERE digest = $1";
        let query = sqlx::query(older).bind(digest.to_string());
        assert_eq!(query.execute(connection).await.unwrap().rows_affected(), 1);
    }
}
