//! What the client repeats, how long it waits, and what it never sends twice: over a layer that
//! answers instead of the network, on a paused clock.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tokio::time::Instant;
use tower::layer::layer_fn;
use tower_partnero::client::{
    ApiKey, Body, BoxError, Client, ClientBuilder, ErrorKind, HttpService,
};
use tower_partnero::{ConfigError, NewCustomer};
use tower_service::Service;

/// What happens to one attempt.
#[derive(Clone, Copy, Debug)]
enum Act {
    Answer(u16),
    RetryAfter(u16, &'static str),
    Never,
    Break,
}

/// Answers by a script, and notes when each attempt came.
#[derive(Clone, Debug)]
struct Script {
    acts: Arc<Mutex<VecDeque<Act>>>,
    seen: Arc<Mutex<Vec<Duration>>>,
    start: Instant,
}

impl Script {
    fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self {
            acts: Arc::new(Mutex::new(acts.into_iter().collect())),
            seen: Arc::default(),
            start: Instant::now(),
        }
    }

    fn builder(&self) -> ClientBuilder {
        let script = self.clone();
        Client::builder(ApiKey::new("s3cret").unwrap())
            .base_url("http://127.0.0.1:9/v1")
            .layer(layer_fn(move |_: HttpService| script.clone()))
    }

    fn seen(&self) -> Vec<Duration> {
        self.seen.lock().unwrap().clone()
    }
}

impl Service<Request<Body>> for Script {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<Body>) -> Self::Future {
        self.seen.lock().unwrap().push(self.start.elapsed());
        let act = self.acts.lock().unwrap().pop_front();
        Box::pin(async move {
            let (status, wait) = match act.unwrap_or(Act::Answer(200)) {
                Act::Answer(status) => (status, None),
                Act::RetryAfter(status, wait) => (status, Some(wait)),
                Act::Never => std::future::pending().await,
                Act::Break => return Err("the wire broke".into()),
            };
            let mut answer = Response::builder().status(status);
            if let Some(wait) = wait {
                answer = answer.header("retry-after", wait);
            }
            Ok(answer.body(Body::from(r#"{"data": {"id": "42"}}"#))?)
        })
    }
}

const READ: &str = "42";

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
async fn an_attempt_that_hangs_is_cut_and_the_deadline_ends_them_all() {
    let script = Script::new([Act::Never; 9]);
    let client = script
        .builder()
        .timeout(Duration::from_secs(4))
        .deadline(Duration::from_secs(6))
        .build()
        .unwrap();
    let error = client.customers().get(READ).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.attempts(), 2);
    assert_eq!(script.start.elapsed().as_secs(), 6);
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

#[tokio::test(start_paused = true)]
async fn calls_wait_for_a_place_and_for_their_turn() {
    let script = Script::new([]);
    let client = script
        .builder()
        .rate(2, Duration::from_secs(1))
        .deadline(Duration::from_secs(2))
        .build()
        .unwrap();
    for _ in 0..4 {
        client.customers().get(READ).await.unwrap();
    }
    assert_eq!(script.seen()[3].as_secs(), 1);
    let rush: Vec<_> = (0..9)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.customers().get(READ).await })
        })
        .collect();
    let mut refused = 0;
    for call in rush {
        if let Err(error) = call.await.unwrap() {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Busy, 0));
            refused += 1;
        }
    }
    assert!((5..=7).contains(&refused), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_place_before_the_deadline_was_never_sent() {
    let script = Script::new([Act::Never; 9]);
    let client = script
        .builder()
        .concurrency(1)
        .retries(0)
        .deadline(Duration::from_secs(5))
        .build()
        .unwrap();
    let get = || async { client.customers().get(READ).await.unwrap_err() };
    let (first, second) = tokio::join!(get(), get());
    assert_eq!((first.kind(), first.attempts()), (ErrorKind::Timeout, 1));
    assert_eq!((second.kind(), second.attempts()), (ErrorKind::Busy, 0));
    assert!(second.is_retryable());
}

#[derive(Clone, Debug)]
struct Infallibly;

impl Service<Request<Body>> for Infallibly {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let is_sensitive = request.headers()["authorization"].is_sensitive();
        assert!(is_sensitive && request.headers()["accept"] == "application/json");
        let body = Body::from(r#"{"data": {"id": "from the layer"}}"#);
        std::future::ready(Ok(Response::new(body)))
    }
}

#[tokio::test]
async fn a_layer_of_the_app_may_answer_and_has_any_error_type() {
    let client = Client::builder(ApiKey::new("s3cret").unwrap())
        .base_url("http://127.0.0.1:9/v1")
        .layer(layer_fn(|_: HttpService| Infallibly))
        .build()
        .unwrap();
    let customer = client.customers().get(READ).await.unwrap();
    assert_eq!(customer.id.as_deref(), Some("from the layer"));
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let builder =
        || Client::builder(ApiKey::new("s3cret").unwrap()).base_url("http://127.0.0.1:9/v1");
    let refused = |builder: ClientBuilder| builder.build().unwrap_err();
    let errors: [(&str, ConfigError); 5] = [
        ("timeout", refused(builder().timeout(Duration::ZERO))),
        ("deadline", refused(builder().deadline(Duration::ZERO))),
        ("concurrency", refused(builder().concurrency(0))),
        ("rate", refused(builder().rate(0, Duration::from_secs(1)))),
        (
            "longest_retry_delay",
            refused(builder().retry_delay(Duration::from_secs(9))),
        ),
    ];
    for (setting, error) in errors {
        assert_eq!(error.setting(), setting);
    }
    assert!(
        builder()
            .deadline(Duration::MAX)
            .timeout(Duration::MAX)
            .build()
            .is_ok()
    );
    assert!(!format!("{:?}", builder()).contains("s3cret"));
}
