//! What a call costs with our client, over one that makes the same exchange and reads the same
//! JSON with reqwest alone. And how much memory a long list takes that is read as a stream.
//!
//! The server is a process of its own, so that its work is not counted. Each call is awaited to its
//! end on the current thread.

mod server;

use std::future::ready;

use http::{Request, Response};
use serde_json::{Map, Value, json};
use tokio::runtime::Builder;
use tower::layer::layer_fn;
use tower_partnero::Client;
use tower_partnero::client::{ApiKey, Body, BoxError, ClientBuilder, HttpService, NewCustomer};

use self::server::{CUSTOMERS, PAGE, one_customer};
use crate::harness::{Arm, Http, Served, Server, Target, Work, does};

const GET: &str = "GET by reqwest, JSON read";
const POST: &str = "POST by reqwest, JSON read";
const LIST: &str = "100 customers by reqwest, JSON read";
const READ: &str = "that JSON alone";
const STREAM: &str = "1,000 customers as a stream";

pub(crate) fn arms() -> Vec<Arm> {
    let stream = |name, customers| Arm::new(name, move || stream(customers)).long();
    let mut arms = vec![
        Arm::new(GET, || {
            bare(1, |http, url| {
                http.get(format!("{url}/customers/user-00007"))
            })
        }),
        Arm::new("customers().get", || get(Client::builder)).over(GET),
        Arm::new("customers().get, no retries", || {
            get(|key| Client::builder(key).retries(0))
        })
        .over(GET),
        Arm::new(POST, || {
            let body =
                json!({"id": "user-00007", "email": "user-00007@shop.example", "name": "Anna"});
            bare(1, move |http, url| {
                http.post(format!("{url}/customers")).json(&body)
            })
        }),
        Arm::new("customers().create", create).over(POST),
        Arm::new(LIST, || {
            bare(PAGE, |http, url| {
                http.get(format!("{url}/customers?limit=100&page=1"))
            })
        }),
        Arm::new("customers().list", list).over(LIST),
        Arm::new(READ, || {
            let body = one_customer();
            does(1, || (), move |()| fields(body.as_bytes()))
        }),
        Arm::new("customers().get, a layer answers", answered).over(READ),
        stream("100 customers as a stream", PAGE),
        stream(STREAM, CUSTOMERS / 10),
        // A stream keeps only a fingerprint of each page, and hyper reads more or less at once from
        // run to run. A stream that kept its customers would need ten times as much.
        stream("10,000 customers as a stream", CUSTOMERS)
            .over(STREAM)
            .target(Target::Peak { most: 1.1 }),
    ];
    arms[9].opens_a_group = true;
    arms
}

/// The server in Partnero's place; it is not put under load.
pub(crate) fn served() -> Vec<Served> {
    vec![Served {
        group: "Partnero",
        name: "the same answers",
        http: Http::One,
        request: String::new(),
        app: Box::new(server::app),
    }]
}

fn partnero() -> Server {
    Server::start("client", 0).expect("a process that answers")
}

fn url(server: &Server) -> String {
    format!("http://{}/v1", server.address)
}

/// Calls whose futures return how many things they found.
fn calls(expected: usize, mut call: impl AsyncFnMut() -> usize) -> impl Work {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    does(expected, || (), move |()| runtime.block_on(call()))
}

fn client(server: &Server, builder: impl Fn(ApiKey) -> ClientBuilder) -> Client {
    let builder = builder(ApiKey::new("bench-key").expect("a key"));
    builder.base_url(url(server)).build().expect("a client")
}

fn fields(answer: &[u8]) -> usize {
    let answer: Map<String, Value> = serde_json::from_slice(answer).expect("JSON");
    match &answer["data"] {
        Value::Array(items) => items.len(),
        data => usize::from(data["id"] == "user-00007"),
    }
}

fn bare(
    expected: usize,
    request: impl Fn(&reqwest::Client, &str) -> reqwest::RequestBuilder,
) -> impl Work {
    let (server, http) = (partnero(), reqwest::Client::new());
    calls(expected, async move || {
        let request = request(&http, &url(&server)).bearer_auth("bench-key");
        let answer = request.header("accept", "application/json").send().await;
        fields(&answer.expect("an answer").bytes().await.expect("a body"))
    })
}

async fn found(client: &Client) -> usize {
    let customer = client
        .customers()
        .get("user-00007")
        .await
        .expect("an answer");
    usize::from(customer.id.as_deref() == Some("user-00007"))
}

fn get(builder: impl Fn(ApiKey) -> ClientBuilder) -> impl Work {
    let server = partnero();
    let client = client(&server, builder);
    calls(1, async move || {
        let _alive = &server;
        found(&client).await
    })
}

fn create() -> impl Work {
    let server = partnero();
    let client = client(&server, Client::builder);
    calls(1, async move || {
        let _alive = &server;
        let new = NewCustomer::new("user-00007")
            .email("user-00007@shop.example")
            .name("Anna");
        let customer = client.customers().create(&new).await.expect("an answer");
        usize::from(customer.id.as_deref() == Some("user-00007"))
    })
}

fn list() -> impl Work {
    let server = partnero();
    let client = client(&server, Client::builder);
    calls(PAGE, async move || {
        let _alive = &server;
        let page = client.customers().list().send().await.expect("an answer");
        page.items.len()
    })
}

/// Our own part without any network.
fn answered() -> impl Work {
    let body = Body::from(one_customer());
    let answer = move |_: Request<Body>| ready(Ok::<_, BoxError>(Response::new(body.clone())));
    let layer = layer_fn(move |_: HttpService| tower::service_fn(answer.clone()));
    let key = ApiKey::new("bench-key").expect("a key");
    let client = Client::builder(key)
        .base_url("http://127.0.0.1:9/v1")
        .layer(layer)
        .build();
    let client = client.expect("a client");
    calls(1, async move || found(&client).await)
}

fn stream(customers: usize) -> impl Work {
    let server = partnero();
    let client = client(&server, Client::builder);
    calls(customers, async move || {
        let _alive = &server;
        let mut stream = client.customers().list().stream();
        for _ in 0..customers {
            stream.next().await.expect("a customer").expect("an answer");
        }
        if customers == CUSTOMERS {
            assert!(stream.next().await.is_none(), "that was all");
        }
        customers
    })
}
