//! One module for each kind of attack: the request that an attacker sends, and what must not happen.

mod affiliate;
mod caches;
mod companion;
mod consent;
mod endpoint;
mod fetch;
mod foreign_keys;
mod handed_in;
mod headers;
mod path_links;
mod rescue;
mod runners_up;
mod shared_device;
mod stuffing;
mod tokens;
mod tossed;

use std::convert::Infallible;
use std::future::{Ready, ready};

use http::header::{HeaderMap, SET_COOKIE};
use http::{Request, Response};
use tower::Layer;
use tower::{ServiceExt, service_fn};
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::{Outcome, ReferralContext, Referrals};

/// An app that answers every request with these headers, behind the layer.
struct Site {
    referrals: Referrals,
    answer: HeaderMap,
}

impl Site {
    fn open(builder: ReferralsBuilder) -> Self {
        Self {
            referrals: builder.build().unwrap(),
            answer: HeaderMap::new(),
        }
    }

    fn answering(mut self, name: &'static str, value: &'static str) -> Self {
        self.answer.append(name, value.parse().unwrap());
        self
    }

    /// Sends a request and returns the headers of its answer.
    async fn send(&self, request: Request<()>) -> HeaderMap {
        let answer = self.answer.clone();
        let app = service_fn(move |_: Request<()>| respond(answer.clone()));
        let service = self.referrals.layer().layer(app);
        let response = service.oneshot(request).await.unwrap();
        response.into_parts().0.headers
    }

    async fn cookies(&self, request: Request<()>) -> Vec<String> {
        cookies(&self.send(request).await)
    }

    fn context(&self, request: &Request<()>) -> ReferralContext {
        self.referrals
            .evaluate(request.method(), request.uri(), request.headers())
    }

    fn outcome(&self, request: &Request<()>) -> Outcome {
        self.context(request).outcome
    }

    /// The key that counts for a request.
    fn key(&self, request: &Request<()>) -> Option<String> {
        let referral = self.context(request).referral?;
        Some(referral.key().to_string())
    }
}

fn respond(headers: HeaderMap) -> Ready<Result<Response<()>, Infallible>> {
    let mut response = Response::new(());
    *response.headers_mut() = headers;
    ready(Ok(response))
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(SET_COOKIE).iter();
    lines
        .map(|line| line.to_str().unwrap().to_owned())
        .collect()
}

fn get(target: &str, headers: &[(&str, &str)]) -> Request<()> {
    request("GET", target, headers)
}

fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}
