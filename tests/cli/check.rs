//! What Partnero knows of the app.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use tower_partnero::client::NewWebhook;
use tower_partnero::{ApiKey, Client, Sandbox};

use crate::support::{Call, json, partnero};

fn check(sandbox: &Sandbox, arguments: &[&str]) -> Call {
    partnero(&[&["check", "--json"], arguments].concat()).at(sandbox)
}

/// The result of one check: a word and a text.
fn result(out: &str, about: &str) -> (String, String) {
    let lines: Vec<Value> = out.lines().map(json).collect();
    let line = lines.iter().find(|line| line["check"] == about);
    let line = line.unwrap_or_else(|| panic!("nothing about {about}: {out}"));
    let text = |field: &str| line[field].as_str().unwrap().to_owned();
    (text("result"), text("text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_right() {
    let sandbox = Sandbox::start().await.unwrap();
    let said = check(&sandbox, &[]).run();
    assert_eq!(said.code, 0, "{said:?}");
    for (about, word) in [
        ("key", "right"),
        ("program", "right"),
        ("webhooks", "note"),
        ("clock", "right"),
    ] {
        assert_eq!(result(&said.out, about).0, word, "{said:?}");
    }
    assert!(result(&said.out, "key").1.contains("SANDBOX1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_another_type_is_a_problem() {
    let sandbox = Sandbox::start().await.unwrap();
    let said = check(&sandbox, &["--affiliate"]).run();
    let (word, text) = result(&said.out, "program");
    assert!(said.code == 3 && word == "problem", "{said:?}");
    assert!(text.contains("leave out --affiliate"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_may_come_from_a_file_and_is_never_printed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    std::fs::write(&file, "sandbox-api-key\n").unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let arguments = ["check", "--key-file", file.to_str().unwrap()];
    let call = partnero(&arguments).variable("PARTNERO_BASE_URL", &sandbox.base_url());
    let said = call.run();
    assert_eq!(said.code, 0, "{said:?}");
    assert!(!said.out.contains("sandbox-api-key"), "{said:?}");

    std::fs::write(&file, "\n").unwrap();
    let said = call.run();
    assert!(said.code == 2 && said.err.contains("is empty"), "{said:?}");
    std::fs::write(&file, "another-key").unwrap();
    let said = call.run();
    assert!(
        said.code == 3 && said.out.contains("does not accept"),
        "{said:?}"
    );
    assert!(!said.out.contains("another-key"), "{said:?}");
    std::fs::write(&file, "a key that cannot be one").unwrap();
    let said = call.run();
    assert!(
        said.code == 2 && !said.err.contains("that cannot"),
        "{said:?}"
    );
}

#[test]
fn a_missing_key_is_named() {
    let said = partnero(&["check"]).run();
    assert!(
        said.code == 2 && said.err.contains("PARTNERO_API_KEY"),
        "{said:?}"
    );
    assert!(said.err.contains("--key-file"), "{said:?}");
    let said = partnero(&["check", "--key-file", "/nowhere/key"]).run();
    assert!(
        said.code == 1 && said.err.contains("/nowhere/key cannot be read"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_subscription_to_the_app_is_looked_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let here = "http://127.0.0.1:9/webhooks?token=t0ken";
    let said = check(&sandbox, &["--webhook", here]).run();
    let (word, text) = result(&said.out, "webhooks");
    assert!(said.code == 3 && word == "problem", "{said:?}");
    assert!(
        text.contains("no subscription leads to http://127.0.0.1:9/webhooks"),
        "{text}"
    );

    let key = ApiKey::new(sandbox.api_key()).unwrap();
    let client = Client::builder(key)
        .base_url(sandbox.base_url())
        .build()
        .unwrap();
    let webhook = NewWebhook::new("app", here, ["customer.rewarded"]).key("app");
    let made = client.webhooks().create(&webhook).await.unwrap();
    for arguments in [&["--webhook", here][..], &[]] {
        let said = check(&sandbox, arguments).run();
        let (word, text) = result(&said.out, "webhooks");
        assert!(said.code == 0 && word == "right", "{said:?}");
        assert!(
            text.contains("customer.rewarded to http://127.0.0.1:9/webhooks"),
            "{text}"
        );
        for secret in ["t0ken", made.signature.as_deref().unwrap()] {
            assert!(!said.out.contains(secret), "{said:?}");
        }
    }

    let off = tower_partnero::client::WebhookUpdate::new().is_active(false);
    client.webhooks().update("app", &off).await.unwrap();
    let said = check(&sandbox, &["--webhook", here]).run();
    let (word, text) = result(&said.out, "webhooks");
    assert!(
        said.code == 3 && word == "problem" && text.contains("switched off"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn partnero_that_cannot_be_reached_says_nothing_about_the_set_up() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.go_down().await;
    let said = check(&sandbox, &[]).run();
    assert!(said.code == 1 && said.out.is_empty(), "{said:?}");
    assert!(said.err.contains("could not connect"), "{said:?}");
}

/// A server whose clock is an hour behind stands for a machine whose clock is an hour ahead.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_a_problem() {
    let app = axum::Router::new().fallback(async || {
        let then = SystemTime::now() - Duration::from_secs(3_600);
        let answer = r#"{"status": 1, "data": {"program": {"pub_id": "P"}}}"#;
        let date = httpdate::fmt_http_date(then);
        (
            [
                ("date", date),
                ("content-type", "application/json".to_owned()),
            ],
            answer,
        )
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    let call = partnero(&["check", "--json", "--base-url", &url]);
    let said = call.variable("PARTNERO_API_KEY", "k").run();
    let (word, text) = result(&said.out, "clock");
    assert!(said.code == 3 && word == "problem", "{said:?}");
    assert!(text.contains("ahead of Partnero's time"), "{text}");
    let (word, text) = result(&said.out, "program");
    assert!(
        word == "note" && text.contains("does not say which type"),
        "{said:?}"
    );
}

/// A small container often has none. The operating system's TLS notices it at the first call.
#[cfg(all(target_os = "linux", not(feature = "native-tls")))]
#[test]
fn missing_root_certificates_are_named() {
    let said = partnero(&["check", "--base-url", "https://127.0.0.1:9/v1"])
        .variable("PARTNERO_API_KEY", "k")
        .variable("SSL_CERT_FILE", "/dev/null")
        .variable("SSL_CERT_DIR", "/dev/null")
        .run();
    assert!(
        said.code == 2 && said.err.contains("install the package `ca-certificates`"),
        "{said:?}"
    );
}

/// A sandbox and an app under development speak `http`.
#[tokio::test(flavor = "multi_thread")]
async fn an_http_address_needs_no_root_certificates() {
    let sandbox = Sandbox::start().await.unwrap();
    let said = partnero(&["check"])
        .at(&sandbox)
        .variable("SSL_CERT_FILE", "/dev/null")
        .variable("SSL_CERT_DIR", "/dev/null")
        .run();
    assert_eq!(said.code, 0, "{said:?}");
    let said = partnero(&["trigger", "customer.rewarded", "--to", &sandbox.page_url()])
        .variable("PARTNERO_WEBHOOK_SECRET", "secret")
        .variable("SSL_CERT_FILE", "/dev/null")
        .variable("SSL_CERT_DIR", "/dev/null")
        .run();
    assert!(said.err.contains("the app answered"), "{said:?}");
}
