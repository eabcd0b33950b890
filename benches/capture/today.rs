//! What people write today for the same job: a middleware function that reads the query and the
//! cookies with the usual extractors, hands the key to the handler in the request's extensions,
//! and sets the cookie when the link's key is new.
//!
//! Its answer is the same as our layer's, `Cache-Control` included, and it does less: it checks no
//! key, reports no conflict and gives no reason.

use std::hint::black_box;

use axum::extract::{Extension, Query, Request};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;
use tower_cookies::Cookies;
use tower_cookies::cookie::time::Duration;

const NAME: &str = "partnero_referral";

#[derive(Deserialize)]
pub(crate) struct Link {
    r#ref: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Referred(pub(crate) Option<String>);

/// The page behind either middleware.
pub(super) async fn read(Extension(Referred(key)): Extension<Referred>) -> StatusCode {
    match black_box(key) {
        Some(_) => StatusCode::ACCEPTED,
        None => StatusCode::OK,
    }
}

/// For axum-extra's `CookieJar`.
pub(crate) async fn with_cookie_jar(
    Query(link): Query<Link>,
    jar: CookieJar,
    mut request: Request,
    next: Next,
) -> Response {
    let stored = jar.get(NAME).map(|cookie| cookie.value().to_owned());
    let (key, is_new) = weigh(link, stored);
    request.extensions_mut().insert(Referred(key.clone()));
    let response = next.run(request).await;
    match key {
        Some(key) if is_new => (jar.add(cookie(key)), private(response)).into_response(),
        _ => response,
    }
}

/// For tower-cookies' `CookieManagerLayer`.
pub(super) async fn with_tower_cookies(
    Query(link): Query<Link>,
    cookies: Cookies,
    mut request: Request,
    next: Next,
) -> Response {
    let stored = cookies.get(NAME).map(|cookie| cookie.value().to_owned());
    let (key, is_new) = weigh(link, stored);
    request.extensions_mut().insert(Referred(key.clone()));
    let response = next.run(request).await;
    match key {
        Some(key) if is_new => {
            cookies.add(cookie(key));
            private(response)
        }
        _ => response,
    }
}

fn weigh(link: Link, stored: Option<String>) -> (Option<String>, bool) {
    let is_new = link.r#ref.is_some() && link.r#ref != stored;
    (link.r#ref.or(stored), is_new)
}

fn cookie(key: String) -> Cookie<'static> {
    Cookie::build((NAME, key))
        .path("/")
        .secure(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::days(30))
        .build()
}

fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    response
}
