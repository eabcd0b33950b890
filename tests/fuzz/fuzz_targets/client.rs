//! Partnero's answers to typed calls and lists. The first byte of input is the status, the rest are
//! the bodies of the answers, one after another, with a byte 0xff between them; the last one comes
//! for every further call.
#![no_main]

use std::sync::{LazyLock, Mutex};

use http::{Request, Response, StatusCode};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::layer::layer_fn;
use tower_partnero::client::{
    Amount, ApiKey, Body, BoxError, Buyer, Client, Error, ErrorKind, HttpService, List, Money,
    NewTransaction,
};

const KEY: &str = "s3cret";
const PAGES: usize = 5;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());
static ANSWERS: Mutex<Answers> = Mutex::new(Answers {
    status: StatusCode::OK,
    bodies: Vec::new(),
    asked: 0,
});
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let answer = |request: Request<Body>| std::future::ready(answer(&request));
    let layer = layer_fn(move |_: HttpService| tower::service_fn(answer));
    let builder = Client::builder(ApiKey::new(KEY).unwrap());
    let builder = builder.base_url("http://127.0.0.1:9/v1").layer(layer);
    builder.retries(0).build().unwrap()
});

struct Answers {
    status: StatusCode,
    bodies: Vec<Vec<u8>>,
    asked: usize,
}

/// The next answer. No answer before it can make the client ask another address than ours.
fn answer(request: &Request<Body>) -> Result<Response<Body>, BoxError> {
    assert_eq!(request.uri().authority().unwrap(), "127.0.0.1:9");
    assert_eq!(request.uri().scheme_str(), Some("http"));
    assert!(request.uri().path().starts_with("/v1/"));
    let mut answers = ANSWERS.lock().unwrap();
    let last = answers.bodies.len() - 1;
    let body = answers.bodies[answers.asked.min(last)].clone();
    answers.asked += 1;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = answers.status;
    Ok(response)
}

fuzz_target!(|data: &[u8]| {
    let (first, bodies) = data.split_first().unwrap_or((&0, &[]));
    const STATUSES: [u16; 8] = [200, 201, 204, 302, 404, 422, 429, 500];
    let status = StatusCode::from_u16(STATUSES[usize::from(*first) % 8]).unwrap();
    let bodies: Vec<_> = bodies
        .split(|byte| *byte == 0xff)
        .map(<[u8]>::to_vec)
        .collect();
    let begin = || {
        *ANSWERS.lock().unwrap() = Answers {
            status,
            bodies: bodies.clone(),
            asked: 0,
        };
    };
    begin();
    RUNTIME.block_on(async {
        money(status, &bodies[0], begin).await;
        begin();
        reads(begin).await;
        begin();
        list(CLIENT.transactions().list().key("o")).await;
        begin();
        list(CLIENT.webhooks().list()).await;
    });
});

/// A call that moves money succeeds only if the answer says so.
async fn money(status: StatusCode, body: &[u8], begin: impl Fn()) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let says = match &body["status"] {
        Value::Bool(says) => *says,
        Value::Number(says) => says.as_f64() == Some(1.0),
        Value::String(says) => says == "1" || says == "true",
        _ => false,
    };
    let is_o = |data: &Value| data["key"] == "o";
    let names = is_o(&body["data"]);
    let lists = body["data"]
        .as_array()
        .is_some_and(|items| items.iter().any(is_o));

    let sale = NewTransaction::new("o", Amount::ZERO);
    let (buyer, transactions) = (Buyer::id("b"), CLIENT.transactions());
    let made = transactions.create(&buyer, &sale).await;
    decided(made.map(drop), status, says || names);
    begin();
    let made = transactions.create_batch(&buyer, &[sale]).await;
    decided(made.map(drop), status, says || names || lists);
    begin();
    let deleted = transactions.delete("o").await;
    decided(deleted, status, says || names || status == 204);
    begin();
    let credit = Money::currency(Amount::ZERO, "EUR");
    let credited = CLIENT.customers().credit("a", &credit).await;
    decided(
        credited.map(drop),
        status,
        says || body["data"] != Value::Null,
    );
}

fn decided(result: Result<(), Error>, status: StatusCode, is_confirmed: bool) {
    match result {
        Ok(()) => assert!(is_confirmed && status.is_success()),
        Err(error) => {
            checked(&error);
            let is_refused = matches!(status.as_u16(), 404 | 422 | 429);
            assert_eq!(error.kind() == ErrorKind::Ambiguous, !is_refused);
            assert_eq!(error.is_retryable(), status == 429);
        }
    }
}

async fn reads(begin: impl Fn()) {
    let customers = CLIENT.customers();
    let read = customers.get("a").await;
    if let Ok(customer) = &read {
        assert!(!customer.raw.is_empty());
    }
    told(read);
    begin();
    told(CLIENT.transactions().get("o").await);
    begin();
    told(customers.balance("a").await);
    begin();
    told(customers.profile("a").await);
    begin();
    told(CLIENT.program().test().await);
    begin();
    told(customers.referrals("a").await);
}

/// A list ends, and no page is asked for twice.
async fn list<T: Send + 'static>(list: List<T>) {
    let mut items = list.max_pages(PAGES).stream();
    while let Some(item) = items.next().await {
        if let Err(error) = item {
            checked(&error);
            assert!(items.next().await.is_none());
        }
    }
    assert!(ANSWERS.lock().unwrap().asked <= PAGES);
}

fn told<T>(result: Result<T, Error>) {
    if let Err(error) = result {
        assert_ne!(error.kind(), ErrorKind::Ambiguous);
        checked(&error);
    }
}

/// An error is short, and does not show the key.
fn checked(error: &Error) {
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(!shown.contains(KEY), "{shown}");
        assert!(shown.len() < 120_000, "{}", shown.len());
    }
}
