//! The inbox, by the same rules wherever it is kept.

mod database;
mod engines;

use std::time::Duration;

use database::Database;
use engines::{End, Inbox};
use tower_partnero::Event;
use tower_partnero::webhook::EventDigest;
use tower_partnero::webhook::inbox::Seen::{First, Repeated};

fn digest(number: u32) -> EventDigest {
    let body = format!(r#"{{"event":"customer.rewarded","data":{number}}}"#);
    Event::from_stored(body).unwrap().digest()
}

/// Makes one test of a behaviour for each engine; the latter ones are about a table, which the
/// memory has not.
macro_rules! every_engine {
    ($($behaviour:ident,)+; $($of_table:ident,)+) => {
        mod memory {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour(super::Inbox::memory()).await;
            })+
        }

        mod sqlite {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour(super::Inbox::sqlite().await).await;
            })+
            $(#[tokio::test]
            async fn $of_table() {
                super::$of_table(super::Database::sqlite().await).await;
            })+
        }

        #[cfg(postgres)]
        mod postgres {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour(super::Inbox::postgres(stringify!($behaviour)).await).await;
            })+
            $(#[tokio::test]
            async fn $of_table() {
                super::$of_table(super::Database::postgres(stringify!($of_table)).await).await;
            })+
        }
    };
}

every_engine! {
    an_event_is_the_first_once,
    a_repeated_event_leaves_the_transaction_as_it_is,
    an_effect_that_fails_leaves_its_event_unseen,
    of_many_at_once_one_is_the_first,
    ;
    old_ones_are_forgotten_by_choice,
    making_the_table_again_changes_nothing,
}

async fn an_event_is_the_first_once(inbox: Inbox) {
    assert_eq!(inbox.take(&[digest(1)], End::Kept).await, [First]);
    assert_eq!(inbox.take(&[digest(1)], End::Kept).await, [Repeated]);
    assert_eq!(inbox.take(&[digest(2)], End::Kept).await, [First]);
}

async fn a_repeated_event_leaves_the_transaction_as_it_is(inbox: Inbox) {
    let thrice = [digest(1), digest(1), digest(2)];
    let seen = inbox.take(&thrice, End::Kept).await;
    assert_eq!(seen, [First, Repeated, First]);
    let again = inbox.take(&[digest(2), digest(1)], End::Kept).await;
    assert_eq!(again, [Repeated, Repeated]);
}

async fn an_effect_that_fails_leaves_its_event_unseen(inbox: Inbox) {
    assert_eq!(inbox.take(&[digest(1)], End::Failed).await, [First]);
    assert_eq!(inbox.take(&[digest(1)], End::Kept).await, [First]);
    assert_eq!(inbox.take(&[digest(1)], End::Failed).await, [Repeated]);
    assert_eq!(inbox.take(&[digest(1)], End::Kept).await, [Repeated]);
}

async fn of_many_at_once_one_is_the_first(inbox: Inbox) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let inbox = inbox.clone();
        tasks.spawn(async move { inbox.take(&[digest(7)], End::Kept).await });
    }
    let seen = tasks.join_all().await.concat();
    let first = seen.iter().filter(|seen| seen.is_first()).count();
    assert_eq!((seen.len(), first), (20, 1));
}

async fn old_ones_are_forgotten_by_choice(database: Database) {
    let all = [digest(0), digest(1), digest(2)];
    assert_eq!(database.take(&all, End::Kept).await, [First; 3]);
    database.make_older(&digest(0), 7_200).await;
    let hour = Duration::from_secs(3_600);
    assert_eq!(database.prune(Duration::MAX).await, 0);
    assert_eq!(database.prune(3 * hour).await, 0);
    assert_eq!(database.prune(hour).await, 1);
    let seen = database.take(&all, End::Kept).await;
    assert_eq!(seen, [First, Repeated, Repeated]);
}

async fn making_the_table_again_changes_nothing(database: Database) {
    assert_eq!(database.take(&[digest(1)], End::Kept).await, [First]);
    database.create_table().await;
    assert_eq!(database.take(&[digest(1)], End::Kept).await, [Repeated]);
}
