//! A server on its own port that remembers its requests and its answers.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{COOKIE, HeaderMap, SET_COOKIE};
use axum::middleware::{self, Next};
use axum::response::{Html, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::until;

#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Method, path and query.
    pub(crate) asked: String,
    pub(crate) headers: HeaderMap,
    pub(crate) status: u16,
    pub(crate) set: Vec<String>,
}

impl Exchange {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn cookies(&self) -> &str {
        self.header(COOKIE.as_str())
    }
}

type Log = Arc<Mutex<Vec<Exchange>>>;

/// A free port, taken before the app exists, because the app wants to know its port.
pub(crate) struct Place {
    listener: TcpListener,
    pub(crate) port: u16,
}

impl Place {
    pub(crate) async fn take() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    /// The origin of this port under a host name.
    pub(crate) fn at(&self, host: &str) -> String {
        format!("http://{host}:{}", self.port)
    }

    pub(crate) fn serve(self, app: Router) -> Site {
        let log = Log::default();
        let app = app.layer(middleware::from_fn_with_state(log.clone(), remember));
        tokio::spawn(axum::serve(self.listener, app).into_future());
        Site {
            port: self.port,
            log,
        }
    }
}

pub(crate) struct Site {
    port: u16,
    log: Log,
}

impl Site {
    pub(crate) async fn open(app: Router) -> Self {
        Place::take().await.serve(app)
    }

    /// A site with one page.
    pub(crate) async fn with_page(body: &str) -> Self {
        Self::open(Router::new().route("/", page(body))).await
    }

    pub(crate) fn at(&self, host: &str, target: &str) -> String {
        format!("http://{host}:{}{target}", self.port)
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.log.lock().unwrap().clone()
    }

    /// All requests with this method and path, the oldest first.
    pub(crate) fn asked(&self, asked: &str) -> Vec<Exchange> {
        let mut exchanges = self.exchanges();
        exchanges.retain(|exchange| exchange.asked == asked);
        exchanges
    }

    /// Waits for the first request with this method and path.
    pub(crate) async fn heard(&self, asked: &str) -> Exchange {
        until(asked, async || self.asked(asked).into_iter().next()).await
    }
}

/// A page with this body.
pub(crate) fn page<S: Clone + Send + Sync + 'static>(body: &str) -> axum::routing::MethodRouter<S> {
    let html = Html(format!("<!doctype html><title>page</title><body>{body}"));
    get(async move || html)
}

async fn remember(State(log): State<Log>, request: Request, next: Next) -> Response {
    let asked = format!("{} {}", request.method(), request.uri());
    let headers = request.headers().clone();
    let response = next.run(request).await;
    let set = response.headers().get_all(SET_COOKIE).iter();
    log.lock().unwrap().push(Exchange {
        asked,
        headers,
        status: response.status().as_u16(),
        set: set.map(|line| line.to_str().unwrap().to_owned()).collect(),
    });
    response
}
