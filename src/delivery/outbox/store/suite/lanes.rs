//! Whose turn it is.

use super::*;

every_engine! {
    a_key_is_taken_once_of_each_kind,
    a_lane_has_one_head_and_lanes_run_side_by_side,
    rows_behind_a_head_follow_one_after_the_other,
    a_claim_reaches_the_lanes_behind_a_long_one,
    a_claim_takes_no_more_than_its_limit,
    a_leased_row_is_nobody_elses_until_its_lease_ends,
    a_row_that_waits_for_its_next_try_holds_its_lane,
    a_customer_goes_first_even_if_enqueued_last,
    a_dead_customer_holds_its_lane_and_its_replay_revives_it,
    a_dead_sale_holds_its_refund_and_nothing_else,
    a_friend_waits_for_the_referrers_own_sign_up,
    a_younger_referrer_is_pending_and_not_waited_for,
}

async fn a_key_is_taken_once_of_each_kind(store: Store) {
    enqueue(&store, &[sale("o-1", "7"), customer("7")]).await;
    assert_eq!(
        store.enqueue(&sale("o-1", "8")).await.unwrap(),
        Enqueued::Repeated
    );
    enqueue(&store, &[row(ReportKind::Refund, "o-1", "7")]).await;
}

async fn a_lane_has_one_head_and_lanes_run_side_by_side(store: Store) {
    enqueue(
        &store,
        &[sale("a-1", "a"), sale("a-2", "a"), sale("b-1", "b")],
    )
    .await;
    let first = claim(&store).await;
    assert_eq!(keys(&first), ["a-1", "b-1"]);
    assert!(claim_for(&store, OTHER, MINUTE).await.is_empty());
    assert_eq!(
        write(&store, done(first[0].id)).await,
        Written::Settled(true)
    );
    assert_eq!(keys(&claim_for(&store, OTHER, MINUTE).await), ["a-2"]);
}

async fn rows_behind_a_head_follow_one_after_the_other(store: Store) {
    let expected: Vec<String> = (0..9).map(|number| format!("a-{number}")).collect();
    let rows: Vec<NewRow> = expected.iter().map(|key| sale(key, "a")).collect();
    enqueue(&store, &rows[..8]).await;
    let mut seen = Vec::new();
    for turn in 0.. {
        let rows = claim(&store).await;
        let Some(row) = rows.first() else {
            break;
        };
        assert_eq!(rows.len(), 1);
        seen.push(row.key.clone());
        // Each way in which a row leaves its lane, or comes back to its head.
        match turn {
            1 => write(&store, dead(row.id)).await,
            2 => write(&store, retry(row.id, NOW)).await,
            _ => write(&store, done(row.id)).await,
        };
        if turn == 4 {
            enqueue(&store, &[sale("a-8", "a")]).await;
        }
    }
    seen.dedup();
    assert_eq!(seen, expected);
    let status = store.status().await.unwrap();
    assert_eq!((status.pending, status.dead), (0, 1));
}

async fn a_claim_reaches_the_lanes_behind_a_long_one(store: Store) {
    enqueue(&store, &[sale("a-head", "a")]).await;
    let head = claim(&store).await.remove(0);
    write(&store, retry(head.id, MINUTE)).await;
    for number in 0..40 {
        enqueue(&store, &[sale(&format!("a-{number}"), "a")]).await;
    }
    enqueue(&store, &[sale("b", "b"), sale("c", "c")]).await;
    // Fewer than the rows before them.
    assert_eq!(keys(&claim(&store).await), ["b", "c"]);
    let status = store.status().await.unwrap();
    assert_eq!(status.pending, 43);
}

async fn a_claim_takes_no_more_than_its_limit(store: Store) {
    let rows = ["a", "b", "c"].map(|id| sale(id, id));
    enqueue(&store, &rows).await;
    let Claim::Open { rows, .. } = store.claim(OWNER, MINUTE, 2).await.unwrap() else {
        panic!("the gate is open");
    };
    assert_eq!(rows.len(), 2);
}

async fn a_leased_row_is_nobody_elses_until_its_lease_ends(store: Store) {
    enqueue(&store, &[sale("o-1", "7")]).await;
    let first = claim_for(&store, OWNER, NOW).await;
    let second = claim_for(&store, OTHER, MINUTE).await;
    assert_eq!((keys(&second), second[0].attempts), (vec!["o-1"], 1));
    // The first owner wakes up: it may neither send nor settle.
    assert_eq!(write(&store, announce(&first[0])).await, refused());
    assert_eq!(
        write(&store, done(first[0].id)).await,
        Written::Settled(false)
    );
    assert_eq!(
        write_as(&store, OTHER, announce(&second[0])).await,
        clear(None)
    );
}

async fn a_row_that_waits_for_its_next_try_holds_its_lane(store: Store) {
    enqueue(&store, &[sale("a-1", "a"), sale("a-2", "a")]).await;
    let rows = claim(&store).await;
    write(&store, retry(rows[0].id, MINUTE)).await;
    assert!(claim(&store).await.is_empty());
}

async fn a_customer_goes_first_even_if_enqueued_last(store: Store) {
    enqueue(&store, &[sale("o-1", "7"), customer("7")]).await;
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["o-1", "7"]);
    assert_eq!(write(&store, announce(&rows[0])).await, held());
    write(&store, done(rows[1].id)).await;
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["o-1"]);
    assert_eq!(
        write(&store, announce(&rows[0])).await,
        clear(Some("recorded"))
    );
}

async fn a_dead_customer_holds_its_lane_and_its_replay_revives_it(store: Store) {
    enqueue(&store, &[customer("7"), sale("o-1", "7"), sale("o-2", "7")]).await;
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["7"]);
    write(&store, dead(rows[0].id)).await;
    for key in ["o-1", "o-2"] {
        let rows = claim(&store).await;
        assert_eq!(keys(&rows), [key]);
        assert_eq!(write(&store, announce(&rows[0])).await, held());
    }
    assert_eq!(store.status().await.unwrap().held, 2);
    assert!(claim(&store).await.is_empty());

    assert_eq!(store.replay(Which::One(rows[0].id)).await.unwrap(), 1);
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["7"]);
    write(&store, done(rows[0].id)).await;
    assert_eq!(keys(&claim(&store).await), ["o-1"]);
}

async fn a_dead_sale_holds_its_refund_and_nothing_else(store: Store) {
    let refund = row(ReportKind::Refund, "o-1", "7");
    enqueue(&store, &[sale("o-1", "7"), refund, sale("o-2", "7")]).await;
    let rows = claim(&store).await;
    write(&store, dead(rows[0].id)).await;
    let refund = claim(&store).await;
    assert_eq!(refund[0].kind, ReportKind::Refund);
    assert_eq!(write(&store, announce(&refund[0])).await, held());
    let next = claim(&store).await;
    assert_eq!(keys(&next), ["o-2"]);
    write(&store, done(next[0].id)).await;

    assert!(store.discard(rows[0].id, "a test order").await.unwrap());
    assert_eq!(claim(&store).await[0].kind, ReportKind::Refund);
}

fn by(referrer: &str, id: i64) -> Op {
    Op::Announce {
        id,
        check: Check::Referrers(vec![referrer.to_owned()]),
        once: false,
    }
}

async fn a_friend_waits_for_the_referrers_own_sign_up(store: Store) {
    let anna = NewRow {
        public_key: Some("anna-7".to_owned()),
        ..customer("anna")
    };
    enqueue(&store, &[anna, customer("ben"), customer("cleo")]).await;
    let rows = claim(&store).await;
    assert_eq!(write(&store, by("anna-7", rows[1].id)).await, held());
    assert_eq!(write(&store, by("anna", rows[2].id)).await, held());
    write(&store, done(rows[0].id)).await;
    let friends = claim(&store).await;
    assert_eq!(keys(&friends), ["ben", "cleo"]);
    assert_eq!(
        write(&store, by("anna-7", friends[0].id)).await,
        clear(None)
    );
}

async fn a_younger_referrer_is_pending_and_not_waited_for(store: Store) {
    enqueue(&store, &[customer("ben"), customer("anna")]).await;
    let rows = claim(&store).await;
    let expected = Written::Announced(Announced::Clear {
        customer_outcome: None,
        referrer_pending: true,
    });
    assert_eq!(write(&store, by("anna", rows[0].id)).await, expected);
    // Nobody waits for oneself.
    assert_eq!(write(&store, by("anna", rows[1].id)).await, clear(None));
}

use crate::delivery::outbox::store::Which;
