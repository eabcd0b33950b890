//! What a claim asks for, and what the loop waits for.

use super::*;
use crate::client::{ApiKey, Client, NewCustomer};
use crate::delivery::outbox::{Outbox, OutboxError, OutboxErrorKind};
use crate::delivery::worker::outage::Failure;
use crate::delivery::worker::settings::Settings;
#[cfg(feature = "outbox-sqlite")]
use crate::delivery::worker::{gate::FleetGate, health::Monitor};

/// At this address nobody answers.
fn dispatch(outbox: &Outbox) -> Dispatch {
    let client = Client::builder(ApiKey::new("key").unwrap()).base_url("http://127.0.0.1:1/v1");
    let client = client.retries(0).build().unwrap();
    let (shared, _) = Shared::new(outbox.clone(), &client, Settings::default());
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
    for _ in 0..dispatch.shared.settings.lanes {
        dispatch.executions.spawn(std::future::pending());
    }
    for (fails, is_enqueued, waits) in [
        (false, false, GATHER),
        (false, true, GATHER),
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
    // Every place is taken, so nobody has looked for the row yet.
    assert!(matches!(dispatch.fill().await, Wait::Place));
    assert!(dispatch.is_awaited);
    dispatch.executions.abort_all();
    while dispatch.executions.join_next().await.is_some() {}
    dispatch.fill().await;
    assert!(!dispatch.is_awaited);
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
    dispatch.wait(Wait::Place, enqueued).await;
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

#[cfg(feature = "outbox-sqlite")]
#[tokio::test]
async fn a_claim_that_leaves_due_rows_is_followed_by_the_next_at_once() {
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect("sqlite::memory:").await.unwrap();
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    for number in 0..40 {
        outbox.enqueue(NewCustomer::new(number)).await.unwrap();
    }
    let mut dispatch = dispatch(&outbox);
    // Relies on an answer for so long that a slow machine changes nothing.
    let minute = Duration::from_secs(60);
    let gate = FleetGate::new(outbox.clone(), Monitor::default(), minute, minute);
    Arc::get_mut(&mut dispatch.shared).unwrap().gate = gate;
    // Four places are kept for rows that have failed before.
    assert!(matches!(dispatch.fill().await, Wait::Nothing));
    assert_eq!(dispatch.running(), 28);
    // The claim has answered the question whether the fleet pauses, too.
    pool.close().await;
    assert_eq!(dispatch.shared.gate.ask().await, Passage::Open);
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
