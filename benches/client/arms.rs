//! The arms: the same exchange with reqwest alone and with our client.

use std::future::ready;

use http::{Request, Response};
use serde_json::{Map, Value, json};
use tower::layer::layer_fn;
use tower_partnero::Client;
use tower_partnero::client::{ApiKey, Body, BoxError, ClientBuilder, HttpService, NewCustomer};

use crate::server::{PAGE, Server, customer};
use crate::work::{Calls, Work};

pub(crate) struct Arm {
    pub(crate) name: &'static str,
    pub(crate) baseline: Option<&'static str>,
    pub(crate) work: fn() -> Box<dyn Work>,
}

const GET: &str = "GET by reqwest, JSON read";
const POST: &str = "POST by reqwest, JSON read";
const LIST: &str = "100 customers by reqwest, JSON read";
const READ: &str = "that JSON alone";

pub(crate) fn arms() -> Vec<Arm> {
    let arm = |name, baseline, work| Arm {
        name,
        baseline,
        work,
    };
    vec![
        arm(GET, None, bare_get),
        arm("customers().get", Some(GET), get),
        arm("customers().get, no retries", Some(GET), get_once),
        arm(POST, None, bare_post),
        arm("customers().create", Some(POST), create),
        arm(LIST, None, bare_list),
        arm("customers().list", Some(LIST), list),
        arm(READ, None, json_alone),
        arm("customers().get, a layer answers", Some(READ), answered),
    ]
}

fn reqwest() -> reqwest::Client {
    reqwest::Client::new()
}

fn builder(base_url: &str) -> ClientBuilder {
    let key = ApiKey::new("bench-key").expect("a key");
    Client::builder(key).base_url(base_url)
}

fn fields(answer: &[u8]) -> usize {
    let answer: Map<String, Value> = serde_json::from_slice(answer).expect("JSON");
    match &answer["data"] {
        Value::Array(items) => items.len(),
        data => usize::from(data["id"] == "user-00007"),
    }
}

async fn exchange(request: reqwest::RequestBuilder) -> usize {
    let request = request
        .bearer_auth("bench-key")
        .header("accept", "application/json");
    let answer = request.send().await.expect("an answer");
    fields(&answer.bytes().await.expect("a body"))
}

fn bare_get() -> Box<dyn Work> {
    let (server, http) = (Server::start(), reqwest());
    Box::new(Calls::new(1, async move || {
        exchange(http.get(format!("{}/customers/user-00007", server.base_url))).await
    }))
}

fn bare_post() -> Box<dyn Work> {
    let (server, http) = (Server::start(), reqwest());
    Box::new(Calls::new(1, async move || {
        let body = json!({"id": "user-00007", "email": "user-00007@shop.example", "name": "Anna"});
        exchange(
            http.post(format!("{}/customers", server.base_url))
                .json(&body),
        )
        .await
    }))
}

fn bare_list() -> Box<dyn Work> {
    let (server, http) = (Server::start(), reqwest());
    Box::new(Calls::new(PAGE, async move || {
        exchange(http.get(format!("{}/customers?limit=100&page=1", server.base_url))).await
    }))
}

async fn found(client: &Client) -> usize {
    let customer = client
        .customers()
        .get("user-00007")
        .await
        .expect("an answer");
    usize::from(customer.id.as_deref() == Some("user-00007"))
}

fn get() -> Box<dyn Work> {
    let server = Server::start();
    let client = builder(&server.base_url).build().expect("a client");
    Box::new(Calls::new(1, async move || {
        let _alive = &server;
        found(&client).await
    }))
}

fn get_once() -> Box<dyn Work> {
    let server = Server::start();
    let client = builder(&server.base_url).retries(0).build();
    let client = client.expect("a client");
    Box::new(Calls::new(1, async move || {
        let _alive = &server;
        found(&client).await
    }))
}

fn create() -> Box<dyn Work> {
    let server = Server::start();
    let client = builder(&server.base_url).build().expect("a client");
    Box::new(Calls::new(1, async move || {
        let _alive = &server;
        let new = NewCustomer::new("user-00007")
            .email("user-00007@shop.example")
            .name("Anna");
        let customer = client.customers().create(&new).await.expect("an answer");
        usize::from(customer.id.as_deref() == Some("user-00007"))
    }))
}

fn list() -> Box<dyn Work> {
    let server = Server::start();
    let client = builder(&server.base_url).build().expect("a client");
    Box::new(Calls::new(PAGE, async move || {
        let _alive = &server;
        let page = client.customers().list().send().await.expect("an answer");
        page.items.len()
    }))
}

fn json_alone() -> Box<dyn Work> {
    let body = format!(r#"{{"data":{},"status":1}}"#, customer(7));
    Box::new(Calls::new(1, async move || fields(body.as_bytes())))
}

/// Our own part without any network.
fn answered() -> Box<dyn Work> {
    let body = Body::from(format!(r#"{{"data":{},"status":1}}"#, customer(7)));
    let answer = move |_: Request<Body>| ready(Ok::<_, BoxError>(Response::new(body.clone())));
    let layer = layer_fn(move |_: HttpService| tower::service_fn(answer.clone()));
    let client = builder("http://127.0.0.1:9/v1").layer(layer).build();
    let client = client.expect("a client");
    Box::new(Calls::new(1, async move || found(&client).await))
}
