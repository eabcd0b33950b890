//! What is written down about sends.

use super::*;

every_engine! {
    an_announced_send_is_remembered_by_the_next_owner,
    a_lease_that_ran_out_is_told_to_the_next_owner_alone,
    an_announcement_can_be_taken_back_and_not_what_was_before,
    a_send_is_not_announced_after_the_lease,
    a_receipt_keeps_no_payload,
    the_receipt_of_a_customer_is_opened_again,
    a_retry_counts_and_keeps_what_it_is_told,
    what_is_given_back_untried_counts_for_nothing,
    several_changes_are_one,
    two_leases_of_one_row_are_told_apart,
}

async fn an_announced_send_is_remembered_by_the_next_owner(store: Store) {
    enqueue(&store, &[sale("o-1", "7")]).await;
    let mut lease = Duration::from_millis(50);
    loop {
        let rows = claim_abandoned(&store, OWNER, lease).await;
        assert_eq!(rows[0].sent_at, None);
        if write(&store, announce(&rows[0])).await == clear(None) {
            break;
        }
        // The database was busy for longer than that.
        lease *= 2;
    }
    let rows = claim_abandoned(&store, OTHER, MINUTE).await;
    assert!(rows[0].sent_at.is_some());
}

async fn a_lease_that_ran_out_is_told_to_the_next_owner_alone(store: Store) {
    enqueue(&store, &[sale("o-1", "7")]).await;
    let rows = claim_for(&store, OWNER, Duration::from_millis(1)).await;
    assert!(!rows[0].is_abandoned);
    let rows = claim_abandoned(&store, OTHER, MINUTE).await;
    assert!(rows[0].is_abandoned);
    let release = Op::Release {
        id: rows[0].id,
        after: 0,
        sent: Sent::Keep,
    };
    assert_eq!(
        write_as(&store, OTHER, release).await,
        Written::Settled(true)
    );
    assert!(!claim(&store).await[0].is_abandoned);
}

/// Waits for the end of the lease before.
async fn claim_abandoned(store: &Store, owner: &str, lease: Duration) -> Vec<Claimed> {
    loop {
        let rows = claim_for(store, owner, lease).await;
        if !rows.is_empty() {
            return rows;
        }
    }
}

async fn an_announcement_can_be_taken_back_and_not_what_was_before(store: Store) {
    enqueue(&store, &[sale("o-1", "7")]).await;
    for earlier in [None, Some(5)] {
        let rows = claim(&store).await;
        assert_eq!(rows[0].sent_at, None);
        write(&store, announce(&rows[0])).await;
        let release = Op::Release {
            id: rows[0].id,
            after: 0,
            sent: Sent::Restore(earlier),
        };
        assert_eq!(write(&store, release).await, Written::Settled(true));
    }
    assert_eq!(claim(&store).await[0].sent_at, Some(5));
}

async fn a_send_is_not_announced_after_the_lease(store: Store) {
    enqueue(&store, &[sale("o-1", "7")]).await;
    let rows = claim_for(&store, OWNER, NOW).await;
    assert_eq!(write(&store, announce(&rows[0])).await, refused());
}

async fn a_receipt_keeps_no_payload(store: Store) {
    let anna = OutboxRow {
        public_key: Some("anna-7".to_owned()),
        ..customer("anna")
    };
    enqueue(&store, &[anna]).await;
    let rows = claim(&store).await;
    write(&store, retry(rows[0].id, NOW)).await;
    let rows = claim(&store).await;
    write(&store, done(rows[0].id)).await;
    let status = store.status().await.unwrap();
    assert_eq!((status.pending, status.dead, status.oldest), (0, 0, None));
}

/// An app may give the identifier to another person.
async fn the_receipt_of_a_customer_is_opened_again(store: Store) {
    enqueue(&store, &[customer("7"), sale("o-1", "7")]).await;
    assert_eq!(
        store.enqueue(&customer("7")).await.unwrap(),
        Enqueued::Repeated
    );
    let rows = claim(&store).await;
    write(&store, retry(rows[0].id, NOW)).await;
    let rows = claim(&store).await;
    write(&store, done(rows[0].id)).await;
    let new = OutboxRow {
        payload: "{\"id\":\"7\",\"name\":\"Ben\"}".to_owned(),
        public_key: Some("ben".to_owned()),
        ..customer("7")
    };
    assert_eq!(store.enqueue(&new).await.unwrap(), Enqueued::Again);
    assert_eq!(store.enqueue(&new).await.unwrap(), Enqueued::Repeated);
    let rows = claim(&store).await;
    // The sale waits for the new sign-up.
    let [reopened] = rows.as_slice() else {
        panic!("one head");
    };
    assert_eq!(reopened.payload.as_deref(), Some(new.payload.as_str()));
    assert_eq!((reopened.attempts, reopened.tried_at), (0, None));
    write(&store, done(reopened.id)).await;
    let sale = claim(&store).await.remove(0);
    assert_eq!(
        write(&store, announce(&sale)).await,
        clear(Some("recorded"))
    );
    write(&store, done(sale.id)).await;
    assert_eq!(
        store.enqueue(&self::sale("o-1", "7")).await.unwrap(),
        Enqueued::Repeated
    );
}

async fn a_retry_counts_and_keeps_what_it_is_told(store: Store) {
    enqueue(&store, &[sale("o-1", "7")]).await;
    let rows = claim(&store).await;
    write(&store, retry(rows[0].id, NOW)).await;
    let rows = claim(&store).await;
    assert_eq!((rows[0].attempts, rows[0].failing_ms), (1, 5));
    assert!(rows[0].tried_at.unwrap() >= rows[0].created_at);
    write(&store, retry(rows[0].id, MINUTE)).await;
    let status = store.status().await.unwrap();
    assert_eq!((status.pending, status.ready), (1, 0));
}

async fn what_is_given_back_untried_counts_for_nothing(store: Store) {
    enqueue(&store, &[sale("o-1", "7")]).await;
    let rows = claim(&store).await;
    let release = Op::Release {
        id: rows[0].id,
        after: 0,
        sent: Sent::Keep,
    };
    write(&store, release).await;
    let rows = claim_for(&store, OTHER, MINUTE).await;
    assert_eq!((rows[0].attempts, rows[0].tried_at), (0, None));
}

async fn several_changes_are_one(store: Store) {
    let rows = ["a", "b", "c", "d"].map(|name| sale(name, name));
    enqueue(&store, &rows).await;
    let rows = claim(&store).await;
    let ops = changes(
        OWNER,
        [
            announce(&rows[0]),
            done(rows[1].id),
            retry(rows[2].id, NOW),
            done(99),
            done(rows[3].id),
        ],
    );
    let written = store.write(&ops).await.unwrap();
    let settled = [true, true, false, true].map(Written::Settled);
    assert_eq!(written[0], clear(None));
    assert_eq!(written[1..], settled);
    let status = store.status().await.unwrap();
    assert_eq!((status.pending, status.dead), (2, 0));
    // A second time there is nothing of ours.
    let again = store.write(&ops[1..2]).await.unwrap();
    assert_eq!(again, [Written::Settled(false)]);
}

async fn two_leases_of_one_row_are_told_apart(store: Store) {
    for owners in [[OWNER, OTHER], [OTHER, OWNER]] {
        enqueue(&store, &[sale(owners[0], "7")]).await;
        let id = claim_for(&store, OWNER, NOW).await[0].id;
        claim_abandoned(&store, OTHER, MINUTE).await;
        let changes = owners.map(|owner| changes(owner, [done(id)]).remove(0));
        let written = store.write(&changes).await.unwrap();
        let expected = owners.map(|owner| Written::Settled(owner == OTHER));
        assert_eq!(written, expected);
    }
}
