//! What the layer does to a response: it adds one cookie where a key is new, and changes nothing else.

mod wire;

use std::future::ready;

use http::header::{CACHE_CONTROL, COOKIE, HeaderMap, SET_COOKIE};
use http::{Method, Request, Response};
use tower::{Layer, ServiceExt, service_fn};
use tower_partnero::{Attribution, Referrals, Spent};

fn referrals() -> Referrals {
    Referrals::builder().build().unwrap()
}

/// The `Set-Cookie` lines, each up to its first attribute.
fn cookies(headers: &HeaderMap) -> Vec<&str> {
    let lines = headers.get_all(SET_COOKIE).iter();
    lines
        .map(|line| line.to_str().unwrap().split(';').next().unwrap())
        .collect()
}

/// Sends one request through the layer, around a handler that answers with these headers.
async fn through(
    referrals: &Referrals,
    request: http::request::Builder,
    answer: &[(&str, &str)],
) -> Response<()> {
    let handler = service_fn(|request: Request<()>| {
        assert!(request.extensions().is_empty());
        let response = answer
            .iter()
            .fold(Response::builder(), |response, (name, value)| {
                response.header(*name, *value)
            });
        ready(response.body(()))
    });
    let service = referrals.layer().layer(handler);
    let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
    assert!(response.extensions().is_empty());
    response
}

#[tokio::test]
async fn appends_what_changes_and_nothing_else() {
    let first = Referrals::builder()
        .attribution(Attribution::FirstTouch)
        .build()
        .unwrap();
    let last = referrals();
    for (policy, method, target, stored, written) in [
        (
            &last,
            Method::GET,
            "/?ref=K",
            "",
            &["partnero_referral=K"][..],
        ),
        (
            &last,
            Method::GET,
            "/?ref=K",
            "=S",
            &["partnero_referral_before=S", "partnero_referral=K"],
        ),
        (
            &last,
            Method::GET,
            "/?ref=s",
            "=S",
            &["partnero_referral_before=S", "partnero_referral=s"],
        ),
        (
            &last,
            Method::GET,
            "/?ref=K",
            "=%ff",
            &["partnero_referral=K"][..],
        ),
        (&last, Method::GET, "/?ref=S", "=S", &[]),
        (&last, Method::GET, "/?ref=S%20T", "=S%20T", &[]),
        (&last, Method::GET, "/?ref=S", "=\"S\"", &[]),
        (&last, Method::GET, "/?ref=", "=S", &[]),
        (&last, Method::GET, "/?a=K", "", &[]),
        (&last, Method::GET, "/", "=S", &[]),
        (&last, Method::HEAD, "/?ref=K", "", &[]),
        (&last, Method::POST, "/?ref=K", "", &[]),
        (&last, Method::OPTIONS, "/?ref=K", "", &[]),
        (
            &first,
            Method::GET,
            "/?ref=K",
            "",
            &["partnero_referral=K"][..],
        ),
        (
            &first,
            Method::GET,
            "/?ref=K",
            "=%ff",
            &["partnero_referral=K"][..],
        ),
        (
            &first,
            Method::GET,
            "/?ref=K",
            "=S",
            &["partnero_referral_before=K"],
        ),
    ] {
        let case = format!("{method} {target} {stored}");
        let request = Request::builder().method(method).uri(target);
        let request = request.header(COOKIE, format!("a=1; partnero_referral{stored}"));
        let answer = [
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("etag", "\"1\""),
        ];
        let response = through(policy, request, &answer).await;
        let mut expected = vec!["a=1", "b=2"];
        expected.extend(written);
        assert_eq!(cookies(response.headers()), expected, "{case}");
        assert_eq!(
            response.headers().contains_key(CACHE_CONTROL),
            !written.is_empty(),
            "{case}"
        );
        assert_eq!(response.headers()["etag"], "\"1\"");
    }
}

#[tokio::test]
async fn a_handler_that_sets_or_removes_the_cookie_has_the_last_word() {
    for (line, ours) in [
        ("partnero_referral=", false),
        ("partnero_referral=; Max-Age=0; Path=/", false),
        ("partnero_referral=H; Path=/shop", false),
        ("partnero_referral2=H", true),
        ("a=partnero_referral=H", true),
    ] {
        let answer = [
            ("set-cookie", "a=1"),
            ("set-cookie", line),
            ("cache-control", "public"),
        ];
        let response = through(&referrals(), Request::get("/?ref=K"), &answer).await;
        let lines: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
        assert_eq!(lines[..2], ["a=1", line]);
        assert_eq!(lines.len(), if ours { 3 } else { 2 }, "{line}");
        let cache_control = if ours { "private" } else { "public" };
        assert_eq!(response.headers()[CACHE_CONTROL], cache_control);
    }
}

#[tokio::test]
async fn a_response_with_the_cookie_is_private_and_no_less_strict_than_before() {
    for (before, after) in [
        ("", "private"),
        ("public, max-age=60, s-maxage=600", "private, max-age=60"),
        ("no-store", "private, no-store"),
        (
            "private, no-cache=\"set-cookie, public\"",
            "private, no-cache=\"set-cookie, public\"",
        ),
    ] {
        let answer = [
            ("cache-control", before),
            ("cdn-cache-control", "max-age=600"),
        ];
        let response = through(&referrals(), Request::get("/?ref=K"), &answer).await;
        let lines: Vec<_> = response.headers().get_all(CACHE_CONTROL).iter().collect();
        assert_eq!(lines, [after]);
        assert!(!response.headers().contains_key("cdn-cache-control"));
    }
}

#[tokio::test]
async fn a_response_without_the_cookie_is_untouched_to_the_byte() {
    let plain = service_fn(|_| {
        let page = Response::builder()
            .header("date", "Thu, 01 Jan 1970 00:00:00 GMT")
            .header("cache-control", "public , s-maxage=60")
            .header("cdn-cache-control", "max-age=600")
            .header("set-cookie", "a=1");
        ready(page.body("page".to_owned()))
    });
    let layered = referrals().layer().layer(plain);
    for (method, target, cookies) in [
        ("GET", &b"/"[..], &[][..]),
        ("GET", b"/?a=1&xref=2", &[]),
        ("GET", b"/?ref=", &[]),
        ("GET", b"/?ref=%0d%0a", &[&b"partnero_referral=%ff"[..]]),
        ("GET", b"/?ref=K", &[b"partnero_referral=K"]),
        ("POST", b"/?ref=K", &[]),
    ] {
        let request = wire::request(method, target, cookies);
        let before = wire::exchange(plain, &request).await;
        assert_eq!(wire::exchange(layered.clone(), &request).await, before);
    }
}

fn spend(referrals: &Referrals, request: http::request::Builder) -> Spent {
    let request = request.body(()).unwrap();
    let context = referrals.evaluate(request.method(), request.uri(), request.headers());
    referrals.spend(&context)
}

#[test]
fn spent_of_an_unreferred_visitor_does_nothing() {
    let referrals = referrals();
    for target in ["/", "/?ref=%00"] {
        let mut response = Response::new(());
        spend(&referrals, Request::get(target).header(COOKIE, "a=1")).apply(&mut response);
        Spent::default().apply(&mut response);
        assert!(response.headers().is_empty());
    }
}

#[test]
fn spent_applies_to_a_response_without_axum() {
    let mut response = Response::builder()
        .header(CACHE_CONTROL, "public, max-age=60")
        .body(())
        .unwrap();
    let request = Request::post("/").header(COOKIE, "partnero_referral=K");
    spend(&referrals(), request).apply(&mut response);
    let removal = response.headers()[SET_COOKIE].to_str().unwrap();
    assert!(removal.starts_with("partnero_referral=; "), "{removal}");
    assert_eq!(response.headers()[CACHE_CONTROL], "private, max-age=60");
}
