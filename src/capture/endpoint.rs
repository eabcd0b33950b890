//! The capture endpoint: a service for sites whose pages come from a cache.

use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::header::{ALLOW, CACHE_CONTROL, HeaderValue, ORIGIN};
use http::{Method, Request, Response, StatusCode};
use tower_service::Service;

use super::decide::Asker;
use super::head::RequestHead;
use super::referrals::Referrals;
use super::write;

/// A service that stores the key of a landing page whose request did not reach the server; made by
/// [`Referrals::capture_endpoint`].
///
/// A page that comes from a CDN sets no cookie. A few lines of script on the page can send the key to
/// this service. The script waits until a person sees the page, and does nothing in a frame:
///
/// ```js
/// const key = new URLSearchParams(location.search).get("ref");
/// const handIn = () => fetch("/referral/capture?" + new URLSearchParams({ ref: key }), { method: "POST" });
/// if (key && self === top) {
///   if (document.prerendering) document.addEventListener("prerenderingchange", handIn, { once: true });
///   else handIn();
/// }
/// ```
///
/// The server sees which site a request comes from, and whether the browser fetches ahead. It does
/// not see that the page is in a frame of another site. So the script checks `self === top`. To be
/// sure, forbid such frames with `frame-ancestors` (CSP level 3, section 6.4.2). With path links, let
/// the script take the key from `location.pathname`.
///
/// The script runs again when the visitor reloads the page or comes back to it, and then sends the key
/// again, also after a sign-up. Where several people share one browser, let the script remove the
/// parameter from the address (`history.replaceState`), after the answer has come and Partnero's
/// script has read the parameter.
///
/// | Request | Answer |
/// |---|---|
/// | `POST` from a page of the app's own | `204 No Content`, with the cookie if the policy writes one |
/// | `POST` from elsewhere | `403 Forbidden`: another site must not store a referral |
/// | anything else | `405 Method Not Allowed` |
///
/// A request comes *from a page of the app's own* if it has `Sec-Fetch-Site: same-origin`. Older
/// browsers do not send this header, and no browser sends it over plain http to a host that is not
/// loopback. There the `Origin` must be one of
/// [`public_origins`](super::ReferralsBuilder::public_origins).
///
/// The policy's parameters, attribution and consent apply. No cookie is written for a page that
/// nobody sees yet (`Sec-Purpose`), and none for a form that is posted in a frame. Caches store no
/// answer.
///
/// Pages that the app itself answers still need the [layer](Referrals::layer).
///
/// # Example
///
/// ```
/// use axum::{Router, routing::post_service};
/// use http::{Request, StatusCode, header::SET_COOKIE};
/// use tower::ServiceExt;
/// use tower_partnero::Referrals;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let referrals = Referrals::builder().build()?;
/// let app: Router = Router::new()
///     .route_service("/referral/capture", referrals.capture_endpoint::<axum::body::Body>());
///
/// let request = Request::post("/referral/capture?ref=anna-7")
///     .header("sec-fetch-site", "same-origin")
///     .body(axum::body::Body::empty())?;
/// let response = app.oneshot(request).await?;
/// assert_eq!(response.status(), StatusCode::NO_CONTENT);
/// assert!(response.headers().contains_key(SET_COOKIE));
/// # Ok(())
/// # }
/// ```
pub struct CaptureEndpoint<B> {
    referrals: Referrals,
    body: PhantomData<fn() -> B>,
}

impl Referrals {
    /// A service that takes the key of a page which came from a cache; see [`CaptureEndpoint`]. `B` is
    /// the body type of its empty answers: in axum `axum::body::Body`.
    #[must_use]
    pub fn capture_endpoint<B: Default>(&self) -> CaptureEndpoint<B> {
        CaptureEndpoint {
            referrals: self.clone(),
            body: PhantomData,
        }
    }
}

impl<B> Clone for CaptureEndpoint<B> {
    fn clone(&self) -> Self {
        Self {
            referrals: self.referrals.clone(),
            body: PhantomData,
        }
    }
}

impl<B> fmt::Debug for CaptureEndpoint<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureEndpoint")
            .field("referrals", &self.referrals)
            .finish_non_exhaustive()
    }
}

impl<ReqBody, B: Default> Service<Request<ReqBody>> for CaptureEndpoint<B> {
    type Response = Response<B>;
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let policy = &self.referrals.policy;
        let (parts, _) = request.into_parts();
        let mut response = Response::new(B::default());
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let origin = parts.headers.get(ORIGIN).map(HeaderValue::as_bytes);
        *response.status_mut() = if parts.method != Method::POST {
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("POST"));
            StatusCode::METHOD_NOT_ALLOWED
        } else if !policy.public_origins.made(&parts.headers, origin) {
            #[cfg(feature = "tracing")]
            tracing::debug!(
                "the capture endpoint refused a key: no header says that the request comes from a \
                 page of the app's own; if it does, name its origin in `.public_origins([...])`"
            );
            StatusCode::FORBIDDEN
        } else {
            let request = RequestHead::of(&parts);
            let context = self.referrals.decide(&request, Asker::Endpoint);
            if let Some(lines) = write::lines_told(policy, &request, &context) {
                lines.offer_to(response.headers_mut());
            }
            StatusCode::NO_CONTENT
        };
        ready(Ok(response))
    }
}
