//! The one place that sends calls.

use std::sync::Arc;
use std::time::Instant;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use tokio::time::timeout_at;
use tower::ServiceExt;

use super::answer::Success;
use super::api_key::ApiKey;
use super::base_url::BaseUrl;
use super::body::Body;
use super::call::Call;
use super::error::{Effort, Error};
use super::gate::Gate;
use super::kind::ErrorKind;
use super::stack::{Failure, Progress, Stack};
use super::times;
use crate::referral::ProgramKind;

/// What a call needs to reach Partnero and come back.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) stack: Stack,
    pub(super) base_url: BaseUrl,
    pub(super) api_key: ApiKey,
    pub(super) program: ProgramKind,
    pub(super) deadline: std::time::Duration,
    /// The most values in an answer, and the most bytes of all pages of a list together.
    pub(super) most_values: usize,
    pub(super) largest_list: usize,
    #[cfg(feature = "outbox")]
    pub(super) timeout: std::time::Duration,
}

impl Transport {
    /// When a call that begins now has to be over.
    pub(super) fn expires(&self) -> tokio::time::Instant {
        times::after(tokio::time::Instant::now(), self.deadline)
    }

    /// Sends the call and reads its answer. The call ends at its own deadline, or at `latest`.
    pub(super) async fn send(
        &self,
        call: Call,
        gate: Option<&Arc<dyn Gate>>,
        latest: Option<tokio::time::Instant>,
    ) -> Result<Success, Error> {
        let started = Instant::now();
        let own = self.expires();
        let expires = latest.map_or(own, |latest| latest.min(own));
        let progress = Progress::new(call.summary.clone(), expires, gate.cloned());
        let answer = self.exchange(call, &progress).await;
        let effort = Effort {
            address: self.base_url.text(),
            elapsed: started.elapsed(),
            attempts: progress.attempts(),
        };
        let result = match answer {
            Ok(answer) => {
                let call = progress.call();
                Success::read(call, &answer, &self.api_key, self.most_values, effort)
            }
            Err(error) => Err(error.with_effort(effort)),
        };
        #[cfg(feature = "metrics")]
        count(progress.call(), &result);
        // Awaited, so that no other call of the fleet begins before the pause is on record.
        if let (Some(gate), Err(error)) = (gate, &result)
            && error.kind() == ErrorKind::RateLimited
        {
            gate.shut(error.retry_after()).await;
        }
        result
    }

    async fn exchange(&self, call: Call, progress: &Progress) -> Result<Response<Body>, Error> {
        let mut request = self.request(call)?;
        request.extensions_mut().insert(progress.clone());
        // A clone for each call: the policy of retries counts the attempts of one call.
        let exchange = self.stack.clone().oneshot(request);
        match timeout_at(progress.expires(), exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Failure::describe(error, progress.call())),
            Err(_) => {
                // Only an attempt that was begun can have had an effect.
                let kind = if progress.in_flight() {
                    ErrorKind::Timeout
                } else {
                    ErrorKind::Busy
                };
                Err(Error::new(kind, progress.call())
                    .with_cause("the deadline of the call, or of its whole list, has passed"))
            }
        }
    }

    fn request(&self, call: Call) -> Result<Request<Body>, Error> {
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
            .body(call.body.map(Body::from).unwrap_or_default())
            .map_err(|error| {
                Error::new(ErrorKind::InvalidInput, &call.summary)
                    .with_message("the call cannot be written as a request")
                    .with_source(error)
            })
    }
}

/// Counts one call with all of its attempts.
#[cfg(feature = "metrics")]
fn count(call: &super::summary::CallSummary, result: &Result<Success, Error>) {
    use std::borrow::Cow;

    let endpoint = match &call.endpoint {
        Cow::Borrowed(endpoint) => endpoint,
        // A path that the app has written may hold an identifier.
        Cow::Owned(_) => "other",
    };
    let outcome = match result {
        Ok(_) => "ok",
        Err(error) => error.kind().as_str(),
    };
    crate::metrics::called(&call.method, endpoint, outcome);
}
