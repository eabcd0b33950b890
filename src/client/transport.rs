//! The one place that sends.

use std::time::{Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use serde_json::{Map, Value};

use super::answer;
use super::api_key::ApiKey;
use super::call::Call;
use super::error::{Error, ErrorKind};

/// The largest answer that is read: far more than the 250 customers a page can hold.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// What a call needs to reach Partnero and come back.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) http: reqwest::Client,
    /// Without a slash at its end.
    pub(super) base_url: String,
    pub(super) api_key: ApiKey,
}

impl Transport {
    /// Sends the call and reads the envelope of its answer.
    pub(super) async fn send(&self, call: Call) -> Result<Map<String, Value>, Error> {
        let started = Instant::now();
        let result = match self.exchange(&call).await {
            Ok(answer) => {
                answer::envelope(&call.summary, &answer, &self.api_key, SystemTime::now())
            }
            Err(error) => Err(error),
        };
        result.map_err(|error| error.with_elapsed(started.elapsed()))
    }

    async fn exchange(&self, call: &Call) -> Result<Response<Bytes>, Error> {
        let failed = |error: reqwest::Error| {
            Error::new(kind_of(&error), &call.summary).with_source(error.without_url())
        };
        let request = self.request(call)?;
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut answer = self.http.execute(request).await.map_err(failed)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Error::new(ErrorKind::Decode, &call.summary)
                    .with_status(answer.status())
                    .with_message("the answer is larger than 8 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }

    fn request(&self, call: &Call) -> Result<Request<Vec<u8>>, Error> {
        let mut request = Request::builder()
            .method(&call.summary.method)
            .uri(format!("{}{}", self.base_url, call.path))
            .header(AUTHORIZATION, self.api_key.header())
            // Without it, the framework behind the API may answer a bad input with a redirect.
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        request
            .body(call.body.clone().unwrap_or_default())
            .map_err(|error| call.invalid("the call makes no request").with_source(error))
    }
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
