//! Several programs in one table.

use super::*;
use crate::delivery::outbox::store::{Passage, Which};

every_engine! {
    no_program_takes_the_rows_of_another,
    one_program_pauses_alone,
    an_operator_sees_and_changes_one_program,
    nobody_waits_for_another_programs_customer,
}

async fn no_program_takes_the_rows_of_another(store: Store) {
    let other = store.of("partners");
    enqueue(&store, &[sale("o-1", "7"), customer("8")]).await;
    // The same key again, and it is new here.
    enqueue(&other, &[sale("o-1", "7")]).await;
    assert_eq!(
        other.enqueue(&sale("o-1", "7")).await.unwrap(),
        Enqueued::Repeated
    );
    let rows = claim(&other).await;
    assert_eq!(keys(&rows), ["o-1"]);
    assert!(claim(&other).await.is_empty());
    assert_eq!(keys(&claim(&store).await), ["o-1", "8"]);
    // A receipt of one does not keep the other's sale from being paid.
    write(&other, done(rows[0].id)).await;
    assert_eq!(store.status().await.unwrap().pending, 2);
}

async fn one_program_pauses_alone(store: Store) {
    let other = store.of("partners");
    enqueue(&store, &[sale("o-1", "7")]).await;
    enqueue(&other, &[sale("o-1", "7")]).await;
    other.shut_gate("429", MINUTE).await.unwrap();
    assert_eq!(store.passage().await.unwrap(), Passage::Open);
    assert_eq!(other.passage().await.unwrap(), Passage::Shut);
    let rows = claim(&store).await;
    assert_eq!(write(&store, announce(&rows[0])).await, clear(None));
    assert!(other.status().await.unwrap().paused_for.is_some());
    assert!(store.status().await.unwrap().paused_for.is_none());
    assert!(!store.resume().await.unwrap());
    assert!(other.resume().await.unwrap());
    assert_eq!(keys(&claim(&other).await), ["o-1"]);
}

async fn an_operator_sees_and_changes_one_program(store: Store) {
    let other = store.of("partners");
    enqueue(&other, &[sale("a", "a"), sale("b", "b")]).await;
    let rows = claim(&other).await;
    write(&other, dead(rows[0].id)).await;
    write(&other, retry(rows[1].id, 10 * MINUTE)).await;
    assert_eq!(store.status().await.unwrap().dead, 0);
    assert!(store.dead(0, 10).await.unwrap().is_empty());
    assert_eq!(store.replay(Which::All).await.unwrap(), 0);
    assert_eq!(store.replay(Which::One(rows[0].id)).await.unwrap(), 0);
    assert!(!store.discard(rows[0].id, "no").await.unwrap());
    assert_eq!(store.hasten(MINUTE).await.unwrap(), 0);
    assert_eq!(other.dead(0, 10).await.unwrap().len(), 1);
    assert!(other.discard(rows[0].id, "no").await.unwrap());
    assert_eq!(store.prune(NOW, 10).await.unwrap(), 0);
    assert_eq!(other.prune(NOW, 10).await.unwrap(), 1);
    assert_eq!(other.hasten(MINUTE).await.unwrap(), 1);
}

async fn nobody_waits_for_another_programs_customer(store: Store) {
    let other = store.of("partners");
    enqueue(&other, &[customer("7"), sale("o-1", "9")]).await;
    enqueue(&store, &[sale("o-1", "7")]).await;
    let rows = claim(&store).await;
    assert_eq!(write(&store, announce(&rows[0])).await, clear(None));
}
