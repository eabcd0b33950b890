//! A cookie for a domain that does not cover the host of the request.

use std::sync::{Arc, Mutex};

use http::header::HOST;
use tower_partnero::{Outcome, Referrals};

use super::{OUTSIDE_DOMAIN, assert_one_error, errors, listen, new, routes, send, visit};

/// What the handler sees behind the layer, and how many cookies the answer sets.
async fn captured(
    referrals: &Referrals,
    target: &str,
    headers: &[(&str, &str)],
) -> (String, usize) {
    let app = routes()
        .layer(referrals.layer())
        .with_state(referrals.clone());
    send(app, visit(target, headers)).await
}

#[tokio::test]
async fn a_cookie_that_browsers_refuse_is_an_outcome() {
    listen();
    for (target, headers, outcome) in [
        ("/?ref=K", &[][..], Outcome::Captured),
        ("/?ref=K", &[("host", "shop.example")], Outcome::Captured),
        (
            "/?ref=K",
            &[("host", "www.shop.example")],
            Outcome::Captured,
        ),
        (
            "/?ref=K",
            &[("host", "a.b.shop.example:8080")],
            Outcome::Captured,
        ),
        (
            "/?ref=K",
            &[("host", "WWW.Shop.Example")],
            Outcome::Captured,
        ),
        ("/?ref=K", &[("host", "www.shop.example.")], OUTSIDE_DOMAIN),
        (
            "/?ref=K",
            &[("host", "pr-12.preview.example")],
            OUTSIDE_DOMAIN,
        ),
        ("/?ref=K", &[("host", "notshop.example")], OUTSIDE_DOMAIN),
        (
            "/?ref=K",
            &[("host", "shop.example.evil.example")],
            OUTSIDE_DOMAIN,
        ),
        ("/?ref=K", &[("host", "example")], OUTSIDE_DOMAIN),
        ("/?ref=K", &[("host", "localhost:3000")], OUTSIDE_DOMAIN),
        ("/?ref=K", &[("host", "127.0.0.1:3000")], OUTSIDE_DOMAIN),
        ("/?ref=K", &[("host", "[::1]:3000")], OUTSIDE_DOMAIN),
        ("/?ref=K", &[("host", "")], Outcome::Captured),
        ("https://www.shop.example/?ref=K", &[], Outcome::Captured),
        ("https://other.example/?ref=K", &[], OUTSIDE_DOMAIN),
        // A proxy has put its own name there, and says what stood there before.
        (
            "/?ref=K",
            &[
                ("host", "app:8080"),
                ("x-forwarded-host", "www.shop.example"),
            ],
            Outcome::Captured,
        ),
        (
            "/?ref=K",
            &[
                ("host", "app:8080"),
                ("x-forwarded-host", "www.shop.example:443, edge.internal"),
            ],
            Outcome::Captured,
        ),
        (
            "/?ref=K",
            &[("host", "app:8080"), ("x-forwarded-host", "other.example")],
            OUTSIDE_DOMAIN,
        ),
    ] {
        let referrals = new().domain("shop.example").build().unwrap();
        let answer = captured(&referrals, target, headers).await;
        // The cookie is written all the same: a proxy may hide the host that the browser knows.
        assert_eq!(answer.0, format!("{outcome:?}"), "{target} {headers:?}");
        assert!(answer.1 >= 1, "{target} {headers:?}");
        if outcome == Outcome::Captured {
            assert_eq!(errors(), [""; 0], "{target} {headers:?}");
        } else {
            assert_one_error(&["shop.example", "`.domain(...)`"]);
        }
    }
    assert_eq!(OUTSIDE_DOMAIN.as_str(), "not_stored_outside_domain");
}

#[tokio::test]
async fn a_cookie_that_browsers_refuse_is_told_once_and_counted_always() {
    listen();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = heard.clone();
    let referrals = new()
        .domain("shop.example")
        .on_outcome(move |context| log.lock().unwrap().push(context.outcome))
        .build()
        .unwrap();
    let preview = [("host", "pr-12.preview.example")];
    captured(&referrals, "/?ref=anna-7", &preview).await;
    assert_one_error(&["pr-12.preview.example"]);
    captured(&referrals, "/?ref=ben", &preview).await;
    assert_eq!(errors(), [""; 0]);
    // Nothing is written here, so the host is of no interest.
    let stored = [preview[0], ("cookie", "partnero_referral=anna-7")];
    captured(&referrals, "/?ref=anna-7", &stored).await;
    captured(&referrals, "/", &preview).await;
    assert_eq!(
        *heard.lock().unwrap(),
        [
            OUTSIDE_DOMAIN,
            OUTSIDE_DOMAIN,
            Outcome::Unchanged,
            Outcome::NotReferred
        ]
    );
    assert_eq!(errors(), [""; 0]);
}

#[tokio::test]
async fn a_cookie_of_one_host_alone_is_kept_by_any() {
    listen();
    let referrals = new().build().unwrap();
    for host in ["shop.example", "localhost:3000", "[::1]:3000", "é"] {
        let headers = [(HOST.as_str(), host)];
        let answer = captured(&referrals, "/?ref=K", &headers).await;
        assert_eq!(answer, ("Captured".to_owned(), 1), "{host}");
    }
    assert_eq!(errors(), [""; 0]);
}
