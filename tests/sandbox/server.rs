//! The sandbox as a server: its port, its key, its log, its faults.

use std::time::{Duration, Instant};

use crate::support::{Partnero, until};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Method};
use serde_json::{Value, json};
use tower_partnero::Sandbox;
use tower_partnero::sandbox::Fault;

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
async fn only_the_right_bearer_token_is_let_in() {
    let sandbox = Sandbox::builder().api_key("secret").start().await.unwrap();
    let url = format!("{}/customers/x", sandbox.base_url());
    for (authorization, expected) in [
        (None, 401),
        (Some("Bearer wrong"), 401),
        (Some("Basic secret"), 401),
        (Some("secret"), 401),
        (Some("Bearer secret"), 404),
        (Some("bearer secret"), 404),
    ] {
        let mut request = reqwest::Client::new().get(&url);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), expected, "{authorization:?}");
        let body: Value = response.json().await.unwrap();
        assert!(body["message"].is_string());
    }
}

#[tokio::test]
async fn what_it_does_not_know_is_404_and_405() {
    let partnero = Partnero::start().await;
    assert_eq!(partnero.get("/nothing").await.0, 404);
    let (status, error) = partnero.delete("/customers/a/referrals").await;
    assert_eq!(status, 405);
    assert!(error["message"].is_string());
}

#[tokio::test]
async fn requests_are_logged_in_order() {
    let partnero = Partnero::start().await;
    partnero.post("/customers", json!({ "id": "a" })).await;
    partnero.get("/customers/b?x=1").await;
    let requests = partnero.sandbox.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].method, Method::POST);
    assert_eq!(requests[0].path, "/v1/customers");
    assert_eq!(requests[0].body, json!({ "id": "a" }));
    assert_eq!(requests[0].status.unwrap(), 200);
    assert_eq!(requests[1].path, "/v1/customers/b?x=1");
    assert_eq!(requests[1].body, Value::Null);
    assert_eq!(requests[1].status.unwrap(), 404);
    assert!(requests[0].received_at <= requests[1].received_at);
}

#[tokio::test]
async fn a_taken_port_is_an_error_and_a_dropped_sandbox_frees_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let port = sandbox.port();
    let error = Sandbox::builder().port(port).start().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);

    let clone = sandbox.clone();
    drop(sandbox);
    assert!(Sandbox::builder().port(port).start().await.is_err());
    drop(clone);
    let is_free = async || Sandbox::builder().port(port).start().await.is_ok();
    until("the port", is_free).await;
}

#[tokio::test]
async fn going_down_refuses_connections_and_keeps_what_it_knows() {
    let partnero = Partnero::start().await;
    partnero.post("/customers", json!({ "id": "a" })).await;
    partnero.sandbox.inject(Fault::hang_after().times(1));
    let waiting = tokio::spawn(partnero.request("GET", "/customers/a").send());
    let has_come = async || partnero.sandbox.requests().len() == 2;
    until("the request", has_come).await;

    partnero.sandbox.go_down().await;
    partnero.sandbox.go_down().await;
    assert!(waiting.await.unwrap().is_err(), "open connections are cut");
    for _ in 0..3 {
        let error = partnero
            .request("GET", "/customers/a")
            .send()
            .await
            .unwrap_err();
        assert!(error.is_connect(), "{error:?}");
    }

    let port = partnero.sandbox.port();
    partnero.sandbox.come_back().await.unwrap();
    partnero.sandbox.come_back().await.unwrap();
    assert_eq!(partnero.sandbox.port(), port);
    assert_eq!(partnero.get("/customers/a").await.0, 200);
}

#[tokio::test]
async fn a_status_fault_has_no_effect_unless_told_so() {
    let partnero = Partnero::start().await;
    partnero.sandbox.inject(Fault::status(503).times(1));
    let (status, error) = partnero.post("/customers", json!({ "id": "a" })).await;
    assert_eq!(
        (status, &error["message"]),
        (503, &json!("Service Unavailable"))
    );
    assert!(partnero.sandbox.customers().is_empty());

    partnero
        .sandbox
        .inject(Fault::status(503).after_effect().times(1));
    assert_eq!(
        partnero.post("/customers", json!({ "id": "a" })).await.0,
        503
    );
    assert_eq!(partnero.sandbox.customers().len(), 1);
    assert_eq!(partnero.sandbox.requests()[1].status.unwrap(), 503);

    partnero.sandbox.inject(Fault::status(42));
    assert_eq!(partnero.get("/customers/a").await.0, 500);
    partnero.sandbox.clear_faults();
    assert_eq!(partnero.get("/customers/a").await.0, 200);
}

#[tokio::test]
async fn an_answer_fault_brings_its_own_body_and_headers() {
    let partnero = Partnero::start().await;
    let page = Fault::answer(502, "<html>bad gateway</html>", "text/html")
        .header(RETRY_AFTER, 7)
        .header(RETRY_AFTER, HeaderValue::from_static("8"))
        .on(Method::GET, "/v1/customers/");
    partnero.sandbox.inject(page);
    let response = partnero
        .request("GET", "/customers/a")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["content-type"], "text/html");
    let retry_after: Vec<_> = response.headers().get_all("retry-after").iter().collect();
    assert_eq!(retry_after, ["7", "8"]);
    assert_eq!(response.text().await.unwrap(), "<html>bad gateway</html>");
    assert_eq!(partnero.post("/customers", json!({})).await.0, 200);
}

#[tokio::test]
async fn connections_are_cut_before_and_after_the_effect() {
    let partnero = Partnero::start().await;
    partnero.sandbox.inject(Fault::cut_before().times(1));
    let create = |id: &str| {
        partnero
            .request("POST", "/customers")
            .json(&json!({ "id": id }))
    };
    assert!(create("a").send().await.is_err());
    assert!(partnero.sandbox.customers().is_empty());

    partnero.sandbox.inject(Fault::cut_after().times(1));
    assert!(create("a").send().await.is_err());
    assert_eq!(partnero.sandbox.customers().len(), 1);
    assert_eq!(partnero.sandbox.requests()[1].status, None);
    assert_eq!(partnero.get("/customers/a").await.0, 200);
}

#[tokio::test]
async fn a_hang_has_its_effect_and_no_answer() {
    let partnero = Partnero::start().await;
    partnero.sandbox.inject(Fault::hang_after().times(1));
    let create = partnero
        .request("POST", "/customers")
        .json(&json!({ "id": "a" }));
    let error = create.timeout(4 * SOON).send().await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    let has_effect = async || partnero.sandbox.customers().len() == 1;
    until("the effect", has_effect).await;
}

#[tokio::test]
async fn a_delayed_request_takes_effect_even_if_nobody_waits() {
    let partnero = Partnero::start().await;
    partnero.sandbox.inject(Fault::delay(6 * SOON).times(2));
    let begun = Instant::now();
    assert_eq!(partnero.get("/customers/a").await.0, 404);
    assert!(begun.elapsed() >= 6 * SOON);

    let create = partnero
        .request("POST", "/customers")
        .json(&json!({ "id": "a" }));
    assert!(create.timeout(SOON).send().await.unwrap_err().is_timeout());
    assert!(partnero.sandbox.customers().is_empty());
    let has_effect = async || partnero.sandbox.customers().len() == 1;
    until("the effect", has_effect).await;
}

#[tokio::test]
async fn every_n_th_request_fails() {
    let partnero = Partnero::start().await;
    partnero
        .sandbox
        .inject(Fault::status(429).every(3).times(2));
    let mut statuses = Vec::new();
    for _ in 0..10 {
        statuses.push(partnero.get("/customers/a").await.0);
    }
    assert_eq!(statuses, [404, 404, 429, 404, 404, 429, 404, 404, 404, 404]);
}

#[tokio::test]
async fn debug_does_not_show_the_key() {
    let builder = Sandbox::builder().api_key("top-secret");
    assert!(!format!("{builder:?}").contains("top-secret"));
    let sandbox = builder.start().await.unwrap();
    assert!(!format!("{sandbox:?}").contains("top-secret"));
}
