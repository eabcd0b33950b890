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
    a_dead_referrer_holds_nobody_and_lets_go_who_waited,
    an_identifier_is_no_key,
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
    let rows: Vec<OutboxRow> = expected.iter().map(|key| sale(key, "a")).collect();
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

fn check(id: i64, check: Check) -> Op {
    Op::Announce {
        id,
        check,
        once: false,
    }
}

/// Partnero does not know this referrer.
fn wait_for(referrer: CustomerRef, id: i64) -> Op {
    check(id, Check::Referrer(referrer))
}

fn ask_for(referrer: CustomerRef, id: i64) -> Op {
    check(id, Check::Referrers(vec![referrer]))
}

fn pending(referrer: CustomerRef) -> Written {
    Written::Announced(Announced::Clear {
        customer_outcome: None,
        pending_referrers: vec![referrer],
    })
}

fn anna() -> OutboxRow {
    OutboxRow {
        public_key: Some("anna-7".to_owned()),
        ..customer("anna")
    }
}

fn anna_by_key() -> CustomerRef {
    CustomerRef::key("anna-7")
}

async fn a_friend_waits_for_the_referrers_own_sign_up(store: Store) {
    enqueue(&store, &[anna(), customer("ben"), customer("cleo")]).await;
    let rows = claim(&store).await;
    let (by_key, by_id) = (anna_by_key(), CustomerRef::id("anna"));
    for (referrer, row) in [(&by_key, &rows[1]), (&by_id, &rows[2])] {
        let asked = write(&store, ask_for(referrer.clone(), row.id)).await;
        assert_eq!(asked, pending(referrer.clone()));
        let waiting = write(&store, wait_for(referrer.clone(), row.id)).await;
        assert_eq!(waiting, held());
    }
    write(&store, done(rows[0].id)).await;
    let friends = claim(&store).await;
    assert_eq!(keys(&friends), ["ben", "cleo"]);
    assert_eq!(
        write(&store, ask_for(by_key, friends[0].id)).await,
        clear(None)
    );
}

async fn a_younger_referrer_is_pending_and_not_waited_for(store: Store) {
    enqueue(&store, &[customer("ben"), customer("anna")]).await;
    let rows = claim(&store).await;
    let anna = || CustomerRef::id("anna");
    let asked = write(&store, ask_for(anna(), rows[0].id)).await;
    assert_eq!(asked, pending(anna()));
    let waiting = write(&store, wait_for(anna(), rows[0].id)).await;
    assert_eq!(waiting, clear(None));
    // Nobody waits for oneself.
    let asked = write(&store, ask_for(anna(), rows[1].id)).await;
    assert_eq!(asked, clear(None));
}

async fn a_dead_referrer_holds_nobody_and_lets_go_who_waited(store: Store) {
    enqueue(&store, &[anna(), customer("ben"), sale("o-1", "anna")]).await;
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["anna", "ben"]);
    let waiting = write(&store, wait_for(anna_by_key(), rows[1].id)).await;
    assert_eq!(waiting, held());
    write(&store, dead(rows[0].id)).await;
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["ben", "o-1"]);
    for op in [ask_for, wait_for] {
        let announced = write(&store, op(anna_by_key(), rows[0].id)).await;
        assert_eq!(announced, clear(None));
    }
    // The sale of the dead customer waits for a person.
    assert_eq!(write(&store, announce(&rows[1])).await, held());
}

async fn an_identifier_is_no_key(store: Store) {
    enqueue(&store, &[customer("1234"), customer("ben")]).await;
    let rows = claim(&store).await;
    let asked = write(&store, ask_for(CustomerRef::key("1234"), rows[1].id)).await;
    assert_eq!(asked, clear(None));
}

use crate::client::CustomerRef;
use crate::delivery::outbox::store::Which;
