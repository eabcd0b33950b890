//! What every test of the client needs: a sandbox with a client, or a client whose answers are
//! written down.

use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, Request, Response};
use serde_json::Value;
use tower::layer::layer_fn;
use tower_partnero::client::{
    ApiKey, Body, BoxError, Client, ClientBuilder, CustomerRef, HttpService, NewCustomer,
};
use tower_partnero::sandbox::{Sandbox, SandboxBuilder};

pub(crate) struct Partnero {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
}

impl Partnero {
    pub(crate) async fn start() -> Self {
        Self::with(Sandbox::builder()).await
    }

    pub(crate) async fn with(builder: SandboxBuilder) -> Self {
        let sandbox = builder.start().await.unwrap();
        let client = builder_for(&sandbox).build().unwrap();
        Self { sandbox, client }
    }

    /// Anna (`a`, with the key `anna`), and Ben (`b`), whom she brought.
    pub(crate) async fn add_anna_and_ben(&self) {
        let anna = NewCustomer::new("a").key("anna").email("anna@shop.example");
        let ben = NewCustomer::new("b").key("ben").email("ben@shop.example");
        let ben = ben.name("Ben").referring_customer(CustomerRef::key("anna"));
        for customer in [anna.name("Anna"), ben] {
            self.client.customers().create(&customer).await.unwrap();
        }
    }

    pub(crate) async fn with_anna_and_ben() -> Self {
        let partnero = Self::start().await;
        partnero.add_anna_and_ben().await;
        partnero
    }

    /// How often the sandbox was asked this.
    pub(crate) fn asked(&self, method: &Method, path: &str) -> usize {
        let requests = self.sandbox.requests();
        let is_it = |request: &&tower_partnero::sandbox::SandboxRequest| {
            request.method == *method && request.path.starts_with(path)
        };
        requests.iter().filter(is_it).count()
    }
}

/// A client with short delays, so that no test waits.
pub(crate) fn builder_for(sandbox: &Sandbox) -> ClientBuilder {
    Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
        .base_url(sandbox.base_url())
        .retry_delay(Duration::from_millis(1))
        .longest_retry_delay(Duration::from_millis(2))
        .timeout(Duration::from_secs(1))
}

/// What a client asked: method, path with query, and body.
pub(crate) type Asked = Arc<Mutex<Vec<(Method, String, Value)>>>;

/// A client that gets these answers in turn, the last one for ever.
pub(crate) fn canned(answers: &[(u16, &str)]) -> (Client, Asked) {
    let answers: Arc<[(u16, String)]> = answers
        .iter()
        .map(|(status, body)| (*status, (*body).to_owned()))
        .collect();
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    let answer = move |request: Request<Body>| {
        let mut seen = seen.lock().unwrap();
        assert_eq!(request.uri().authority().unwrap(), "127.0.0.1:9");
        let path = request.uri().path_and_query().unwrap().as_str();
        let path = path.strip_prefix("/v1").unwrap().to_owned();
        let body = serde_json::from_slice(request.body().as_bytes()).unwrap_or_default();
        let (status, answer) = &answers[seen.len().min(answers.len() - 1)];
        seen.push((request.method().clone(), path, body));
        let answer = Response::builder()
            .status(*status)
            .body(Body::from(answer.clone()));
        ready(answer.map_err(BoxError::from))
    };
    let layer = layer_fn(move |_: HttpService| tower::service_fn(answer.clone()));
    let client = Client::builder(ApiKey::new("s3cret").unwrap())
        .base_url("http://127.0.0.1:9/v1")
        .retry_delay(Duration::from_millis(1))
        .longest_retry_delay(Duration::from_millis(2))
        .layer(layer)
        .build()
        .unwrap();
    (client, asked)
}
