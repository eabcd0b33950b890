//! What a broken or hostile Partnero can cost: time, memory and text are bounded by default.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use serde_json::json;
use tokio::time::{Instant, sleep};
use tower::layer::layer_fn;
use tower_partnero::client::{
    ApiKey, Body, BoxError, Client, ClientBuilder, ErrorKind, HttpService,
};

use crate::support::canned;

const SECOND: Duration = Duration::from_secs(1);

/// A client whose answers are made by this, out of the path and of how many were asked for before,
/// each after this time.
fn answering(
    wait: Duration,
    answer: impl Fn(&str, usize) -> String + Clone + Send + Sync + 'static,
) -> (ClientBuilder, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let service = move |request: Request<Body>| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let body = answer(request.uri().path(), number);
        async move {
            sleep(wait).await;
            Ok::<_, BoxError>(Response::new(Body::from(body)))
        }
    };
    let layer = layer_fn(move |_: HttpService| tower::service_fn(service.clone()));
    let builder = Client::builder(ApiKey::new("s3cret").unwrap());
    let builder = builder.base_url("http://127.0.0.1:9/v1").layer(layer);
    (builder, asked)
}

/// A page that always names one further page.
fn endless(number: usize, padding: usize) -> String {
    let next = format!(
        "http://127.0.0.1:9/v1/customers/a/referrals?page={}",
        number + 2
    );
    let item = json!({"id": number, "padding": "x".repeat(padding)});
    json!({"data": [item], "links": {"next": next}, "status": 1}).to_string()
}

/// The customer `a`, whose list of friends never ends.
fn account(path: &str, number: usize) -> String {
    match path {
        "/v1/customers/a" => json!({"data": {"id": "a", "key": "a"}}).to_string(),
        "/v1/customers/a/balance" => json!({"data": {"balance": []}}).to_string(),
        "/v1/customers/a/referral_links" => json!({"data": []}).to_string(),
        _ => endless(number, 0),
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_list_has_one_deadline() {
    let start = Instant::now();
    let (builder, asked) = answering(SECOND, |_, number| endless(number, 0));
    let client = builder.deadline(9 * SECOND).build().unwrap();
    let error = client.customers().referrals("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(start.elapsed().as_secs(), 9);
    let asked = asked.load(Ordering::Relaxed);
    assert!((9..=10).contains(&asked), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_profile_has_one_deadline() {
    let start = Instant::now();
    let (builder, _) = answering(SECOND, account);
    let client = builder.deadline(9 * SECOND).build().unwrap();
    let error = client.customers().profile("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(start.elapsed().as_secs(), 9);

    // The link is asked for when everything else is there: within the same deadline.
    let start = Instant::now();
    let (builder, asked) = answering(SECOND * 6, |path, number| match path {
        "/v1/customers/a/referrals" => json!({"data": []}).to_string(),
        _ => account(path, number),
    });
    let client = builder.deadline(9 * SECOND).build().unwrap();
    let error = client.customers().profile("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(start.elapsed().as_secs(), 9);
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn a_whole_list_has_one_bound() {
    for (padding, most) in [(0, 1_000), (500_000, 9)] {
        let (builder, asked) = answering(Duration::ZERO, move |_, number| endless(number, padding));
        let client = builder.build().unwrap();
        let error = client.customers().referrals("a").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let asked = asked.load(Ordering::Relaxed);
        assert!(asked <= most, "{asked}: {error}");
    }
}

/// An answer of small objects takes more than a hundred times its length in memory.
#[tokio::test]
async fn an_answer_of_many_small_values_is_not_read() {
    for (item, count, is_read) in [
        (r#"{"a":1}"#, 30_000, true),
        (r#"{"a":1}"#, 60_000, false),
        ("[[[]]]", 60_000, false),
        // Commas and brackets in texts are no values.
        (r#"{"a":"\",[{,[{,[{"}"#, 20_000, true),
    ] {
        let body = format!(r#"{{"data":[{}]}}"#, vec![item; count].join(","));
        let (client, _) = canned(&[(200, &body)]);
        let listed = client.customers().list().send().await;
        match listed {
            Ok(page) => assert!(is_read && page.items.len() == count),
            Err(error) => {
                assert!(!is_read, "{error}");
                assert_eq!(error.kind(), ErrorKind::Decode);
                assert!(error.to_string().contains("65536 values"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn messages_and_errors_are_cut() {
    let long = "x".repeat(100_000);
    let many: serde_json::Map<_, _> = (0..1_000)
        .map(|number| {
            (
                format!("{number}{long:.1000}"),
                json!(vec![&long[..1_000]; 3]),
            )
        })
        .collect();
    for (status, body) in [
        (
            422,
            json!({"message": long, "errors": {"email": [long, long]}}),
        ),
        (
            422,
            json!({"message": [long], "errors": vec!["x".repeat(100); 5_000]}),
        ),
        (500, json!({"errors": {long.clone(): long}})),
        (400, json!({"error": long, "other": long})),
        (200, json!({"status": 0, "message": long})),
        (200, json!({"data": long})),
        (422, json!({"errors": vec![&long[..200]; 3_000]})),
        (
            422,
            json!({"errors": many.into_iter().take(300).collect::<serde_json::Map<_, _>>()}),
        ),
    ] {
        let (client, _) = canned(&[(status, &body.to_string())]);
        let error = client.customers().get("a").await.unwrap_err();
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(
                shown.len() < 16_000,
                "{status} {}: {shown:.300}",
                shown.len()
            );
        }
        let message = error.message().unwrap_or_default();
        assert!(message.chars().count() <= 510, "{status}: {message}");
    }
    // A short message stays as it is, and the key is not found by its half.
    let (client, _) = canned(&[(
        422,
        r#"{"message": "Taken.", "errors": {"email": ["Taken."]}}"#,
    )]);
    let error = client.customers().get("a").await.unwrap_err();
    assert_eq!(error.message(), Some("Taken."));
    for length in 490..510 {
        let message = json!({"message": format!("{}s3cret", "x".repeat(length))});
        let (client, _) = canned(&[(422, &message.to_string())]);
        let error = client.customers().get("a").await.unwrap_err();
        assert!(!error.to_string().contains("s3c"), "{error}");
    }
}
