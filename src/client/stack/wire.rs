//! The innermost service: one HTTP exchange over reqwest.

use std::error::Error as StdError;

use bytes::BytesMut;
use http::{Request, Response};

use super::expiring_body::ExpiringBody;
use super::failure::Failure;
use super::progress::Progress;
use super::service::{BoxError, HttpService};
use crate::client::api_key::ApiKey;
use crate::client::body::Body;
use crate::client::excerpt::excerpt;
use crate::client::kind::ErrorKind;

/// Sends over `http`, and reads at most `largest` bytes of an answer. The API key is needed to
/// keep it out of what an error shows of an answer.
pub(in crate::client) fn wire(
    http: reqwest::Client,
    largest: usize,
    api_key: ApiKey,
) -> HttpService {
    HttpService::new(tower::service_fn(move |request| {
        exchange(http.clone(), request, largest, api_key.clone())
    }))
}

async fn exchange(
    http: reqwest::Client,
    request: Request<Body>,
    largest: usize,
    api_key: ApiKey,
) -> Result<Response<Body>, BoxError> {
    let progress = request.extensions().get::<Progress>();
    let latest = progress.and_then(Progress::latest);
    let request = request.map(|body| match latest {
        Some(latest) if !body.is_empty() => {
            reqwest::Body::wrap(ExpiringBody::new(body.into_bytes(), latest))
        }
        _ => body.into_bytes().into(),
    });
    let request = reqwest::Request::try_from(request).map_err(failed)?;
    let mut answer = http.execute(request).await.map_err(failed)?;
    let status = answer.status();
    // Read piece by piece, because reqwest's `bytes()` has no bound.
    let mut body = BytesMut::new();
    loop {
        let chunk = match answer.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => {
                let start = excerpt(&body, &api_key);
                // The status has arrived: a refusal whose text is cut off is a refusal all the
                // same.
                let failure = failed(error).with_status(status);
                let message = format!("the answer breaks off: {start}");
                return Err(failure.with_message(message).into());
            }
        };
        if body.len() + chunk.len() > largest {
            return Err(Failure::new(ErrorKind::Decode)
                .with_status(status)
                .with_message(format!("the answer is larger than {largest} bytes"))
                .into());
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(Body::from_bytes(body.freeze()));
    *response.status_mut() = status;
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

/// The URL is left out of the error, because its path may hold somebody's e-mail address.
fn failed(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let cause = cause(&error);
    Failure::new(kind_of(&error))
        .with_cause(cause)
        .with_source(error)
}

/// The words of the innermost error, which are plain, as `Connection refused`. The errors around it
/// name the parts of the HTTP client.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn StdError = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// A failure to connect may be a time-out, and yet nothing was sent. Any other time-out is our own,
/// which stands outside of this service.
fn kind_of(error: &reqwest::Error) -> ErrorKind {
    if error.is_connect() {
        ErrorKind::Connect
    } else if error.is_builder() {
        ErrorKind::InvalidInput
    } else {
        ErrorKind::Interrupted
    }
}

#[cfg(all(test, feature = "sandbox"))]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use http::header::{AUTHORIZATION, CONTENT_TYPE};
    use http::{Method, StatusCode};
    use tokio::time::Instant;
    use tower::ServiceExt;

    use super::*;
    use crate::client::gate::{Answer, Gate};
    use crate::client::summary::CallSummary;
    use crate::sandbox::Sandbox;

    /// Lets bodies be written until then.
    #[derive(Debug)]
    struct Until(Instant);

    impl Gate for Until {
        fn lets_pass(&self) -> Answer<bool> {
            Box::pin(std::future::ready(true))
        }

        fn allows_retries(&self) -> bool {
            true
        }

        fn latest(&self) -> Option<Instant> {
            Some(self.0)
        }

        fn shut(&self, _: Option<Duration>) -> Answer<()> {
            Box::pin(std::future::ready(()))
        }
    }

    #[tokio::test]
    async fn a_body_is_not_written_after_the_latest_moment_of_its_gate() {
        let sandbox = Sandbox::start().await.unwrap();
        let key = ApiKey::new(sandbox.api_key()).unwrap();
        let wire = wire(reqwest::Client::new(), 10_000, key.clone());
        let now = Instant::now();
        let minute = Duration::from_secs(60);
        for (latest, body, expected) in [
            (now, r#"{"id": "7"}"#, None),
            // A read may arrive late.
            (now, "", Some(StatusCode::NOT_FOUND)),
            (now + minute, r#"{"id": "7"}"#, Some(StatusCode::OK)),
        ] {
            let (method, path) = match body {
                "" => (Method::GET, "customers/7"),
                _ => (Method::POST, "customers"),
            };
            let gate: Arc<dyn Gate> = Arc::new(Until(latest));
            let call = CallSummary::create_customer();
            let request = Request::builder()
                .method(method)
                .uri(format!("{}/{path}", sandbox.base_url()))
                .header(AUTHORIZATION, key.header())
                .header(CONTENT_TYPE, "application/json")
                .extension(Progress::new(call, now + minute, Some(gate)))
                .body(Body::from(body))
                .unwrap();
            let answer = wire.clone().oneshot(request).await;
            assert_eq!(answer.ok().map(|answer| answer.status()), expected);
        }
    }
}
