use std::error::Error as _;
use std::time::Duration;

use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderValue, Method};
use tower_partnero::client::{
    Amount, ApiKey, Buyer, Client, ErrorKind, NewCustomer, NewTransaction, Transaction,
};
use tower_partnero::sandbox::Fault;

use crate::support::{Partnero, builder_for, canned};

#[tokio::test]
async fn an_error_keeps_status_message_fields_and_wait() {
    let partnero = Partnero::with_anna_and_ben().await;
    for (status, kind) in [
        (400, ErrorKind::Rejected),
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::Unauthorized),
        (404, ErrorKind::NotFound),
        (405, ErrorKind::Rejected),
        (409, ErrorKind::Conflict),
        (422, ErrorKind::Invalid),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
    ] {
        let body = r#"{"message": "No.", "errors": {"email": ["Taken.", "Odd."]}, "status": 0}"#;
        let fault = Fault::answer(status, body, "application/json").header(RETRY_AFTER, 99);
        partnero.sandbox.inject(fault);
        let error = partnero.client.customers().get("a").await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.status().unwrap(), status);
        assert_eq!(error.message(), Some("No."));
        assert_eq!(error.field_errors()[0].field, "email");
        assert_eq!(error.field_errors()[0].messages, ["Taken.", "Odd."]);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(99)));
        let text = error.to_string();
        assert!(text.starts_with("GET /customers/{id} "), "{text}");
        assert!(text.contains("No.; email: Taken., Odd."), "{text}");
        partnero.sandbox.clear_faults();
    }
}

#[tokio::test]
async fn html_and_cut_answers_show_how_they_begin() {
    let (client, _) = canned(&[(502, "<html>bad gateway of s3cret</html>")]);
    let error = client.customers().get("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(
        error
            .message()
            .unwrap()
            .contains("<html>bad gateway of [redacted]")
    );
    let (client, _) = canned(&[(200, r#"{"data": {"key": "k", "signature": "abcd1234"#)]);
    let error = client.webhooks().get("k").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("signature") && !shown.contains("abcd"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_success_without_data_is_not_found() {
    for body in [
        r#"{"status": 1}"#,
        r#"{"data": []}"#,
        r#"{"data": {}}"#,
        r#"{"data": null}"#,
    ] {
        let (client, _) = canned(&[(200, body)]);
        let error = client.customers().get("a").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{body}");
        // What was to be made may be there.
        let error = client.customers().create(&NewCustomer::new("a")).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Decode, "{body}");
    }
    // A confirmed success is enough, and no reason to record a sale twice.
    let (client, _) = canned(&[(200, r#"{"status": 1}"#)]);
    let sale = NewTransaction::new("o", Amount::ZERO);
    let sale = client.transactions().create(&Buyer::id("a"), &sale).await;
    assert_eq!(sale.unwrap(), Transaction::default());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let partnero = Partnero::with_anna_and_ben().await;
    for status in [301, 302, 303, 307, 308] {
        let there = HeaderValue::from_str(&format!("{}/test", partnero.sandbox.base_url()));
        let fault = Fault::status(status).header(LOCATION, there.unwrap());
        partnero
            .sandbox
            .inject(fault.on(Method::GET, "/v1/customers").times(1));
        let error = partnero.client.customers().get("a").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.status().unwrap(), status);
    }
    assert_eq!(partnero.asked(&Method::GET, "/v1/test"), 0);
}

#[tokio::test]
async fn a_wrong_key_and_a_closed_door_are_told_apart() {
    let partnero = Partnero::start().await;
    let wrong = Client::builder(ApiKey::new("wr0ng").unwrap())
        .base_url(partnero.sandbox.base_url())
        .build()
        .unwrap();
    let error = wrong.program().test().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(!error.is_retryable());
    partnero.sandbox.go_down().await;
    let error = partnero.client.program().test().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.source().is_some());
}

/// A base URL with a wrong path, and a closed port.
#[tokio::test]
async fn an_error_names_the_address_and_what_the_network_said() {
    let partnero = Partnero::start().await;
    let base_url = partnero.sandbox.base_url();
    let of = |base_url: String| {
        Client::builder(ApiKey::new(partnero.sandbox.api_key()).unwrap())
            .base_url(base_url)
            .retries(0)
            .build()
            .unwrap()
    };
    let wrong_path = base_url.replace("/v1", "/v7");
    let error = of(wrong_path.clone()).program().test().await.unwrap_err();
    assert!(error.to_string().contains(&wrong_path), "{error}");

    partnero.sandbox.go_down().await;
    let error = of(base_url.clone()).program().test().await.unwrap_err();
    let text = error.to_string();
    let start = format!("GET /test at {base_url} could not connect after ");
    assert!(text.starts_with(&start), "{text}");
    assert!(text.contains(": Connection refused"), "{text}");
}

/// Nothing of the address in the path, whichever way the call ends.
#[tokio::test]
async fn an_error_does_not_say_who_was_asked_for() {
    let partnero = Partnero::start().await;
    let get = || partnero.client.customers().get("anna@shop.example");
    let mut errors = vec![get().await.unwrap_err()];
    partnero.sandbox.inject(Fault::cut_before());
    errors.push(get().await.unwrap_err());
    partnero.sandbox.go_down().await;
    errors.push(get().await.unwrap_err());
    for error in errors {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("anna"), "{shown}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    let partnero = Partnero::with_anna_and_ben().await;
    let client = builder_for(&partnero.sandbox)
        .largest_answer(1_024)
        .build()
        .unwrap();
    let answer = |length: usize| {
        let (start, end) = (r#"{"data": {"id": ""#, r#""}}"#);
        let id = "x".repeat(length - start.len() - end.len());
        let fault = Fault::answer(200, format!("{start}{id}{end}"), "application/json");
        partnero.sandbox.clear_faults();
        partnero.sandbox.inject(fault);
    };
    answer(1_024);
    assert!(client.customers().get("a").await.is_ok());
    answer(1_025);
    let error = client.customers().get("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().unwrap().contains("larger than 1024 bytes"));
    assert_eq!(error.status().unwrap(), 200);

    answer(1 << 20);
    assert!(partnero.client.customers().get("a").await.is_ok());
    answer((1 << 20) + 1);
    let error = partnero.client.customers().get("a").await.unwrap_err();
    assert!(
        error
            .message()
            .unwrap()
            .contains("larger than 1048576 bytes")
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_shows_its_status_and_how_it_begins() {
    let partnero = Partnero::with_anna_and_ben().await;
    partnero.sandbox.inject(Fault::cut_inside());
    let error = partnero.client.customers().get("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(error.status().unwrap(), 200);
    let message = error.message().unwrap();
    assert!(
        message.contains("breaks off") && message.contains("data"),
        "{message}"
    );
    assert!(!message.to_lowercase().contains("anna"), "{message}");
}
