//! One signed webhook for an app under development.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use tower_partnero::Event;
use tower_partnero::webhook::{WebhookSecret, WebhookVerifier};

use crate::support::{Call, json, partnero};

const SECRET: &str = "a-secret-of-the-subscription";

/// An app that verifies webhooks and keeps the events.
struct App {
    url: String,
    events: Arc<Mutex<Vec<Event>>>,
}

impl App {
    async fn run() -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&events);
        let verifier = WebhookVerifier::new(WebhookSecret::new(SECRET).unwrap());
        let receive = async move |headers: HeaderMap, body: Bytes| match verifier
            .verify(&headers, body.to_vec())
        {
            Ok(event) => {
                kept.lock().unwrap().push(event);
                (StatusCode::NO_CONTENT, "")
            }
            Err(_) => (StatusCode::UNAUTHORIZED, "who are you?\u{1b}[2J"),
        };
        let app = Router::new().fallback(receive);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await });
        Self { url, events }
    }

    fn trigger(&self, event: &str, arguments: &[&str]) -> Call {
        partnero(&[&["trigger", event, "--to", &self.url], arguments].concat())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_of_a_program_arrives_verified() {
    let app = App::run().await;
    for event in [
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "customer.rewarded",
        "customer.credited",
        "transaction.created",
        "transaction.deleted",
        "partner.created",
        "partner.archived",
    ] {
        let call = app.trigger(event, &["--json"]);
        let said = call.variable("PARTNERO_WEBHOOK_SECRET", SECRET).run();
        assert_eq!(said.code, 0, "{said:?}");
        assert_eq!(json(&said.out)["status"], 204);
        let arrived = app.events.lock().unwrap().pop().unwrap();
        assert_eq!(arrived.name(), event);
        assert!(
            arrived.created_at().is_some(),
            "{:?}",
            arrived.created_at_raw()
        );
        let customer = (!event.starts_with("partner.")).then_some("customer-1");
        assert_eq!(arrived.customer_id().as_deref(), customer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_and_secret_may_come_from_files() {
    let app = App::run().await;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (secret, data) = (path("secret", SECRET), path("data", r#"{"moon": "full"}"#));
    let said = app
        .trigger("moon.full", &["--secret-file", &secret, "--data", &data])
        .run();
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(app.events.lock().unwrap()[0].data()["moon"], "full");

    let said = app.trigger("moon.full", &["--secret-file", &secret]).run();
    assert!(
        said.code == 2 && said.err.contains("no example of \"moon.full\""),
        "{said:?}"
    );
    let broken = path("broken", "{");
    let said = app
        .trigger("moon.full", &["--secret-file", &secret, "--data", &broken])
        .run();
    assert!(
        said.code == 2 && said.err.contains("holds no JSON"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_a_failure_with_the_apps_own_words() {
    let app = App::run().await;
    let call = app.trigger("customer.created", &[]);
    let said = call.variable("PARTNERO_WEBHOOK_SECRET", "another").run();
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("answered 401") && said.err.contains("who are you?"),
        "{said:?}"
    );
    assert!(
        !said.err.contains('\u{1b}'),
        "a terminal would obey it: {said:?}"
    );
}

#[test]
fn what_is_missing_is_named() {
    let to = ["trigger", "customer.created", "--to"];
    let said = partnero(&[&to[..], &["http://127.0.0.1:9/"]].concat()).run();
    assert!(
        said.code == 2 && said.err.contains("PARTNERO_WEBHOOK_SECRET"),
        "{said:?}"
    );
    let at = |url: &str| {
        let call = partnero(&[&to[..], &[url]].concat());
        call.variable("PARTNERO_WEBHOOK_SECRET", SECRET).run()
    };
    let said = at("127.0.0.1:9");
    assert!(
        said.code == 2 && said.err.contains("--to is no address"),
        "{said:?}"
    );
    let said = at("http://127.0.0.1:9/?token=t0ken");
    assert!(
        said.code == 1 && said.err.contains("cannot be reached"),
        "{said:?}"
    );
    assert!(
        !said.err.contains("t0ken") && !said.err.contains(SECRET),
        "{said:?}"
    );
}
