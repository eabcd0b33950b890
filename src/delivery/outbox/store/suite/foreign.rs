//! Rows that another driver, or a person, has written or changed.

use sqlx::AssertSqlSafe;

use super::*;
use crate::client::CustomerRef;
use crate::delivery::outbox::store::Table;

/// Makes one test of a rule for each database.
macro_rules! every_database {
    ($($rule:ident,)+) => {
        #[cfg(feature = "outbox-sqlite")]
        mod sqlite {
            $(#[tokio::test]
            async fn $rule() {
                let (store, _file) = super::super::engines::sqlite().await;
                super::$rule(store).await;
            })+
        }

        #[cfg(all(postgres, feature = "outbox-postgres"))]
        mod postgres {
            $(#[tokio::test]
            async fn $rule() {
                let store = super::super::engines::postgres(stringify!($rule)).await;
                super::$rule(store).await;
            })+
        }
    };
}

pub(super) use every_database;

every_database! {
    a_row_with_absurd_numbers_is_dead_alone,
    the_first_moment_of_1970_is_a_time,
    what_stands_behind_an_unreadable_row_goes_on,
    a_clock_that_was_ahead_leaves_no_time_in_the_future,
    what_waits_for_a_deleted_row_is_found,
    a_row_behind_a_deleted_head_is_found_with_the_next,
    a_younger_row_is_no_head,
    rows_behind_a_head_are_not_read_again,
    a_claim_says_whether_there_is_more,
    workers_that_share_long_lanes_leave_nothing_behind,
}

pub(super) async fn execute(store: &Store, statement: &str) {
    let statement = sqlx::raw_sql(AssertSqlSafe(statement));
    match &store.table {
        Table::Memory(_) => panic!("no database"),
        #[cfg(feature = "outbox-sqlite")]
        Table::Sqlite(pool) => drop(statement.execute(pool).await.unwrap()),
        #[cfg(feature = "outbox-postgres")]
        Table::Postgres(pool) => drop(statement.execute(pool).await.unwrap()),
    }
}

pub(super) async fn count(store: &Store, condition: &str) -> i64 {
    let query = AssertSqlSafe(format!(
        "SELECT COUNT(*) FROM partnero_outbox WHERE {condition}"
    ));
    match &store.table {
        Table::Memory(_) => panic!("no database"),
        #[cfg(feature = "outbox-sqlite")]
        Table::Sqlite(pool) => sqlx::query_scalar(query).fetch_one(pool).await.unwrap(),
        #[cfg(feature = "outbox-postgres")]
        Table::Postgres(pool) => sqlx::query_scalar(query).fetch_one(pool).await.unwrap(),
    }
}

async fn a_row_with_absurd_numbers_is_dead_alone(store: Store) {
    for (column, number) in [
        ("attempts", i64::MAX),
        ("attempts", -1),
        ("created_at", i64::MIN),
        ("sent_at", i64::MIN),
        ("failing_ms", i64::MAX),
        ("failing_ms", i64::MIN),
    ] {
        execute(
            &store,
            &format!(
                "INSERT INTO partnero_outbox (kind, key, customer, payload, {column}) \
                 VALUES ('transaction', '{column}{number}', '{column}{number}', '{{}}', {number})"
            ),
        )
        .await;
    }
    // Abandoned by its worker.
    execute(
        &store,
        &format!(
            "INSERT INTO partnero_outbox (kind, key, customer, state, owner, due_at, attempts) \
             VALUES ('refund', 'left', 'left', 'leased', 'x', {}, {})",
            i64::MIN,
            i64::MAX
        ),
    )
    .await;
    enqueue(&store, &[sale("good", "good")]).await;
    store.status().await.unwrap();
    assert_eq!(keys(&claim(&store).await), ["good"]);
    let status = store.status().await.unwrap();
    assert_eq!((status.dead, status.pending), (7, 1));
    for letter in store.dead(0, 10).await.unwrap() {
        assert_eq!(letter.reason, "unreadable");
        let column = letter
            .key
            .trim_end_matches(|char: char| !char.is_alphabetic());
        let column = if column == "left" { "attempts" } else { column };
        let named = format!("the column `{column}` holds ");
        assert!(
            letter.last_answer.starts_with(&named),
            "{}",
            letter.last_answer
        );
    }
}

async fn the_first_moment_of_1970_is_a_time(store: Store) {
    execute(
        &store,
        "INSERT INTO partnero_outbox (kind, key, customer, payload, created_at, sent_at, failing_ms) \
         VALUES ('transaction', 'old', 'old', '{}', 0, 0, 0)",
    )
    .await;
    let row = claim(&store).await.remove(0);
    let times = (row.created_at, row.sent_at, row.failing_ms);
    assert_eq!(times, (0, Some(0), Some(0)));
}

/// A claim makes a row a dead letter that it cannot read.
async fn what_stands_behind_an_unreadable_row_goes_on(store: Store) {
    let rows = [customer("anna"), customer("ben")];
    enqueue(&store, &rows).await;
    enqueue(&store, &[sale("a-1", "a"), sale("a-2", "a")]).await;
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["anna", "ben", "a-1"]);
    let wait = Op::Announce {
        id: rows[1].id,
        check: Check::Referrer(CustomerRef::id("anna")),
        once: false,
    };
    assert_eq!(write(&store, wait).await, held());
    assert!(claim(&store).await.is_empty());
    assert_eq!(count(&store, "state IN ('held', 'queued')").await, 2);
    for row in [&rows[0], &rows[2]] {
        write(&store, retry(row.id, NOW)).await;
    }
    let spoil = "UPDATE partnero_outbox SET attempts = -1 WHERE key IN ('anna', 'a-1')";
    execute(&store, spoil).await;
    assert!(claim(&store).await.is_empty());
    assert_eq!(store.status().await.unwrap().dead, 2);
    assert_eq!(keys(&claim(&store).await), ["ben", "a-2"]);
}

async fn a_clock_that_was_ahead_leaves_no_time_in_the_future(store: Store) {
    enqueue(&store, &[sale("a", "a")]).await;
    execute(
        &store,
        "UPDATE partnero_outbox SET created_at = created_at + 31536000000, \
         sent_at = created_at + 31536000000",
    )
    .await;
    let Claim::Open { now, rows, .. } = store.claim(OWNER, MINUTE, any(1)).await.unwrap() else {
        panic!("the gate is open");
    };
    let close = |at: i64| (at - now).abs() < 60_000;
    assert!(close(rows[0].created_at) && close(rows[0].sent_at.unwrap()));
}

async fn what_waits_for_a_deleted_row_is_found(store: Store) {
    enqueue(&store, &[customer("7"), sale("a-1", "7"), sale("a-2", "7")]).await;
    let customer = claim(&store).await.remove(0);
    write(&store, dead(customer.id)).await;
    let sale = claim(&store).await.remove(0);
    assert_eq!(write(&store, announce(&sale)).await, held());
    // The second is a head now, and a third is queued behind it.
    enqueue(&store, &[super::sale("a-3", "7")]).await;
    let head = claim(&store).await.remove(0);
    assert!(claim(&store).await.is_empty());
    repair(&store).await;
    assert_eq!(count(&store, "state IN ('held', 'queued')").await, 2);

    let delete = "DELETE FROM partnero_outbox WHERE id IN";
    execute(&store, &format!("{delete} ({}, {})", customer.id, head.id)).await;
    repair(&store).await;
    assert_eq!(keys(&claim(&store).await), ["a-1"]);
    assert!(claim(&store).await.is_empty());
    assert_eq!(count(&store, "state = 'queued'").await, 1);
}

async fn a_row_behind_a_deleted_head_is_found_with_the_next(store: Store) {
    enqueue(&store, &[sale("a-1", "a"), sale("a-2", "a")]).await;
    let head = claim(&store).await.remove(0);
    assert!(claim(&store).await.is_empty());
    assert_eq!(count(&store, "state = 'queued'").await, 1);
    let delete = "DELETE FROM partnero_outbox WHERE id =";
    execute(&store, &format!("{delete} {}", head.id)).await;
    enqueue(&store, &[sale("a-3", "a")]).await;
    // The first claim makes it due.
    assert!(claim(&store).await.is_empty());
    assert_eq!(keys(&claim(&store).await), ["a-2"]);
}

async fn a_younger_row_is_no_head(store: Store) {
    enqueue(&store, &[sale("a-1", "a"), sale("a-2", "a")]).await;
    execute(
        &store,
        "UPDATE partnero_outbox SET state = 'queued' WHERE key = 'a-1'",
    )
    .await;
    repair(&store).await;
    assert_eq!(keys(&claim(&store).await), ["a-1"]);
}

/// Whether a claim finds nothing but rows behind heads.
async fn is_stuck(store: &Store, places: Places) -> bool {
    match store.claim(OWNER, MINUTE, places).await.unwrap() {
        Claim::Open { is_stuck, rows, .. } => is_stuck && rows.is_empty(),
        Claim::Shut { .. } => panic!("the gate is shut"),
    }
}

async fn rows_behind_a_head_are_not_read_again(store: Store) {
    enqueue(&store, &[sale("a-head", "a")]).await;
    let head = claim(&store).await.remove(0);
    write(&store, retry(head.id, MINUTE)).await;
    let rows: Vec<String> = (0..3_000)
        .map(|n| format!("('transaction', 'a-{n}', 'a')"))
        .collect();
    let insert = "INSERT INTO partnero_outbox (kind, key, customer) VALUES";
    execute(&store, &format!("{insert} {}", rows.join(", "))).await;
    enqueue(&store, &[sale("b", "b")]).await;
    assert_eq!(keys(&claim(&store).await), ["b"]);
    // A claim that leases something puts nothing aside, and another one only if it may.
    let may_not = Places {
        may_queue: false,
        ..any(10)
    };
    assert!(is_stuck(&store, may_not).await);
    assert_eq!(count(&store, "state = 'queued'").await, 0);
    while is_stuck(&store, any(10)).await {}
    assert_eq!(count(&store, "state = 'queued'").await, 3_000);
    assert_eq!(count(&store, "state IN ('due', 'leased')").await, 2);
    assert_eq!(store.status().await.unwrap().pending, 3_002);
    // Nor after an attempt of the head that is followed by another one.
    store.hasten(NOW).await.unwrap();
    let head = claim(&store).await.remove(0);
    write(&store, retry(head.id, MINUTE)).await;
    assert_eq!(count(&store, "state = 'queued'").await, 3_000);
}

async fn a_claim_says_whether_there_is_more(store: Store) {
    enqueue(&store, &["a", "b", "c"].map(|key| sale(key, key))).await;
    for (places, expected) in [(2, (2, true)), (10, (1, false))] {
        let claim = store.claim(OWNER, MINUTE, any(places)).await.unwrap();
        let Claim::Open { rows, more, .. } = claim else {
            panic!("the gate is open");
        };
        assert_eq!((rows.len(), more), expected);
    }
}

/// Claims, sends and enqueues all at once. A row that is queued while its head leaves the lane must
/// not be forgotten.
async fn workers_that_share_long_lanes_leave_nothing_behind(store: Store) {
    const ROWS: i64 = 120;
    let fill = async {
        for number in 0..ROWS {
            let lane = format!("lane-{}", number % 3);
            enqueue(&store, &[sale(&format!("o-{number}"), &lane)]).await;
        }
    };
    let work = |owner: &'static str| {
        let store = &store;
        async move {
            for turn in 0.. {
                let owner = format!("{owner}-{turn}");
                for row in claim_for(store, &owner, MINUTE).await {
                    let settled = match turn % 4 {
                        1 => retry(row.id, NOW),
                        2 => done_with_next(row.id, &format!("{owner}-{}", row.id)),
                        _ => done(row.id),
                    };
                    if let Written::Followed(next) = write_as(store, &owner, settled).await {
                        let owner = format!("{owner}-{}", row.id);
                        let written = write_as(store, &owner, done(next.row.id)).await;
                        assert_eq!(written, Written::Settled(true));
                    }
                }
                if count(store, "state = 'done'").await == ROWS {
                    return;
                }
            }
        }
    };
    let all = Box::pin(async { tokio::join!(fill, work("one"), work("two"), work("three")) });
    if tokio::time::timeout(Duration::from_secs(60), all)
        .await
        .is_err()
    {
        let left = count(&store, "state <> 'done'").await;
        let queued = count(&store, "state = 'queued'").await;
        panic!("{left} rows are left, {queued} of them queued");
    }
}

/// SQLite keeps bytes in a column of texts. They are another customer than the text of the same bytes.
#[cfg(feature = "outbox-sqlite")]
#[tokio::test]
async fn rows_are_put_aside_in_a_lane_whose_customer_is_bytes() {
    let (store, _file) = super::engines::sqlite().await;
    // The head of the bytes' lane waits for its next try. The other row is due, and the claim has no
    // place for it.
    execute(
        &store,
        "INSERT INTO partnero_outbox (kind, key, customer, attempts) VALUES \
         ('transaction', 'bytes-head', x'62656E', 1), ('transaction', 'text-head', 'ben', 1); \
         UPDATE partnero_outbox SET due_at = due_at + 60000 WHERE key = 'bytes-head'; \
         INSERT INTO partnero_outbox (kind, key, customer) VALUES \
         ('transaction', 'bytes-1', x'62656E'), ('transaction', 'bytes-2', x'62656E')",
    )
    .await;
    let fresh = Places {
        repeated: 0,
        ..any(10)
    };
    assert!(is_stuck(&store, fresh).await);
    let queued = "state = 'queued' AND typeof(customer) =";
    let bytes = count(&store, &format!("{queued} 'blob'")).await;
    let texts = count(&store, &format!("{queued} 'text'")).await;
    assert_eq!((bytes, texts), (2, 0));
    assert_eq!(keys(&claim(&store).await), ["text-head"]);
}

/// A row must not be queued behind a head that is leaving its lane at the same time: nobody would
/// make it due again.
#[cfg(all(postgres, feature = "outbox-postgres"))]
#[tokio::test]
async fn no_row_is_queued_behind_a_head_that_leaves() {
    let store = super::engines::postgres("no_row_is_queued_behind_a_head_that_leaves").await;
    let Table::Postgres(pool) = &store.table else {
        panic!("another engine");
    };
    enqueue(&store, &[sale("a-1", "a")]).await;
    claim(&store).await;
    enqueue(&store, &[sale("a-2", "a")]).await;
    let mut settling = pool.begin().await.unwrap();
    let done = sqlx::query("UPDATE partnero_outbox SET state = 'done' WHERE key = 'a-1'");
    done.execute(&mut *settling).await.unwrap();
    // Not stuck: there was nothing to put aside, so another claim has to wait.
    assert!(!is_stuck(&store, any(10)).await);
    assert!(claim(&store).await.is_empty());
    settling.commit().await.unwrap();
    assert_eq!(keys(&claim(&store).await), ["a-2"]);
}

/// A row must not wait for another one that arrives at the same time: nobody would make it due again.
#[cfg(all(postgres, feature = "outbox-postgres"))]
#[tokio::test]
async fn no_row_waits_for_a_row_that_arrives() {
    let store = super::engines::postgres("no_row_waits_for_a_row_that_arrives").await;
    let Table::Postgres(pool) = &store.table else {
        panic!("another engine");
    };
    enqueue(&store, &[sale("o-1", "7"), customer("7")]).await;
    let rows = claim(&store).await;
    let mut settling = pool.begin().await.unwrap();
    let done = "UPDATE partnero_outbox SET state = 'done', outcome = 'recorded' WHERE key = '7' \
        RETURNING pg_backend_pid()";
    let settler: i32 = sqlx::query_scalar(done)
        .fetch_one(&mut *settling)
        .await
        .unwrap();
    let arrives = async {
        let waits = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity \
            WHERE $1 = ANY(pg_blocking_pids(pid)))";
        loop {
            let query = sqlx::query_scalar(waits).bind(settler);
            let somebody_waits: bool = query.fetch_one(pool).await.unwrap();
            if somebody_waits {
                break;
            }
        }
        settling.commit().await.unwrap();
    };
    let (written, ()) = tokio::join!(write(&store, announce(&rows[0])), arrives);
    assert_eq!(written, clear(Some("recorded")));
}

/// A name that the database cannot write is nobody's. Any other failure says nothing about the
/// referrer.
#[cfg(all(postgres, feature = "outbox-postgres"))]
#[tokio::test]
async fn a_referrer_who_cannot_be_looked_for_is_not_absent() {
    let store = super::engines::postgres("a_referrer_who_cannot_be_looked_for_is_not_absent").await;
    enqueue(&store, &[customer("ben")]).await;
    let row = claim(&store).await.remove(0);
    execute(
        &store,
        "ALTER TABLE partnero_outbox RENAME public_key TO other",
    )
    .await;
    let wait = Op::Announce {
        id: row.id,
        check: Check::Referrer(CustomerRef::key("\u{e4}nna")),
        once: false,
    };
    assert!(store.write(&changes(OWNER, [wait])).await.is_err());
}
