//! The app's users become customers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::stream;
use http::Method;
use http::header::RETRY_AFTER;
use tower_partnero::backfill::{Backfill, RefusedReason};
use tower_partnero::client::CustomerRef;
use tower_partnero::sandbox::Fault;
use tower_partnero::{ErrorKind, NewCustomer};

use super::{all, count, sandbox, user};

/// As fast as the local Partnero answers.
fn backfill(client: &tower_partnero::Client) -> Backfill {
    Backfill::new(client.clone()).per_second(0)
}

#[tokio::test]
async fn everybody_becomes_a_customer_once_with_the_referrer() {
    let (sandbox, client) = sandbox().await;
    let users = || stream::iter((1..=count()).map(|id| Ok::<_, std::io::Error>(user(id))));
    let report = backfill(&client)
        .concurrency(16)
        .run(users())
        .await
        .unwrap();
    assert_eq!((report.created, report.finished), (count(), count()));
    assert_eq!(report.finished_id, Some(count().to_string()));
    // The referrer of each was under way at the same time.
    assert_eq!((report.referred, report.without_referrer), (count() / 3, 0));
    let referred = sandbox.customers().into_iter();
    let referred = referred.filter(|customer| customer.referred_by.is_some());
    assert_eq!(referred.count() as u64, count() / 3);

    let again = backfill(&client).run(users()).await.unwrap();
    assert_eq!((again.created, again.existing), (0, count()));
    assert_eq!((again.other_referrer, again.refused_count), (0, 0));
    assert_eq!(sandbox.customers().len() as u64, count());
}

#[tokio::test]
async fn a_friend_may_come_before_the_referrer_and_goes_without_one_that_nobody_has() {
    let (_sandbox, client) = sandbox().await;
    let ben = NewCustomer::new(2).referring_customer(CustomerRef::key("anna-7"));
    let eve = NewCustomer::new(3).referring_customer(CustomerRef::key("nobody"));
    let anna = NewCustomer::new(1).key("anna-7");
    let report = backfill(&client).run(all([ben, eve, anna])).await.unwrap();
    assert_eq!(
        (report.created, report.referred, report.without_referrer),
        (3, 1, 1)
    );
}

/// Delays each call that creates this user.
fn slow(sandbox: &tower_partnero::Sandbox, id: u64, milliseconds: u64) {
    let delay = Fault::delay(Duration::from_millis(milliseconds));
    sandbox.inject(delay.mentioning(format!("user-{id}@shop.example")));
}

fn friend(id: u64, referrer: u64) -> NewCustomer {
    let friend = NewCustomer::new(id).email(format!("user-{id}@shop.example"));
    friend.referring_customer(CustomerRef::id(referrer))
}

#[tokio::test]
async fn a_friend_waits_for_a_referrer_who_waits_for_another_one() {
    let (sandbox, client) = sandbox().await;
    slow(&sandbox, 1, 700);
    slow(&sandbox, 2, 300);
    let users = all([user(1), friend(2, 1), friend(3, 2)]);
    let report = backfill(&client).run(users).await.unwrap();
    assert_eq!((report.referred, report.without_referrer), (2, 0));
}

#[tokio::test]
async fn no_order_of_the_answers_loses_a_referrer() {
    for seed in 1..=12 {
        let (sandbox, client) = sandbox().await;
        let mut state = seed * 0x9E37_79B9_u64;
        let mut random = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        let mut users = vec![user(1).key("key-1")];
        slow(&sandbox, 1, 40);
        for id in 2..=24 {
            slow(&sandbox, id, random(25));
            // Each is the friend of one of the two users right before: long chains.
            let referrer = id - 1 - random(2).min(id - 2);
            let user = friend(id, referrer).key(format!("key-{id}"));
            users.push(match random(2) {
                0 => user,
                _ => user.referring_customer(CustomerRef::key(format!("key-{referrer}"))),
            });
        }
        if seed % 3 == 0 {
            // A friend may also come before the referrer.
            users.swap(5, 9);
            users.swap(12, 17);
        }
        let run = backfill(&client).concurrency(8);
        let report = run.run(all(users)).await.unwrap();
        assert_eq!(
            (report.referred, report.without_referrer, report.finished),
            (23, 0, 24),
            "seed {seed}"
        );
    }
}

#[tokio::test]
async fn friends_of_each_other_do_not_wait_for_ever() {
    let (_sandbox, client) = sandbox().await;
    let users = all([friend(1, 2), friend(2, 1), friend(3, 3)]);
    let report = backfill(&client).run(users).await.unwrap();
    assert_eq!((report.referred, report.without_referrer), (1, 2));
}

#[tokio::test]
async fn a_referrer_who_appears_during_the_look_up_refuses_nobody() {
    let (sandbox, client) = sandbox().await;
    client.customers().create(&user(1)).await.unwrap();
    // The first round does not find the referrer. The second one is refused as if the referrer had
    // still been unknown, and the look-up after it finds the referrer.
    let refused = Fault::status(422).on(Method::POST, "/v1/customers");
    sandbox.inject(refused.mentioning("user-2@shop.example").times(2));
    let unknown = Fault::status(404).on(Method::GET, "/v1/customers/1");
    sandbox.inject(unknown.times(1));
    let report = backfill(&client).run(all([friend(2, 1)])).await.unwrap();
    assert_eq!(
        (report.referred, report.refused_count),
        (1, 0),
        "{report:?}"
    );
}

#[tokio::test]
async fn who_is_refused_is_told_with_the_reason_and_holds_nobody() {
    let (sandbox, client) = sandbox().await;
    let portal = NewCustomer::new("portal").email("portal@shop.example");
    client.customers().create(&portal).await.unwrap();
    client.customers().create(&user(1)).await.unwrap();
    sandbox.refuse_value("cursed");
    let users = [
        NewCustomer::new(1).email("somebody-else@shop.example"),
        NewCustomer::new(2).email("portal@shop.example"),
        NewCustomer::new("cursed"),
        NewCustomer::new(".."),
        NewCustomer::new(4),
    ];
    let report = backfill(&client).run(all(users)).await.unwrap();
    assert_eq!(
        (report.created, report.finished, report.refused_count),
        (1, 5, 4)
    );
    let mut refused: Vec<_> = report.refused.iter().collect();
    refused.sort_by_key(|user| user.id.clone());
    let refused: Vec<_> = refused
        .iter()
        .map(|user| (user.id.as_str(), user.reason))
        .collect();
    let expected = [
        ("..", RefusedReason::Refused),
        ("1", RefusedReason::IdentifierTaken),
        ("2", RefusedReason::EmailKnown),
        ("cursed", RefusedReason::Refused),
    ];
    assert_eq!(refused, expected);
    let told = report.refused.iter().map(|user| user.message.as_str());
    assert!(told.clone().any(|message| message.contains("\"portal\"")));
    assert!(!told.collect::<String>().contains('@'));
}

#[tokio::test]
async fn a_run_that_was_cut_goes_on_where_it_was() {
    let (sandbox, client) = sandbox().await;
    let checkpoint = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&checkpoint);
    // The app's own list breaks off in the middle.
    let broken = (1..=count() / 2)
        .map(|id| Ok(user(id)))
        .chain([Err("the database is gone")]);
    let error = backfill(&client)
        .on_progress(move |report| *seen.lock().unwrap() = report.finished)
        .run(stream::iter(broken))
        .await
        .unwrap_err();
    assert_eq!(error.report().finished, count() / 2);
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "the database is gone");
    let finished = *checkpoint.lock().unwrap();
    assert_eq!(finished, count() / 2);

    let before = sandbox.requests().len();
    let users = all((1..=count()).map(user));
    let report = backfill(&client).skip(finished).run(users).await.unwrap();
    assert_eq!((report.finished, report.existing), (count(), 0));
    assert_eq!(report.created, count() - count() / 2);
    assert!(sandbox.requests().len() - before >= usize::try_from(report.created).unwrap());
}

#[tokio::test]
async fn the_mark_stays_before_the_first_unfinished_user() {
    let (sandbox, client) = sandbox().await;
    // The first user takes longer than all others.
    let slow = Fault::delay(Duration::from_millis(500)).mentioning("user-1@shop.example");
    sandbox.inject(slow.times(1));
    let marks = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&marks);
    let users = all((1..=20).map(user));
    let run = backfill(&client)
        .on_progress(move |report| seen.lock().unwrap().push((report.created, report.finished)));
    run.run(users).await.unwrap();
    let marks = marks.lock().unwrap();
    let late = marks
        .iter()
        .position(|(_, finished)| *finished > 0)
        .unwrap();
    assert!(late > 1, "{marks:?}");
    assert_eq!(marks.last(), Some(&(20, 20)));
}

#[tokio::test(start_paused = true)]
async fn it_begins_no_more_users_than_the_rate_allows() {
    let (_sandbox, client) = sandbox().await;
    let begun = tokio::time::Instant::now();
    let run = Backfill::new(client).per_second(2);
    run.run(all((1..=21).map(user))).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(10));
}

#[tokio::test]
async fn an_outage_is_waited_for() {
    let (sandbox, client) = sandbox().await;
    sandbox.inject(Fault::status(500).times(3));
    sandbox.inject(Fault::status(429).header(RETRY_AFTER, 1).times(3));
    let report = backfill(&client).run(all((1..=9).map(user))).await.unwrap();
    assert_eq!((report.created, report.refused_count), (9, 0));
}

#[tokio::test]
async fn it_stops_if_the_outage_is_longer_than_its_patience() {
    let (sandbox, client) = sandbox().await;
    sandbox.inject(Fault::status(500));
    let begun = Instant::now();
    let run = backfill(&client).patience(Duration::from_millis(1_500));
    let error = run.run(all((1..=9).map(user))).await.unwrap_err();
    assert_eq!(error.report().finished, 0);
    assert!(begun.elapsed() < Duration::from_secs(60));
    let source = std::error::Error::source(&error).unwrap();
    let source = source.downcast_ref::<tower_partnero::Error>().unwrap();
    assert_eq!(source.kind(), ErrorKind::Server);
}

#[tokio::test]
async fn a_wrong_key_stops_it_at_once() {
    let (sandbox, _) = sandbox().await;
    let key = tower_partnero::ApiKey::new("wrong").unwrap();
    let client = tower_partnero::Client::builder(key).base_url(sandbox.base_url());
    let run = backfill(&client.build().unwrap()).concurrency(1);
    let error = run.run(all((1..=9).map(user))).await.unwrap_err();
    assert!(error.to_string().contains("API key"), "{error}");
    assert_eq!(sandbox.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_user_for_whom_partnero_always_fails_is_given_up() {
    let (sandbox, client) = sandbox().await;
    let poison = Fault::status(500).on(Method::POST, "/v1/customers");
    sandbox.inject(poison.mentioning("user-2@shop.example"));
    let report = backfill(&client)
        .run(all((1..=60).map(user)))
        .await
        .unwrap();
    assert_eq!(
        (report.created, report.finished, report.refused_count),
        (59, 60, 1)
    );
    let refused = &report.refused[0];
    assert_eq!(
        (refused.id.as_str(), refused.reason),
        ("2", RefusedReason::Failed)
    );
}
