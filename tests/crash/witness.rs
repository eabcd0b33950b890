//! What a worker's process writes down: each call as it leaves, each 429 as it comes, and each pause
//! once it is on record.
//!
//! Each line is handed to the operating system before the next step, so that SIGKILL loses none.

use std::fmt;
use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};

use http::{Request, Response, StatusCode};
use tower::{Layer, Service};
use tower_partnero::client::{Body, BoxError, HttpService};
use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Metadata, Subscriber};

use crate::Failure;

/// The name of the query parameter that tells the calls of all processes apart.
pub(crate) const NAME: &str = "witness";

#[derive(Clone)]
pub(crate) struct Witness {
    file: Arc<File>,
    calls: Arc<AtomicU64>,
}

impl Witness {
    /// A file in this directory, named for the process.
    pub(crate) fn new(directory: &str) -> Result<Self, Failure> {
        let name = std::process::id().to_string();
        let file = File::options()
            .append(true)
            .create(true)
            .open(Path::new(directory).join(name))?;
        Ok(Self {
            file: Arc::new(file),
            calls: Arc::default(),
        })
    }

    /// One write for each line, because the process may be killed between two writes.
    fn note(&self, what: &str, number: u64, at: u128) {
        let line = format!("{what} {number} {at}\n");
        let written = (&*self.file).write_all(line.as_bytes());
        assert!(written.is_ok(), "{written:?}");
    }
}

pub(crate) fn micros(time: SystemTime) -> u128 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_micros()
}

fn now() -> u128 {
    micros(SystemTime::now())
}

impl Layer<HttpService> for Witness {
    type Service = Witnessed;

    fn layer(&self, inner: HttpService) -> Witnessed {
        Witnessed {
            inner,
            witness: self.clone(),
        }
    }
}

/// The innermost layer: a call that comes here has passed every gate.
#[derive(Clone)]
pub(crate) struct Witnessed {
    inner: HttpService,
    witness: Witness,
}

impl Service<Request<Body>> for Witnessed {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let witness = self.witness.clone();
        let number = witness.calls.fetch_add(1, Ordering::Relaxed);
        let uri = request.uri().to_string();
        let and = if uri.contains('?') { '&' } else { '?' };
        let named = format!("{uri}{and}{NAME}={}-{number}", std::process::id());
        if let Ok(named) = named.parse() {
            *request.uri_mut() = named;
        }
        witness.note("left", number, now());
        let call = self.inner.call(request);
        Box::pin(async move {
            let answer = call.await?;
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                witness.note("heard", number, now());
            }
            Ok(answer)
        })
    }
}

/// Reads the worker's own event that a pause is on record, and how long that took.
impl Subscriber for Witness {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("tower_partnero::delivery")
    }

    fn event(&self, event: &Event<'_>) {
        let mut recorded = Recorded::default();
        event.record(&mut recorded);
        if recorded.is_it {
            let at = now();
            // The number in the line is the time at which the pause was asked for.
            let asked = at.saturating_sub(recorded.took.into());
            self.note("recorded", u64::try_from(asked).unwrap_or(0), at);
        }
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Recorded {
    is_it: bool,
    took: u64,
}

impl Visit for Recorded {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "took" {
            self.took = value;
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.is_it = format!("{value:?}") == "the pause is on record";
        }
    }
}
