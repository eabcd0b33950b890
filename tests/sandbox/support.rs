//! A sandbox and an HTTP client that knows nothing of this crate.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tower_partnero::Sandbox;

/// A sandbox, and a client that sends its key.
pub(crate) struct Partnero {
    pub(crate) sandbox: Sandbox,
    http: reqwest::Client,
}

impl Partnero {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, http }
    }

    pub(crate) async fn start() -> Self {
        Self::new(Sandbox::start().await.unwrap())
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.sandbox.base_url());
        self.http
            .request(method.parse().unwrap(), url)
            .bearer_auth(self.sandbox.api_key())
            .header("accept", "application/json")
    }

    /// Status and body; a body that is not JSON is null.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.request("GET", path)).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.send(self.request(method, path).json(&body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(self.request("DELETE", path)).await
    }
}

/// A sandbox with Anna, and with Ben, whom Anna referred.
pub(crate) async fn with_anna_and_ben() -> Partnero {
    let partnero = Partnero::start().await;
    add_anna_and_ben(&partnero).await;
    partnero
}

pub(crate) async fn add_anna_and_ben(partnero: &Partnero) {
    let anna = json!({ "id": "a", "key": "anna", "email": "anna@shop.example", "name": "Anna" });
    partnero.post("/customers", anna).await;
    let referrer = json!({ "id": "a" });
    let ben = json!({ "id": "b", "key": "ben", "email": "ben@shop.example", "referring_customer": referrer });
    partnero.post("/customers", ben).await;
}

/// Waits until a condition holds. Fails after half a minute.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "waited for {what}"
        );
        // A pause between two looks, so that the looks do not use up the processor.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
