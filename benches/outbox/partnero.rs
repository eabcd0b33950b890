//! A server in Partnero's place, which notes when each sign-up arrives.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tower_partnero::{ApiKey, Client};

use crate::Failure;

/// How long the answer to a sale takes.
const TAKES: Duration = Duration::from_millis(5);

/// The sandbox would do more for each call, and take that time from the worker on the same cores.
pub(super) struct Partnero {
    base_url: String,
    calls: Arc<Calls>,
    /// The server ends when this is dropped.
    _running: oneshot::Sender<()>,
}

struct Calls {
    /// Sign-ups of identifiers that begin so are answered with 500.
    failing: &'static str,
    arrivals: Mutex<HashMap<String, Instant>>,
}

impl Partnero {
    /// In a thread of its own, so that no task of the worker keeps a call from being noted.
    pub(super) fn start(failing: &'static str) -> Result<Self, Failure> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        let calls = Arc::new(Calls {
            failing,
            arrivals: Mutex::default(),
        });
        let app = Router::new()
            .route("/v1/test", get(async || Json(json!({ "status": 1 }))))
            .route("/v1/customers", post(create))
            .route("/v1/transactions", post(record))
            .with_state(Arc::clone(&calls));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (running, ended) = oneshot::channel();
        std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                let listener = listener.tap_io(|stream| {
                    // Without this the kernel holds answers back.
                    let _ = stream.set_nodelay(true);
                });
                tokio::select! {
                    served = axum::serve(listener, app) => served,
                    _ = ended => Ok(()),
                }
            })
        });
        Ok(Self {
            base_url,
            calls,
            _running: running,
        })
    }

    pub(super) fn client(&self) -> Result<Client, Failure> {
        let client = Client::builder(ApiKey::new("bench")?);
        Ok(client.base_url(&self.base_url).build()?)
    }

    /// When each sign-up arrived for the first time that was not answered with 500.
    pub(super) fn arrivals(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.calls.lock()
    }
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn create(
    State(calls): State<Arc<Calls>>,
    Json(new): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let at = Instant::now();
    let id = new["id"].as_str().unwrap_or_default();
    if id.starts_with(calls.failing) {
        let error = json!({ "message": "Server Error" });
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(error));
    }
    calls.lock().entry(id.to_owned()).or_insert(at);
    (StatusCode::OK, Json(json!({ "data": new, "status": 1 })))
}

async fn record(Json(new): Json<Value>) -> Json<Value> {
    tokio::time::sleep(TAKES).await;
    Json(json!({ "data": new, "status": 1 }))
}
