//! The numbers themselves.

use std::time::Duration;

use http::Request;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tower::{Layer, ServiceExt, service_fn};
use tower_partnero::client::CustomerRef;
use tower_partnero::sandbox::Fault;
use tower_partnero::{
    ApiKey, Client, DeliveryWorker, NewCustomer, Outbox, Referrals, Sandbox, Signups,
};

fn recorder() -> (PrometheusRecorder, PrometheusHandle) {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    (recorder, handle)
}

fn client(sandbox: &Sandbox) -> Client {
    let key = ApiKey::new(sandbox.api_key()).unwrap();
    let client = Client::builder(key).base_url(sandbox.base_url()).retries(0);
    client.build().unwrap()
}

/// Whether the exporter tells exactly this.
fn tells(told: &str, line: &str) -> bool {
    told.lines().any(|told| told == line)
}

/// Waits for a line: a worker tells its numbers by itself.
async fn told(handle: &PrometheusHandle, line: &str) {
    let wait = async {
        while !tells(&handle.render(), line) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
    assert!(waited.is_ok(), "no {line:?} in:\n{}", handle.render());
}

/// Sends a request through the layer.
async fn visit(referrals: &Referrals, uri: &str) {
    let answer = service_fn(async |_: Request<()>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(()))
    });
    let request = Request::get(uri)
        .header("host", "shop.example")
        .body(())
        .unwrap();
    referrals
        .layer()
        .layer(answer)
        .oneshot(request)
        .await
        .unwrap();
}

#[tokio::test]
async fn requests_with_a_link_are_counted_by_outcome() {
    let (recorder, handle) = recorder();
    let _scope = metrics::set_default_local_recorder(&recorder);
    let referrals = Referrals::builder().build().unwrap();
    for uri in ["/", "/?ref=anna-7", "/?ref=anna-7", "/?page=2", "/?ref=%00"] {
        visit(&referrals, uri).await;
    }
    let told = handle.render();
    assert!(
        tells(&told, r#"partnero_captures_total{outcome="captured"} 2"#),
        "{told}"
    );
    assert_eq!(
        told.matches("partnero_captures_total{").count(),
        2,
        "{told}"
    );
    assert!(told.contains(r#"outcome="ignored""#), "{told}");
}

#[tokio::test]
async fn calls_and_registrations_are_counted_by_outcome() {
    let (recorder, handle) = recorder();
    let _scope = metrics::set_default_local_recorder(&recorder);
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let referrals = Referrals::builder().build().unwrap();
    visit(&referrals, "/").await;
    let signups = Signups::new(referrals, client.clone());
    let sign_up = async |customer: NewCustomer| {
        let (parts, ()) = Request::post("/signup").body(()).unwrap().into_parts();
        signups.hook(&parts).unwrap().sign_up(customer).await
    };
    let _ = sign_up(NewCustomer::new("anna").key("anna-7")).await;
    let _ = sign_up(NewCustomer::new("ben").referring_customer(CustomerRef::key("anna-7"))).await;
    client.customers().get("ben").await.unwrap();
    client
        .customers()
        .get("dora@shop.example")
        .await
        .unwrap_err();
    client
        .request(http::Method::GET, "/customers/ben")
        .send::<serde_json::Value>()
        .await
        .unwrap();
    sandbox.inject(Fault::status(500));
    let _ = sign_up(NewCustomer::new("cleo")).await;

    let told = handle.render();
    for line in [
        r#"partnero_registrations_total{outcome="not_referred"} 1"#,
        r#"partnero_registrations_total{outcome="referred"} 1"#,
        r#"partnero_registrations_total{outcome="failed"} 1"#,
        r#"partnero_calls_total{method="POST",endpoint="/customers",outcome="ok"} 2"#,
        r#"partnero_calls_total{method="POST",endpoint="/customers",outcome="server"} 1"#,
        r#"partnero_calls_total{method="GET",endpoint="/customers/{id}",outcome="ok"} 1"#,
        r#"partnero_calls_total{method="GET",endpoint="/customers/{id}",outcome="not_found"} 1"#,
        r#"partnero_calls_total{method="GET",endpoint="other",outcome="ok"} 1"#,
    ] {
        assert!(tells(&told, line), "no {line:?} in:\n{told}");
    }
    for private in [
        "anna",
        "ben",
        "cleo",
        "dora",
        "shop.example",
        sandbox.api_key(),
    ] {
        assert!(!told.contains(private), "{private} in:\n{told}");
    }
}

#[tokio::test]
async fn a_worker_tells_what_waits_and_what_is_dead() {
    let (recorder, handle) = recorder();
    let _scope = metrics::set_default_local_recorder(&recorder);
    tower_partnero::metrics::describe();
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::status(422).mentioning("\"bad\""));
    let outbox = Outbox::memory().program("loyalty").unwrap();
    for id in ["ben", "bad"] {
        outbox.enqueue(NewCustomer::new(id)).await.unwrap();
    }
    let worker = DeliveryWorker::start(outbox.clone(), client(&sandbox)).unwrap();
    told(
        &handle,
        r#"partnero_registrations_total{outcome="not_referred"} 1"#,
    )
    .await;
    while !outbox.status().await.unwrap().is_drained() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    worker.stop(Duration::from_secs(5)).await;
    told(&handle, r#"partnero_outbox_dead{program="loyalty"} 1"#).await;
    let text = handle.render();
    for line in [
        r#"partnero_outbox_pending{program="loyalty"} 0"#,
        r#"partnero_outbox_held{program="loyalty"} 0"#,
        r#"partnero_outbox_oldest_seconds{program="loyalty"} 0"#,
        r#"partnero_outbox_paused{program="loyalty"} 0"#,
        "# HELP partnero_outbox_dead Reports that wait for a person",
    ] {
        assert!(tells(&text, line), "no {line:?} in:\n{text}");
    }
}
