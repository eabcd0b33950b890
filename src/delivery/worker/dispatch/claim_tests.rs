//! What a claim asks for, and what the loop waits for.

use tokio::time::advance;

use super::*;
#[cfg(feature = "outbox-sqlite")]
use crate::client::{Amount, Money};
use crate::client::{ApiKey, Client, NewCustomer};
use crate::delivery::outbox::store::{Announced, Change, Check, Memory, Op, Store, Table, Written};
use crate::delivery::outbox::{Outbox, OutboxError, OutboxErrorKind};
#[cfg(feature = "outbox-sqlite")]
use crate::delivery::report::Sale;
use crate::delivery::worker::outage::Failure;
use crate::delivery::worker::settings::Settings;
#[cfg(feature = "outbox-sqlite")]
use crate::delivery::worker::{gate::FleetGate, health::Monitor};
#[cfg(feature = "sandbox")]
use crate::sandbox::Sandbox;

/// At this address nobody answers.
fn dispatch(outbox: &Outbox) -> Dispatch {
    let client = Client::builder(ApiKey::new("key").unwrap()).base_url("http://127.0.0.1:1/v1");
    dispatch_to(&client.retries(0).build().unwrap(), outbox)
}

fn dispatch_to(client: &Client, outbox: &Outbox) -> Dispatch {
    let (shared, _) = Shared::new(outbox.clone(), client, Settings::default());
    Dispatch::new(shared, watch::channel(Phase::Running).0)
}

#[tokio::test]
async fn an_execution_that_only_waits_takes_no_place() {
    let mut dispatch = dispatch(&Outbox::memory());
    let counts = |dispatch: &Dispatch| {
        let places = dispatch.places();
        (places.all, places.fresh, places.repeated)
    };
    assert_eq!(counts(&dispatch), (32, 28, 28));
    let held = [
        None,
        None,
        Some(&dispatch.repeated),
        Some(&dispatch.waiting),
    ];
    for held in held.map(Option::<&Arc<()>>::cloned) {
        dispatch.executions.spawn(async move {
            std::future::pending::<()>().await;
            drop(held);
        });
    }
    assert_eq!(counts(&dispatch), (29, 26, 27));
}

#[tokio::test(start_paused = true)]
async fn while_partnero_fails_for_some_a_row_that_is_enqueued_does_not_wait_for_half_of_the_places()
{
    let outbox = Outbox::memory();
    let mut dispatch = dispatch(&outbox);
    take_all_places(&mut dispatch);
    // Long after the last lease.
    advance(PACE).await;
    for (fails, is_enqueued, waits) in [
        (false, false, GATHER),
        (false, true, GATHER),
        (true, false, GATHER),
        (true, true, Duration::ZERO),
    ] {
        if fails {
            fail(&dispatch);
        }
        dispatch.is_awaited = false;
        dispatch.executions.spawn(async {});
        let enqueued = outbox.enqueued.notified();
        if is_enqueued {
            outbox.wake();
        }
        let began = Instant::now();
        dispatch.wait(Wait::Place, enqueued).await;
        // The clock of tokio goes in steps of a millisecond.
        let waited = began.elapsed().as_millis();
        assert_eq!(waited, waits.as_millis(), "{fails} {is_enqueued}");
        assert_eq!(dispatch.is_awaited, is_enqueued);
    }
    dispatch.is_awaited = false;
    let enqueued = pin!(outbox.enqueued.notified());
    outbox.wake();
    let began = Instant::now();
    dispatch.gather(enqueued).await;
    assert!(dispatch.is_awaited);
    assert_eq!(began.elapsed(), Duration::ZERO);
    // Every place is taken, so nobody has looked for the row yet.
    assert!(matches!(dispatch.fill().await, Wait::Place));
    assert_eq!(dispatch.claims, 0);
    assert!(dispatch.is_awaited);
    dispatch.executions.abort_all();
    while dispatch.executions.join_next().await.is_some() {}
    dispatch.fill().await;
    assert!(!dispatch.is_awaited);
}

fn take_all_places(dispatch: &mut Dispatch) {
    for _ in 0..dispatch.shared.settings.lanes {
        dispatch.executions.spawn(std::future::pending());
    }
}

#[tokio::test(start_paused = true)]
async fn where_half_of_the_places_are_free_an_ended_execution_is_followed_by_a_claim_at_once() {
    let outbox = Outbox::memory();
    let mut dispatch = dispatch(&outbox);
    for _ in 0..dispatch.shared.settings.lanes / 2 {
        dispatch.executions.spawn(std::future::pending());
    }
    dispatch.executions.spawn(async {});
    let began = Instant::now();
    dispatch.wait(Wait::Place, outbox.enqueued.notified()).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn each_wait_ends_when_its_time_is_over_or_with_what_it_waits_for() {
    let second = Duration::from_secs(1);
    let outbox = Outbox::memory();
    let mut dispatch = dispatch(&outbox);
    take_all_places(&mut dispatch);
    for (wait, is_enqueued, lasts) in [
        (Wait::Nothing, false, Duration::ZERO),
        (Wait::Time(second), true, second),
        (Wait::Work(second), false, second),
        (Wait::Work(second), true, Duration::ZERO),
    ] {
        let enqueued = outbox.enqueued.notified();
        if is_enqueued {
            outbox.wake();
        }
        let began = Instant::now();
        dispatch.wait(wait, enqueued).await;
        assert_eq!(began.elapsed().as_millis(), lasts.as_millis());
    }
    assert!(dispatch.is_awaited);
    // While all is calm, no place is kept for the row, so a claim would find none.
    let enqueued = outbox.enqueued.notified();
    outbox.wake();
    let wait = dispatch.wait(Wait::Place, enqueued);
    assert!(timeout(second, wait).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_finds_nothing_leases_nothing_and_is_followed_by_no_rest() {
    let outbox = Outbox::memory();
    let mut dispatch = dispatch(&outbox);
    let began = Instant::now();
    assert!(dispatch.places().may_queue);
    advance(Duration::from_secs(1)).await;
    let poll = dispatch.shared.settings.poll;
    assert!(matches!(dispatch.fill().await, Wait::Work(wait) if wait == poll));
    assert_eq!(dispatch.leased_at, began);
    assert_eq!(dispatch.rests_until, began);
    // It has found no rows behind heads, so the next one looks at more.
    assert_eq!(dispatch.looks_at, 2 * FEW);
    // It has read the database's clock.
    advance(poll).await;
    assert_eq!(dispatch.shared.clock.steady_for(), poll);
    outbox.enqueue(NewCustomer::new("ben")).await.unwrap();
    dispatch.fill().await;
    assert_eq!(dispatch.leased_at, Instant::now());
    dispatch.looks_at = 2 * FEW;
    dispatch.rests_until = Instant::now() + poll;
    assert_eq!(dispatch.places().all, 2 * FEW);
}

/// A lease that has run out was an attempt.
#[tokio::test(start_paused = true)]
async fn an_execution_of_a_row_that_was_tried_before_takes_a_place_of_its_kind() {
    let outbox = Outbox::memory();
    let mut dispatch = dispatch(&outbox);
    for (name, expected) in [("ben", (28, 27)), ("cleo", (27, 27))] {
        outbox.enqueue(NewCustomer::new(name)).await.unwrap();
        if name == "ben" {
            let places = dispatch.places();
            let claim = outbox.store.claim("other", Duration::ZERO, places).await;
            assert!(matches!(claim, Ok(Claim::Open { rows, .. }) if rows.len() == 1));
        }
        dispatch.fill().await;
        let places = dispatch.places();
        assert_eq!((places.fresh, places.repeated), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_that_another_worker_may_be_sending_is_waited_for_and_takes_no_place() {
    let memory = Memory::default();
    let mut outbox = Outbox::memory();
    outbox.store = Store::new(Table::Memory(memory.clone()));
    let mut dispatch = dispatch(&outbox);
    outbox.enqueue(NewCustomer::new("ben")).await.unwrap();
    let places = dispatch.places();
    let claim = outbox
        .store
        .claim("other", Duration::from_secs(60), places)
        .await;
    let Ok(Claim::Open { rows, .. }) = claim else {
        panic!("nothing pauses");
    };
    let announce = Op::Announce {
        id: rows[0].id,
        check: Check::Nothing,
        once: true,
    };
    let owner = "other".into();
    let announce = [Change {
        owner,
        op: announce,
    }];
    let written = outbox.store.write(&announce).await.unwrap();
    assert!(matches!(
        written[..],
        [Written::Announced(Announced::Clear { .. })]
    ));
    memory.jump(600_000);
    dispatch.fill().await;
    assert_eq!((dispatch.executions.len(), dispatch.running()), (1, 0));
    let (began, second) = (Instant::now(), Duration::from_secs(1));
    let enqueued = outbox.enqueued.notified();
    dispatch.wait(Wait::Work(second), enqueued).await;
    assert_eq!(began.elapsed().as_millis(), second.as_millis());
    assert_eq!((dispatch.executions.len(), dispatch.running()), (1, 0));
}

#[tokio::test]
async fn a_claim_without_places_for_new_rows_has_not_looked_for_the_one_that_is_awaited() {
    let mut dispatch = dispatch(&Outbox::memory());
    for _ in 0..28 {
        dispatch.executions.spawn(std::future::pending());
    }
    dispatch.is_awaited = true;
    assert_eq!(dispatch.places().fresh, 0);
    dispatch.fill().await;
    assert_eq!(dispatch.claims, 1);
    assert!(dispatch.is_awaited);
}

/// Makes Partnero fail for one customer.
fn fail(dispatch: &Dispatch) {
    let failure = Failure {
        customer: "a",
        is_repeated: false,
        is_certain: false,
    };
    let outage = &dispatch.shared.suspicion.outage;
    assert!(!outage.partnero_fails(&failure, 2));
}

#[tokio::test(start_paused = true)]
async fn while_partnero_fails_for_some_claims_leave_time_and_places_to_rows_that_come_in() {
    let outbox = Outbox::memory();
    let mut dispatch = dispatch(&outbox);
    fail(&dispatch);
    dispatch.is_awaited = true;
    assert_eq!(dispatch.places().all, FEW);
    dispatch.is_awaited = false;
    assert_eq!(dispatch.places().fresh, 24);
    for _ in 0..24 {
        dispatch.executions.spawn(std::future::pending());
    }
    assert_eq!(dispatch.places().fresh, 0);
    let began = Instant::now();
    dispatch.leased_at = began;
    let enqueued = outbox.enqueued.notified();
    dispatch.wait(Wait::Nothing, enqueued).await;
    assert_eq!(began.elapsed().as_millis(), PACE.as_millis());
    dispatch.leased_at = Instant::now();
    for number in 0..9 {
        outbox.enqueue(NewCustomer::new(number)).await.unwrap();
    }
    let enqueued = outbox.enqueued.notified();
    outbox.wake();
    dispatch.wait(Wait::Nothing, enqueued).await;
    assert!(dispatch.is_awaited);
    assert_eq!(began.elapsed().as_millis(), PACE.as_millis());
    dispatch.is_awaited = false;
    let enqueued = outbox.enqueued.notified();
    outbox.wake();
    let wait = dispatch.wait(Wait::Place, enqueued);
    timeout(PACE, wait).await.unwrap();
    assert!(dispatch.is_awaited);
    assert_eq!(began.elapsed().as_millis(), PACE.as_millis());
    dispatch.fill().await;
    assert_eq!(dispatch.executions.len(), 24 + FEW);
    // The kept places are for the newest row alone, also while there are others to claim.
    dispatch.is_awaited = true;
    let places = dispatch.places();
    assert_eq!((places.all, places.newest_first), (1, true));
}

/// Rows behind the head of their lane are put aside, with rests in between.
#[tokio::test]
async fn while_partnero_fails_for_some_a_rest_leaves_places_for_others() {
    let mut dispatch = dispatch(&Outbox::memory());
    fail(&dispatch);
    dispatch.rests_until = Instant::now() + Duration::from_secs(60);
    assert_eq!(dispatch.places().all, FEW);
    assert!(matches!(dispatch.fill().await, Wait::Work(_)));
}

#[tokio::test]
async fn each_claim_is_another_turn() {
    let mut dispatch = dispatch(&Outbox::memory());
    assert!(dispatch.places().newest_first);
    assert!(matches!(dispatch.fill().await, Wait::Work(_)));
    assert!(!dispatch.places().newest_first);
}

#[tokio::test]
async fn a_claim_notes_whether_the_fleet_pauses() {
    const SHORT: Duration = Duration::from_millis(200);
    let outbox = Outbox::memory();
    let mut dispatch = dispatch(&outbox);
    let fails = OutboxError::new(OutboxErrorKind::Unavailable);
    dispatch.shared.monitor.database_fails(&fails);
    outbox.store.shut_gate("429", SHORT).await.unwrap();
    // The next claim is made when the probe is due, and not later.
    assert!(matches!(dispatch.fill().await, Wait::Time(wait) if wait <= SHORT));
    let health = dispatch.shared.monitor.health(true);
    assert!(health.database && health.paused);
    outbox.resume().await.unwrap();
    dispatch.shared.monitor.database_fails(&fails);
    dispatch.fill().await;
    let health = dispatch.shared.monitor.health(true);
    assert!(health.database && !health.paused);
    // A person may resume long before the probe is due.
    let hour = Duration::from_secs(60 * 60);
    outbox.store.shut_gate("429", hour).await.unwrap();
    let poll = dispatch.shared.settings.poll;
    assert!(matches!(dispatch.fill().await, Wait::Time(wait) if wait == poll));
}

#[tokio::test]
async fn a_probe_that_fails_is_followed_by_the_second_wait() {
    let outbox = Outbox::memory();
    let mut dispatch = dispatch(&outbox);
    outbox
        .store
        .shut_gate("outage", Duration::ZERO)
        .await
        .unwrap();
    assert!(matches!(dispatch.fill().await, Wait::Time(Duration::ZERO)));
    let places = dispatch.places();
    let claim = outbox.store.claim("a", Duration::ZERO, places).await;
    let Claim::Shut { probe_in } = claim.unwrap() else {
        panic!("the fleet pauses");
    };
    // Two seconds, shortened by up to a quarter.
    assert!((1_100..=2_000).contains(&probe_in), "{probe_in}");
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn a_probe_that_succeeds_ends_the_pause_and_speaks_for_partnero_a_while() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap());
    let client = client.base_url(sandbox.base_url()).build().unwrap();
    let outbox = Outbox::memory();
    let mut dispatch = dispatch_to(&client, &outbox);
    let pause = outbox.store.shut_gate("outage", Duration::ZERO);
    pause.await.unwrap();
    assert!(dispatch.is_calm());
    assert!(matches!(dispatch.fill().await, Wait::Time(Duration::ZERO)));
    assert!(!dispatch.is_calm());
    assert!(matches!(dispatch.fill().await, Wait::Work(_)));
}

#[cfg(feature = "outbox-sqlite")]
async fn sqlite() -> (Outbox, sqlx::SqlitePool) {
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect("sqlite::memory:").await.unwrap();
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    (outbox, pool)
}

#[cfg(feature = "outbox-sqlite")]
#[tokio::test]
async fn a_database_that_fails_is_noted_and_asked_again_after_a_pause() {
    let (outbox, pool) = sqlite().await;
    let mut dispatch = dispatch(&outbox);
    pool.close().await;
    let answers = |dispatch: &Dispatch| dispatch.shared.monitor.health(true).database;
    assert!(answers(&dispatch));
    assert!(matches!(dispatch.fill().await, Wait::Time(DATABASE_PAUSE)));
    assert!(!answers(&dispatch));
    dispatch.shared.monitor.database_answers();
    assert!(!dispatch.probe().await);
    assert!(!answers(&dispatch));
}

#[cfg(feature = "outbox-sqlite")]
#[tokio::test]
async fn a_claim_that_puts_rows_aside_is_followed_by_a_rest() {
    let minute = Duration::from_secs(60);
    let (outbox, _) = sqlite().await;
    let mut dispatch = dispatch(&outbox);
    let sale = |key| {
        Sale::new(
            key,
            "ben",
            Money::currency(Amount::major("19.90").unwrap(), "EUR"),
        )
    };
    outbox.enqueue(NewCustomer::new("ben")).await.unwrap();
    // Another worker delivers the head of the lane.
    let places = dispatch.places();
    let claim = outbox.store.claim("other", minute, places).await.unwrap();
    assert!(matches!(claim, Claim::Open { rows, .. } if rows.len() == 1));
    outbox.enqueue(sale("o-1")).await.unwrap();
    dispatch.looks_at = 99;
    let began = Instant::now();
    assert!(matches!(dispatch.fill().await, Wait::Work(_)));
    assert!(dispatch.rests_until > began);
    assert_eq!(dispatch.looks_at, FEW);
    // Meanwhile it puts no further rows aside, which would prolong the rest.
    outbox.enqueue(sale("o-2")).await.unwrap();
    let until = Instant::now() + minute;
    dispatch.rests_until = until;
    let poll = dispatch.shared.settings.poll;
    assert!(matches!(dispatch.fill().await, Wait::Work(wait) if wait > poll));
    assert_eq!(dispatch.rests_until, until);
    // However long a claim takes, it is not followed by a long rest.
    let shared = Arc::get_mut(&mut dispatch.shared).unwrap();
    shared.settings.poll = Duration::from_nanos(1);
    dispatch.rests_until = Instant::now();
    assert!(matches!(dispatch.fill().await, Wait::Work(wait) if wait <= Duration::from_nanos(1)));
}

#[cfg(feature = "outbox-sqlite")]
#[tokio::test]
async fn a_claim_that_leaves_due_rows_is_followed_by_the_next_at_once() {
    let (outbox, pool) = sqlite().await;
    for number in 0..40 {
        outbox.enqueue(NewCustomer::new(number)).await.unwrap();
    }
    let mut dispatch = dispatch(&outbox);
    rely_on_answers(&mut dispatch);
    // Four places are kept for rows that have failed before.
    assert!(matches!(dispatch.fill().await, Wait::Nothing));
    assert_eq!(dispatch.running(), 28);
    // The claim has answered the question whether the fleet pauses, too.
    pool.close().await;
    assert_eq!(dispatch.shared.gate.ask().await, Passage::Open);
}

/// What is left stands behind a head, most likely.
#[cfg(feature = "outbox-sqlite")]
#[tokio::test]
async fn in_a_rest_a_claim_that_leaves_due_rows_is_not_followed_by_the_next_at_once() {
    let (outbox, _) = sqlite().await;
    for number in 0..9 {
        outbox.enqueue(NewCustomer::new(number)).await.unwrap();
    }
    let mut dispatch = dispatch(&outbox);
    dispatch.rests_until = Instant::now() + Duration::from_secs(60);
    assert!(matches!(dispatch.fill().await, Wait::Work(GATHER)));
    assert_eq!(dispatch.running(), FEW);
}

/// Relies on an answer for so long that a slow machine changes nothing.
#[cfg(feature = "outbox-sqlite")]
fn rely_on_answers(dispatch: &mut Dispatch) -> Monitor {
    let (monitor, minute) = (Monitor::default(), Duration::from_secs(60));
    let shared = Arc::get_mut(&mut dispatch.shared).unwrap();
    shared.gate = FleetGate::new(shared.outbox.clone(), monitor.clone(), minute, minute);
    monitor
}

#[cfg(feature = "outbox-sqlite")]
#[tokio::test]
async fn a_claim_that_finds_a_pause_saves_a_call_the_question() {
    let (outbox, pool) = sqlite().await;
    let mut dispatch = dispatch(&outbox);
    let monitor = rely_on_answers(&mut dispatch);
    let minute = Duration::from_secs(60);
    outbox.store.shut_gate("429", minute).await.unwrap();
    assert!(matches!(dispatch.fill().await, Wait::Time(_)));
    pool.close().await;
    assert_eq!(dispatch.shared.gate.ask().await, Passage::Shut);
    assert!(monitor.health(true).database, "it was not asked");
}

#[tokio::test]
async fn a_claim_that_fills_all_places_is_followed_by_none() {
    let outbox = Outbox::memory();
    outbox.enqueue(NewCustomer::new("ben")).await.unwrap();
    let mut dispatch = dispatch(&outbox);
    for _ in 0..5 {
        dispatch.shared.width.halve();
    }
    assert!(matches!(dispatch.fill().await, Wait::Place));
}
