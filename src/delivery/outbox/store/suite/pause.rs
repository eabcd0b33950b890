//! The pause of the whole fleet.

use super::*;
use crate::delivery::outbox::clock::millis;
use crate::delivery::outbox::store::Passage;

every_engine! {
    a_shut_gate_lets_nothing_through,
    an_open_gate_lets_everything_through_again,
    whoever_asks_is_told_who_may_call,
    a_probe_is_taken_once,
    the_longest_pause_counts,
    a_probe_does_not_open_what_was_shut_meanwhile,
    a_failed_probe_puts_off_the_next,
    a_person_ends_any_pause,
    what_was_put_off_to_the_end_of_a_pause_is_due_when_a_person_ends_it,
}

async fn a_shut_gate_lets_nothing_through(store: Store) {
    enqueue(&store, &[sale("a", "a"), sale("b", "b")]).await;
    let Claim::Open { rows, .. } = store.claim(OWNER, MINUTE, any(1)).await.unwrap() else {
        panic!("the gate is open");
    };
    store.shut_gate("429", MINUTE).await.unwrap();
    let Claim::Shut { probe_in } = store.claim(OTHER, MINUTE, any(1)).await.unwrap() else {
        panic!("the gate is shut");
    };
    assert!(millis(probe_in) <= MINUTE, "{probe_in}");
    assert_eq!(write(&store, announce(&rows[0])).await, refused());
    let status = store.status().await.unwrap();
    assert_eq!(status.paused_because.as_deref(), Some("429"));
    assert!(status.paused_for.is_some());

    // Not before it was asked for.
    store.open_gate().await.unwrap();
    assert!(store.status().await.unwrap().paused_for.is_some());
}

async fn an_open_gate_lets_everything_through_again(store: Store) {
    enqueue(&store, &[sale("a", "a"), sale("b", "b")]).await;
    let Claim::Open { rows, .. } = store.claim(OWNER, MINUTE, any(1)).await.unwrap() else {
        panic!("the gate is open");
    };
    store.shut_gate("outage", NOW).await.unwrap();
    assert_eq!(write(&store, announce(&rows[0])).await, refused());
    while store.take_probe(MINUTE).await.unwrap().is_none() {}
    store.open_gate().await.unwrap();
    assert_eq!(write(&store, announce(&rows[0])).await, clear(None));
    assert_eq!(keys(&claim(&store).await), ["b"]);
    assert_eq!(store.status().await.unwrap().paused_for, None);
}

async fn a_probe_is_taken_once(store: Store) {
    assert_eq!(store.take_probe(MINUTE).await.unwrap(), None);
    store.shut_gate("outage", NOW).await.unwrap();
    assert_eq!(store.take_probe(MINUTE).await.unwrap(), Some(0));
    assert_eq!(store.take_probe(MINUTE).await.unwrap(), None);
    assert_the_probe_is_due_in_a_minute(&store).await;
}

async fn assert_the_probe_is_due_in_a_minute(store: &Store) {
    let Claim::Shut { probe_in } = store.claim(OTHER, MINUTE, any(1)).await.unwrap() else {
        panic!("the gate is shut");
    };
    let left = millis(probe_in);
    assert!(left > MINUTE / 2 && left <= MINUTE, "{left:?}");
}

async fn the_longest_pause_counts(store: Store) {
    store.shut_gate("429", MINUTE).await.unwrap();
    store.shut_gate("outage", NOW).await.unwrap();
    assert_eq!(store.take_probe(MINUTE).await.unwrap(), None);
}

async fn a_probe_does_not_open_what_was_shut_meanwhile(store: Store) {
    store.shut_gate("outage", NOW).await.unwrap();
    assert_eq!(store.take_probe(60 * MINUTE).await.unwrap(), Some(0));
    store.shut_gate("429", MINUTE).await.unwrap();
    store.open_gate().await.unwrap();
    assert_the_probe_is_due_in_a_minute(&store).await;
}

async fn a_failed_probe_puts_off_the_next(store: Store) {
    store.shut_gate("outage", NOW).await.unwrap();
    assert_eq!(store.take_probe(MINUTE).await.unwrap(), Some(0));
    store.defer_probe(NOW).await.unwrap();
    assert_eq!(store.take_probe(MINUTE).await.unwrap(), Some(1));
    store.defer_probe(MINUTE).await.unwrap();
    assert_eq!(store.take_probe(MINUTE).await.unwrap(), None);
    assert_the_probe_is_due_in_a_minute(&store).await;
}

async fn a_person_ends_any_pause(store: Store) {
    assert!(!store.resume().await.unwrap());
    store.shut_gate("429", MINUTE).await.unwrap();
    assert!(store.resume().await.unwrap());
    assert_eq!(store.passage().await.unwrap(), Passage::Open);
    // And the next one is as long as it is asked for.
    store.shut_gate("outage", NOW).await.unwrap();
    assert_eq!(store.take_probe(MINUTE).await.unwrap(), Some(0));
}

async fn whoever_asks_is_told_who_may_call(store: Store) {
    assert_eq!(store.passage().await.unwrap(), Passage::Open);
    store.shut_gate("outage", NOW).await.unwrap();
    assert_eq!(store.passage().await.unwrap(), Passage::Probe);
    store.shut_gate("429", MINUTE).await.unwrap();
    assert_eq!(store.passage().await.unwrap(), Passage::Shut);
}

async fn what_was_put_off_to_the_end_of_a_pause_is_due_when_a_person_ends_it(store: Store) {
    enqueue(&store, &["a", "b", "c", "d"].map(|key| sale(key, key))).await;
    let rows = claim_for(&store, OWNER, 10 * MINUTE).await;
    write(&store, retry(rows[0].id, 2 * MINUTE)).await;
    // Its own wait is shorter, so it is not put off by the pause.
    write(&store, retry(rows[1].id, MINUTE / 2)).await;
    store.shut_gate("429", MINUTE).await.unwrap();
    // The report that got the 429: its wait is reckoned apart and may end a little earlier.
    let almost = MINUTE.saturating_sub(Duration::from_millis(500));
    write(&store, retry(rows[2].id, almost)).await;
    assert!(store.resume().await.unwrap());
    // The fourth one is leased.
    assert_eq!(keys(&claim(&store).await), ["a", "c"]);
}
