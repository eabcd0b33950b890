//! What an operator does.

use super::*;
use crate::delivery::outbox::forgotten::NOBODY;
use crate::delivery::outbox::store::Which;

every_engine! {
    dead_letters_are_listed_in_pages,
    a_replayed_sale_remembers_that_it_was_sent,
    a_credit_is_replayed_alone_and_afresh,
    only_the_dead_are_replayed_or_discarded,
    what_is_due_in_a_year_is_hastened,
    pruning_takes_old_receipts_and_no_credits,
    what_is_due_and_not_claimed_is_overdue,
    a_replayed_row_begins_anew,
    a_discarded_report_keeps_the_reason_alone,
    the_oldest_row_is_as_old_as_it_is,
}

async fn die(store: &Store, new: &[OutboxRow]) -> Vec<i64> {
    enqueue(store, new).await;
    let mut ids = Vec::new();
    for row in claim(store).await {
        write(store, announce(&row)).await;
        write(store, dead(row.id)).await;
        ids.push(row.id);
    }
    ids
}

async fn dead_letters_are_listed_in_pages(store: Store) {
    let ids = die(&store, &["a", "b", "c"].map(|key| sale(key, key))).await;
    let page = store.dead(0, 2).await.unwrap();
    assert_eq!(
        page.iter().map(|letter| letter.id).collect::<Vec<_>>(),
        ids[..2]
    );
    let letter = &page[0];
    assert_eq!(
        (letter.key.as_str(), letter.reason.as_str(), letter.attempts),
        ("a", "refused", 1)
    );
    assert_eq!(letter.last_answer, "no");
    assert!(letter.died_at >= letter.enqueued_at);
    assert_eq!(store.dead(ids[1], 2).await.unwrap()[0].id, ids[2]);
    assert_eq!(store.status().await.unwrap().dead, 3);
}

async fn what_is_due_and_not_claimed_is_overdue(store: Store) {
    let overdue = async || store.status().await.unwrap().overdue;
    assert_eq!(overdue().await, None);
    enqueue(&store, &["a", "b"].map(|key| sale(key, key))).await;
    assert!(overdue().await.is_some());
    let rows = claim(&store).await;
    assert_eq!(overdue().await, None, "leased");
    // One waits for its next try, the other is given back at once.
    write(&store, retry(rows[0].id, MINUTE)).await;
    assert_eq!(overdue().await, None, "waits");
    write(&store, retry(rows[1].id, NOW)).await;
    assert!(overdue().await.is_some());
}

async fn a_replayed_sale_remembers_that_it_was_sent(store: Store) {
    die(&store, &[sale("a", "a")]).await;
    assert_eq!(store.replay(Which::All).await.unwrap(), 1);
    let rows = claim(&store).await;
    assert!(rows[0].sent_at.is_some());
    assert_eq!((rows[0].attempts, rows[0].failing_ms), (0, None));
}

async fn a_credit_is_replayed_alone_and_afresh(store: Store) {
    let ids = die(&store, &[row(ReportKind::Credit, "c", "7")]).await;
    assert_eq!(store.replay(Which::All).await.unwrap(), 0);
    assert_eq!(store.replay(Which::One(ids[0])).await.unwrap(), 1);
    assert_eq!(claim(&store).await[0].sent_at, None);
}

async fn only_the_dead_are_replayed_or_discarded(store: Store) {
    enqueue(&store, &[sale("a", "a")]).await;
    let id = claim(&store).await[0].id;
    assert_eq!(store.replay(Which::One(id)).await.unwrap(), 0);
    assert!(!store.discard(id, "no").await.unwrap());
    assert!(!store.discard(99, "no").await.unwrap());
    // A report that is under way goes on holding those that wait for it.
    enqueue(&store, &[sale("b", "7"), customer("7")]).await;
    let rows = claim(&store).await;
    assert_eq!(write(&store, announce(&rows[0])).await, held());
    assert!(!store.discard(rows[1].id, "no").await.unwrap());
    assert!(claim(&store).await.is_empty());
    // A deletion that is under way goes on naming its customer.
    store.forget("8").await.unwrap();
    let order = claim(&store).await.remove(0);
    assert!(!store.discard(order.id, "no").await.unwrap());
    assert_eq!(store.export("8").await.unwrap().len(), 1);
}

async fn what_is_due_in_a_year_is_hastened(store: Store) {
    const HOUR: Duration = Duration::from_secs(3_600);
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);
    enqueue(&store, &[sale("a", "a"), sale("b", "b"), sale("c", "c")]).await;
    let rows = claim_for(&store, OWNER, YEAR).await;
    write(&store, retry(rows[0].id, YEAR)).await;
    write(&store, retry(rows[1].id, MINUTE)).await;
    assert_eq!(store.hasten(HOUR).await.unwrap(), 2);
    assert_eq!(keys(&claim_for(&store, OTHER, MINUTE).await), ["a", "c"]);
    // The lease that lasted a year is over.
    assert_eq!(write(&store, announce(&rows[2])).await, refused());
}

async fn pruning_takes_old_receipts_and_no_credits(store: Store) {
    let credit = row(ReportKind::Credit, "c", "c");
    enqueue(&store, &[sale("a", "a"), credit.clone(), sale("b", "b")]).await;
    let rows = claim(&store).await;
    write(&store, done(rows[0].id)).await;
    write(&store, done(rows[1].id)).await;
    assert_eq!(store.prune(MINUTE, 10).await.unwrap(), 0);
    assert!(!is_pruned(&store, "d").await);
    assert_eq!(store.prune(NOW, 10).await.unwrap(), 1);
    assert!(is_pruned(&store, "a").await);
    // A later look that finds nothing old leaves the note.
    assert_eq!(store.prune(NOW, 10).await.unwrap(), 0);
    assert!(is_pruned(&store, "e").await);
    assert_eq!(store.enqueue(&credit).await.unwrap(), Enqueued::Repeated);
}

/// Whether a claim of this new sale says that a receipt of it may have been there.
async fn is_pruned(store: &Store, key: &str) -> bool {
    enqueue(store, &[sale(key, key)]).await;
    match store.claim(OWNER, MINUTE, any(1)).await.unwrap() {
        Claim::Open { pruned, rows, .. } if keys(&rows) == [key] => pruned,
        _ => panic!("{key} is not claimed"),
    }
}

async fn a_replayed_row_begins_anew(store: Store) {
    enqueue(&store, &["a", "b"].map(|key| sale(key, key))).await;
    for _ in 0..2 {
        for row in claim(&store).await {
            write(&store, retry(row.id, NOW)).await;
        }
    }
    for row in claim(&store).await {
        write(&store, dead(row.id)).await;
    }
    let dead = store.dead(0, 2).await.unwrap();
    assert_eq!((dead[0].attempts, dead[1].attempts), (3, 3));
    assert_eq!(store.replay(Which::All).await.unwrap(), 2);
    for row in claim(&store).await {
        assert_eq!((row.attempts, row.failing_ms), (0, None));
        let exported = store.export(&row.customer).await.unwrap().remove(0);
        assert!(exported["outcome"].is_null(), "{exported}");
    }
}

async fn a_discarded_report_keeps_the_reason_alone(store: Store) {
    let ids = die(&store, &[sale("a", "7")]).await;
    assert!(store.discard(ids[0], "Ben asked for it").await.unwrap());
    let receipt = store.export("7").await.unwrap().remove(0);
    assert!(receipt["payload"].is_null(), "{receipt}");
    assert_eq!(receipt["last_answer"], "Ben asked for it");
    // The operator's words may name the person.
    store.forget("7").await.unwrap();
    let receipt = store.export(NOBODY).await.unwrap().remove(0);
    assert!(receipt["last_answer"].is_null(), "{receipt}");
}

async fn the_oldest_row_is_as_old_as_it_is(store: Store) {
    enqueue(&store, &[sale("a", "a")]).await;
    let status = store.status().await.unwrap();
    assert!(status.oldest.unwrap() < MINUTE && status.overdue.unwrap() < MINUTE);
    store.shut_gate("429", NOW).await.unwrap();
    assert!(store.status().await.unwrap().paused_for.unwrap() < MINUTE);
}
