//! What the client repeats, how long it waits before, and what it never sends twice.

use std::time::Duration;

use tower_partnero::NewCustomer;
use tower_partnero::client::ErrorKind;

use crate::script::{Act, READ, Script};

#[tokio::test(start_paused = true)]
async fn a_read_is_tried_three_times_with_growing_delays() {
    for act in [Act::Answer(503), Act::Answer(408), Act::Break] {
        let script = Script::new([act; 9]);
        let client = script.builder().build().unwrap();
        let error = client.customers().get(READ).await.unwrap_err();
        assert_eq!(error.attempts(), 3);
        assert!(error.is_retryable());
        let seen = script.seen();
        let first = seen[1].saturating_sub(seen[0]).as_millis();
        let second = seen[2].saturating_sub(seen[1]).as_millis();
        assert!((100..=201).contains(&first), "{first}");
        assert!((200..=401).contains(&second), "{second}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_good_answer_is_enough() {
    let script = Script::new([Act::Answer(500), Act::Never, Act::Answer(200)]);
    let client = script.builder().build().unwrap();
    let customer = client.customers().create(&NewCustomer::new(42)).await;
    assert_eq!(customer.unwrap().id.as_deref(), Some("42"));
    assert_eq!(script.seen().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_was_understood_is_not_sent_again() {
    for (status, kind) in [
        (302, ErrorKind::Decode),
        (400, ErrorKind::Rejected),
        (401, ErrorKind::Unauthorized),
        (404, ErrorKind::NotFound),
        (409, ErrorKind::Conflict),
        (422, ErrorKind::Invalid),
    ] {
        let script = Script::new([Act::Answer(status)]);
        let client = script.builder().build().unwrap();
        let error = client.customers().get(READ).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_longer_retry_after_is_obeyed() {
    let script = Script::new([Act::RetryAfter(429, "3")]);
    let client = script.builder().build().unwrap();
    client.customers().get(READ).await.unwrap();
    assert_eq!(script.seen()[1].as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_past_the_deadline_comes_back_at_once() {
    for (asked, seconds) in [("31", 31), ("18446744073709551615", u64::MAX)] {
        let script = Script::new([Act::RetryAfter(429, asked)]);
        let client = script.builder().build().unwrap();
        let error = client.customers().get(READ).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)));
        assert_eq!(error.attempts(), 1);
        assert!(script.start.elapsed() < Duration::from_millis(10));
    }
}

#[tokio::test(start_paused = true)]
async fn no_retries_means_none() {
    let script = Script::new([Act::Answer(503)]);
    let client = script.builder().retries(0).build().unwrap();
    client.customers().get(READ).await.unwrap_err();
    assert_eq!(script.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_budget_ends_retries_in_an_outage() {
    let script = Script::new(vec![Act::Answer(503); 999]);
    let client = script.builder().retry_budget(1).build().unwrap();
    for _ in 0..100 {
        client.customers().get(READ).await.unwrap_err();
    }
    // 100 first attempts, and ten retries out of the ten seconds' credit; time hardly passes.
    assert!((110..120).contains(&script.seen().len()), "{script:?}");
}
