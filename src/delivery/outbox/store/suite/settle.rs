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
    every_attempt_counts_and_the_last_answer_is_kept,
    what_is_put_off_is_due_then,
    a_send_that_may_be_repeated_is_not_noted,
    each_change_says_what_becomes_of_the_note,
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
    let receipt = store.export("anna").await.unwrap().remove(0);
    for column in ["payload", "public_key", "last_answer"] {
        assert!(receipt[column].is_null(), "{receipt}");
    }
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
    assert_eq!((reopened.attempts, reopened.failing_ms), (0, None));
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
    assert_eq!((rows[0].attempts, rows[0].failing_ms), (1, Some(5)));
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
    assert_eq!((rows[0].attempts, rows[0].failing_ms), (0, None));
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

async fn every_attempt_counts_and_the_last_answer_is_kept(store: Store) {
    enqueue(&store, &[sale("o-1", "7")]).await;
    for attempts in 0..3 {
        let rows = claim(&store).await;
        assert_eq!(rows[0].attempts, attempts);
        write(&store, retry(rows[0].id, NOW)).await;
        let row = store.export("7").await.unwrap().remove(0);
        assert_eq!(row["last_answer"], "later");
    }
    // Each lease that runs out is an attempt, too.
    for attempts in [3, 4] {
        let rows = claim_abandoned(&store, OWNER, NOW).await;
        assert_eq!(rows[0].attempts, attempts);
    }
}

async fn what_is_put_off_is_due_then(store: Store) {
    enqueue(&store, &["a", "b"].map(|key| sale(key, key))).await;
    let rows = claim(&store).await;
    let release = Op::Release {
        id: rows[0].id,
        after: to_millis(MINUTE),
        sent: Sent::Keep,
    };
    write(&store, release).await;
    write(&store, retry(rows[1].id, MINUTE)).await;
    assert!(claim(&store).await.is_empty());
    assert_eq!(store.hasten(2 * MINUTE).await.unwrap(), 0, "not later");
    assert_eq!(store.hasten(MINUTE / 2).await.unwrap(), 2, "not before");
}

async fn a_send_that_may_be_repeated_is_not_noted(store: Store) {
    enqueue(&store, &[customer("7")]).await;
    let rows = claim(&store).await;
    let announce = Op::Announce {
        id: rows[0].id,
        check: Check::Nothing,
        once: false,
    };
    assert_eq!(write(&store, announce).await, clear(None));
    write(&store, retry(rows[0].id, NOW)).await;
    assert_eq!(claim(&store).await[0].sent_at, None);
}

async fn each_change_says_what_becomes_of_the_note(store: Store) {
    for (sent, is_kept) in [(Sent::Keep, true), (Sent::Restore(None), false)] {
        let name = if is_kept { "kept" } else { "taken back" };
        enqueue(&store, &[sale(name, name)]).await;
        let row = claim(&store).await.remove(0);
        write(&store, announce(&row)).await;
        let retry = Op::Retry {
            id: row.id,
            after: 0,
            sent,
            failing: 0,
            answer: String::new(),
        };
        write(&store, retry).await;
        let row = claim(&store).await.remove(0);
        assert_eq!(row.sent_at.is_some(), is_kept);
        write(&store, announce(&row)).await;
        let dead = Op::Dead {
            id: row.id,
            reason: "refused",
            sent,
            answer: String::new(),
        };
        write(&store, dead).await;
        let row = store.export(name).await.unwrap().remove(0);
        assert_eq!(row["sent_at"].is_i64(), is_kept, "{row}");
    }
}
