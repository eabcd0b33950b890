//! Whose turn it is.

use super::*;
use crate::client::CustomerRef;
use crate::delivery::outbox::store::{Table, Which};

every_engine! {
    a_key_is_taken_once_of_each_kind,
    a_lane_has_one_head_and_lanes_run_side_by_side,
    rows_behind_a_head_follow_one_after_the_other,
    a_claim_reaches_the_lanes_behind_a_long_one,
    a_claim_takes_no_more_than_its_limit,
    a_lane_that_fills_every_place_lets_others_pass,
    a_row_between_two_long_lanes_waits_for_neither,
    a_claim_between_two_long_lanes_goes_through_a_hundred,
    neither_new_rows_nor_repeated_ones_keep_the_others_waiting,
    the_newest_row_need_not_wait_for_a_long_past,
    a_claim_that_puts_nothing_aside_takes_the_newest_rows,
    the_next_row_of_a_customer_is_leased_with_the_result_of_the_one_before,
    a_next_row_is_not_leased_during_a_pause,
    a_next_row_is_not_leased_behind_an_older_one,
    a_leased_row_is_nobody_elses_until_its_lease_ends,
    a_row_that_waits_for_its_next_try_holds_its_lane,
    a_customer_goes_first_even_if_enqueued_last,
    a_dead_customer_holds_its_lane_and_its_replay_revives_it,
    a_dead_sale_holds_its_refund_and_nothing_else,
    a_friend_waits_for_the_referrers_own_sign_up,
    a_younger_referrer_is_pending_and_not_waited_for,
    a_younger_referrer_who_waits_is_not_waited_for_long,
    a_dead_referrer_holds_nobody_and_lets_go_who_waited,
    an_identifier_is_no_key,
    a_sale_may_have_its_customers_name,
    what_has_waited_longest_is_tried_first,
    a_next_row_is_not_leased_before_its_time,
    who_was_put_aside_follows_a_head_that_dies_or_waits,
    who_waits_for_a_waiting_friend_goes_on_waiting,
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
    let Claim::Open { rows, .. } = store.claim(OWNER, MINUTE, any(2)).await.unwrap() else {
        panic!("the gate is open");
    };
    assert_eq!(rows.len(), 2);
}

async fn claim_with(store: &Store, places: Places) -> Vec<Claimed> {
    match store.claim(OWNER, MINUTE, places).await.unwrap() {
        Claim::Open { rows, .. } => rows,
        Claim::Shut { .. } => panic!("the gate is shut"),
    }
}

async fn a_row_between_two_long_lanes_waits_for_neither(store: Store) {
    enqueue(&store, &["a", "z"].map(|id| sale(id, id))).await;
    for head in claim(&store).await {
        write(&store, retry(head.id, MINUTE)).await;
    }
    let lane = |id: &str| -> Vec<OutboxRow> {
        let keys = (0..9).map(|number| format!("{id}-{number}"));
        keys.map(|key| sale(&key, id)).collect()
    };
    enqueue(&store, &lane("a")).await;
    enqueue(&store, &[sale("b", "b"), sale("c", "c")]).await;
    enqueue(&store, &lane("z")).await;
    assert_eq!(keys(&claim_with(&store, any(4)).await), ["b", "c"]);
}

/// In SQLite one lock keeps all others from writing.
#[cfg(feature = "outbox-sqlite")]
#[tokio::test]
async fn a_claim_with_nothing_to_lease_does_not_wait_for_who_writes() {
    let (store, _file) = super::engines::sqlite().await;
    let Table::Sqlite(pool) = &store.table else {
        panic!("another engine");
    };
    let fresh = Places {
        repeated: 0,
        ..any(10)
    };
    let repeated = Places {
        fresh: 0,
        ..any(10)
    };
    for (rows, places) in [
        ("nobody", any(10)),
        ("repeated", fresh),
        ("fresh", repeated),
    ] {
        match rows {
            "repeated" => {
                enqueue(&store, &[sale("a", "a")]).await;
                let row = claim(&store).await.remove(0);
                write(&store, retry(row.id, NOW)).await;
            }
            "fresh" => {
                let row = claim(&store).await.remove(0);
                write(&store, done(row.id)).await;
                enqueue(&store, &[sale("b", "b")]).await;
            }
            _ => {}
        }
        let writes = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
        assert!(claim_with(&store, places).await.is_empty(), "{rows}");
        writes.rollback().await.unwrap();
    }
}

async fn a_claim_between_two_long_lanes_goes_through_a_hundred(store: Store) {
    let lane = |id: &str, from: usize| -> Vec<OutboxRow> {
        let keys = (from..from + 9).map(|number| format!("{id}-{number}"));
        keys.map(|key| sale(&key, id)).collect()
    };
    // The database counts whole milliseconds.
    let tick = || tokio::time::sleep(Duration::from_millis(5));
    for number in 0..99 {
        let id = format!("{number:03}");
        enqueue(&store, &[sale(&id, &id)]).await;
    }
    enqueue(&store, &[sale("z", "z")]).await;
    // From now on each lane has a head that is under way.
    assert_eq!(claim_with(&store, any(100)).await.len(), 100);
    enqueue(&store, &lane("000", 0)).await;
    tick().await;
    enqueue(&store, &[sale("099", "099")]).await;
    tick().await;
    enqueue(&store, &lane("z", 0)).await;
    assert_eq!(keys(&claim_with(&store, any(4)).await), ["099"]);
    enqueue(&store, &[sale("100", "100")]).await;
    tick().await;
    enqueue(&store, &lane("z", 9)).await;
    // In memory a claim goes through all lanes. In a database the next claim finds the row, because
    // this one puts the long lanes aside.
    if !matches!(store.table, Table::Memory(_)) {
        assert!(claim_with(&store, any(4)).await.is_empty());
    }
    assert_eq!(keys(&claim_with(&store, any(4)).await), ["100"]);
}

async fn a_lane_that_fills_every_place_lets_others_pass(store: Store) {
    enqueue(&store, &[sale("a-head", "a")]).await;
    let head = claim(&store).await.remove(0);
    write(&store, retry(head.id, MINUTE)).await;
    for number in 0..5 {
        enqueue(&store, &[sale(&format!("a-{number}"), "a")]).await;
    }
    let others = ["b", "c", "d", "e"].map(|id| sale(id, id));
    enqueue(&store, &others).await;
    // The first claim finds a row behind the head, and puts the lane aside.
    let mut rows = claim_with(&store, any(1)).await;
    if rows.is_empty() {
        rows = claim_with(&store, any(1)).await;
    }
    assert_eq!(keys(&rows), ["b"]);
}

async fn neither_new_rows_nor_repeated_ones_keep_the_others_waiting(store: Store) {
    let names = ["a", "b", "c", "d", "e", "f"];
    enqueue(&store, &names.map(|id| sale(id, id))).await;
    for row in claim_with(&store, any(3)).await {
        write(&store, retry(row.id, NOW)).await;
    }
    let kinds = |rows: &[Claimed]| {
        let repeated = rows.iter().filter(|row| row.attempts > 0).count();
        (rows.len() - repeated, repeated)
    };
    for (fresh, repeated, repeated_first, expected) in [
        (1, 2, false, (1, 1)),
        (1, 2, true, (0, 2)),
        (0, 2, false, (0, 0)),
        (2, 2, false, (2, 0)),
    ] {
        let places = Places {
            fresh,
            repeated,
            repeated_first,
            ..any(2)
        };
        let rows = claim_with(&store, places).await;
        assert_eq!(kinds(&rows), expected);
    }
    assert!(claim(&store).await.is_empty());
}

async fn the_newest_row_need_not_wait_for_a_long_past(store: Store) {
    let names = ["a", "b", "c", "d", "e", "f"];
    for name in names {
        enqueue(&store, &[sale(name, name)]).await;
    }
    assert_eq!(keys(&claim_with(&store, any(2)).await), ["a", "f"]);
    let newest_first = Places {
        newest_first: true,
        ..any(1)
    };
    assert_eq!(keys(&claim_with(&store, newest_first).await), ["e"]);
    assert_eq!(keys(&claim_with(&store, any(1)).await), ["b"]);
    assert_eq!(keys(&claim_with(&store, any(9)).await), ["c", "d"]);
}

async fn a_claim_that_puts_nothing_aside_takes_the_newest_rows(store: Store) {
    let names = ["a", "b", "c", "d", "e", "f"];
    enqueue(&store, &names.map(|id| sale(id, id))).await;
    let newest = Places {
        may_queue: false,
        ..any(2)
    };
    assert_eq!(keys(&claim_with(&store, newest).await), ["e", "f"]);
    assert_eq!(keys(&claim_with(&store, any(2)).await), ["a", "d"]);
}

async fn the_next_row_of_a_customer_is_leased_with_the_result_of_the_one_before(store: Store) {
    let rows = ["a-1", "a-2", "a-3"].map(|key| sale(key, "a"));
    enqueue(&store, &rows).await;
    enqueue(&store, &[sale("b-1", "b")]).await;
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["a-1", "b-1"]);
    // Queues what waits behind them.
    assert!(claim(&store).await.is_empty());
    let ops = changes(OWNER, [done(rows[1].id), done_with_next(rows[0].id, OTHER)]);
    let mut written = store.write(&ops).await.unwrap();
    assert_eq!(written[0], Written::Settled(true));
    let Some(Written::Followed(next)) = written.pop() else {
        panic!("the next row waits");
    };
    assert_eq!((next.row.key.as_str(), next.row.attempts), ("a-2", 0));
    assert!(next.now >= next.row.created_at && !next.pruned);
    assert_eq!(store.hasten(2 * MINUTE).await.unwrap(), 0, "leased longer");
    assert!(claim(&store).await.is_empty());
    // It belongs to the owner of its own lease.
    assert_eq!(write(&store, announce(&next.row)).await, refused());
    let announced = write_as(&store, OTHER, announce(&next.row)).await;
    assert_eq!(announced, clear(None));
    let written = write_as(&store, OTHER, done(next.row.id)).await;
    assert_eq!(written, Written::Settled(true));
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["a-3"]);
    // Nothing follows the last.
    let written = write(&store, done_with_next(rows[0].id, OTHER)).await;
    assert_eq!(written, Written::Settled(true));
}

async fn a_next_row_is_not_leased_during_a_pause(store: Store) {
    enqueue(&store, &[sale("a-1", "a"), sale("a-2", "a")]).await;
    let rows = claim(&store).await;
    store.shut_gate("429", MINUTE).await.unwrap();
    let written = write(&store, done_with_next(rows[0].id, OTHER)).await;
    assert_eq!(written, Written::Settled(true));
    store.resume().await.unwrap();
    assert_eq!(keys(&claim(&store).await), ["a-2"]);
}

async fn a_next_row_is_not_leased_behind_an_older_one(store: Store) {
    let rows = [sale("a-1", "a"), customer("a"), sale("a-2", "a")];
    enqueue(&store, &rows).await;
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["a-1", "a"]);
    let written = write(&store, done_with_next(rows[1].id, OTHER)).await;
    assert_eq!(written, Written::Settled(true));
    write(&store, done(rows[0].id)).await;
    assert_eq!(keys(&claim(&store).await), ["a-2"]);
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
    // Only its owner may let a row wait.
    let foreign = write_as(&store, OTHER, announce(&rows[0])).await;
    assert_eq!(foreign, refused());
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

/// A claim that finds nothing but rows behind heads puts these rows aside.
async fn who_was_put_aside_follows_a_head_that_dies_or_waits(store: Store) {
    let refund = row(ReportKind::Refund, "o-1", "7");
    enqueue(&store, &[sale("o-1", "7"), refund, sale("o-2", "7")]).await;
    let sale = claim(&store).await.remove(0);
    assert!(claim(&store).await.is_empty());
    write(&store, dead(sale.id)).await;
    let refund = claim(&store).await.remove(0);
    assert_eq!(refund.kind, ReportKind::Refund);
    assert!(claim(&store).await.is_empty());
    assert_eq!(write(&store, announce(&refund)).await, held());
    assert_eq!(keys(&claim(&store).await), ["o-2"]);
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
    let names = vec![referrer];
    let is_patient = false;
    check(id, Check::Referrers { names, is_patient })
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

async fn a_younger_referrer_who_waits_is_not_waited_for_long(store: Store) {
    enqueue(&store, &[anna(), customer("ben")]).await;
    let rows = claim(&store).await;
    let waiting = write(&store, wait_for(anna_by_key(), rows[1].id)).await;
    assert_eq!(waiting, held());
    let ben = || CustomerRef::id("ben");
    let patient = Check::Referrers {
        names: vec![ben()],
        is_patient: true,
    };
    let asked = write(&store, check(rows[0].id, patient)).await;
    assert_eq!(asked, pending(ben()));
    let asked = write(&store, ask_for(ben(), rows[0].id)).await;
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

async fn a_sale_may_have_its_customers_name(store: Store) {
    store.forget("8").await.unwrap();
    enqueue(&store, &[sale("7", "7"), customer("7"), sale("8", "9")]).await;
    assert_eq!(keys(&claim(&store).await), ["8", "7", "7", "8"]);
}

async fn what_has_waited_longest_is_tried_first(store: Store) {
    enqueue(&store, &["a", "b"].map(|key| sale(key, key))).await;
    let rows = claim(&store).await;
    write(&store, retry(rows[1].id, NOW)).await;
    // The database counts whole milliseconds.
    tokio::time::sleep(Duration::from_millis(5)).await;
    write(&store, retry(rows[0].id, NOW)).await;
    // Among rows that have failed before, the newest has no place of its own.
    let places = Places {
        newest_first: true,
        ..any(1)
    };
    assert_eq!(keys(&claim_with(&store, places).await), ["b"]);
}

async fn a_next_row_is_not_leased_before_its_time(store: Store) {
    enqueue(&store, &[sale("a-1", "a")]).await;
    let rows = claim(&store).await;
    write(&store, retry(rows[0].id, MINUTE)).await;
    enqueue(&store, &[customer("a")]).await;
    let rows = claim(&store).await;
    assert_eq!(keys(&rows), ["a"]);
    let written = write(&store, done_with_next(rows[0].id, OTHER)).await;
    assert_eq!(written, Written::Settled(true));
}

async fn who_waits_for_a_waiting_friend_goes_on_waiting(store: Store) {
    enqueue(&store, &["anna", "ben", "carla"].map(customer)).await;
    let rows = claim(&store).await;
    for (friend, referrer) in [(2, "ben"), (1, "anna")] {
        let wait = wait_for(CustomerRef::id(referrer), rows[friend].id);
        assert_eq!(write(&store, wait).await, held());
    }
    assert!(claim(&store).await.is_empty());
    assert_eq!(store.status().await.unwrap().held, 2);
}
