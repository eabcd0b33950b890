//! Pages of an axum app, with and without an extractor.

use std::convert::Infallible;
use std::hint::black_box;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use tower_partnero::{Referral, ReferralContext, Referrals};

/// Every router has the same shape: one page, and the handle as the state.
pub(super) fn router<H, T>(page: H) -> Router<Referrals>
where
    H: Handler<T, Referrals>,
    T: 'static,
{
    Router::new().route("/", get(page))
}

/// A page that asks nothing of the request.
pub(super) async fn unread() -> StatusCode {
    StatusCode::OK
}

/// An extractor that does nothing: the cost of axum's call to an extractor.
pub(super) struct Nothing;

impl<S: Sync> FromRequestParts<S> for Nothing {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

/// A page with the extractor that does nothing.
pub(super) async fn extract_nothing(nothing: Nothing) -> StatusCode {
    black_box(nothing);
    StatusCode::OK
}

/// A page that asks for the referral.
pub(super) async fn read(referral: Option<Referral>) -> StatusCode {
    match black_box(referral) {
        Some(_) => StatusCode::ACCEPTED,
        None => StatusCode::OK,
    }
}

/// A page that asks for the referral and why it counts.
pub(super) async fn read_context(context: ReferralContext) -> StatusCode {
    match black_box(context).referral {
        Some(_) => StatusCode::ACCEPTED,
        None => StatusCode::OK,
    }
}
