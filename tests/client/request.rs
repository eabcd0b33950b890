use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_partnero::client::ErrorKind;
use tower_partnero::sandbox::Fault;

use crate::support::{Partnero, canned};

#[derive(Debug, Deserialize, PartialEq)]
struct Customer {
    id: String,
}

#[tokio::test]
async fn any_path_has_the_key_the_errors_and_the_limits() {
    let partnero = Partnero::with_anna_and_ben().await;
    let client = &partnero.client;
    let anna: Customer = client
        .request(Method::GET, "/customers/a")
        .send()
        .await
        .unwrap();
    assert_eq!(anna.id, "a");
    let made: Customer = client
        .request(Method::POST, "/customers")
        .json(&json!({"id": "c", "email": "c@shop.example"}))
        .send()
        .await
        .unwrap();
    assert_eq!(made.id, "c");
    let list = client
        .request(Method::GET, "/customers")
        .query("limit", "10")
        .query("refer_status", "referred")
        .send_envelope()
        .await
        .unwrap();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert!(list.contains_key("links") && list.contains_key("meta"));

    let missing = client
        .request(Method::GET, "/customers/x")
        .send::<Customer>()
        .await;
    let missing = missing.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert!(
        missing.to_string().contains("GET /customers..."),
        "{missing}"
    );
    let odd = client
        .request(Method::GET, "/customers/a")
        .send::<Vec<u8>>()
        .await;
    assert_eq!(odd.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn only_what_is_marked_is_repeated() {
    let partnero = Partnero::with_anna_and_ben().await;
    let put = || {
        let body = json!({"update": {"name": "Anne"}});
        partnero
            .client
            .request(Method::PUT, "/customers/a")
            .json(&body)
    };
    partnero.sandbox.inject(Fault::cut_after().times(2));
    let error = put().send::<Value>().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Ambiguous, 1));
    assert!(put().repeatable(true).send::<Value>().await.is_ok());
    assert_eq!(partnero.asked(&Method::PUT, "/v1/customers/a"), 3);
}

#[tokio::test]
async fn a_path_that_leaves_the_address_is_never_sent() {
    let (client, asked) = canned(&[(200, "{}")]);
    for path in [
        "https://evil.example/",
        "//evil.example/",
        "/../admin",
        "/%2e%2e/admin",
        "@evil.example/",
        "customers",
        "/customers?x=1",
        "",
    ] {
        let error = client
            .request(Method::GET, path)
            .send::<Value>()
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::InvalidInput, 0),
            "{path}"
        );
    }
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_program_is_asked() {
    let partnero = Partnero::start().await;
    let program = partnero.client.program();
    assert_eq!(
        program.test().await.unwrap().pub_id.as_deref(),
        Some("SANDBOX1")
    );
    let overview = program.overview().await.unwrap();
    assert_eq!(overview.cookie_lifetime_days, Some(30));
    assert_eq!(overview.currency.as_deref(), Some("USD"));
}
