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

/// A failure to connect comes first: even where it is a time-out, nothing was sent.
fn kind_of(error: &reqwest::Error) -> ErrorKind {
    if error.is_connect() {
        ErrorKind::Connect
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else if error.is_builder() {
        ErrorKind::InvalidInput
    } else {
        ErrorKind::Interrupted
    }
}
