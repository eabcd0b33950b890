//! The response parts in an axum handler's answer, beside the other parts of the answer.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, HeaderMap, LOCATION, REFERRER_POLICY, SET_COOKIE};
use http::request::Parts;
use http::{HeaderName, Request, StatusCode};
use tower::{Layer, ServiceExt};
use tower_partnero::context::Consent;
use tower_partnero::{Referral, ReferralContext, Referrals};

const VISIT: &str = "partnero_referral=anna-7";

/// The headers of the answer to a visitor with Anna's cookie.
async fn visit(app: Router<Referrals>, referrals: Referrals, layered: bool) -> HeaderMap {
    let app = if layered {
        app.layer(referrals.layer())
    } else {
        app
    };
    let _elsewhere = referrals.layer().layer(());
    let request = Request::get("/").header("cookie", VISIT);
    let app = app.with_state(referrals);
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await;
    response.unwrap().into_parts().0.headers
}

fn set(headers: &HeaderMap) -> Vec<&str> {
    let lines = headers.get_all(SET_COOKIE).iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

fn referrals() -> Referrals {
    Referrals::builder().domain("shop.example").build().unwrap()
}

#[tokio::test]
async fn spent_is_a_response_part_beside_others() {
    async fn sign_up(
        State(referrals): State<Referrals>,
        visitor: ReferralContext,
    ) -> impl IntoResponse {
        let spent = referrals.spend(&visitor);
        ([(SET_COOKIE, "session=1")], spent, Redirect::to("/welcome"))
    }
    let referrals = referrals();
    let app = Router::new()
        .route("/", get(sign_up).post(sign_up))
        .layer(referrals.layer())
        .with_state(referrals);
    for (method, target, cookie) in [
        ("POST", "/", "partnero_referral=K"),
        ("POST", "/", "partnero_referral="),
        ("POST", "/?ref=K", ""),
        ("GET", "/?ref=K", ""),
        ("GET", "/?ref=K", "partnero_referral=S"),
    ] {
        let request = Request::builder().method(method).uri(target);
        let request = match cookie {
            "" => request,
            cookie => request.header("cookie", cookie),
        };
        let request = request.body(Body::empty());
        let response = app.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let headers = response.into_parts().0.headers;
        assert_eq!(headers[LOCATION], "/welcome");
        let lines = set(&headers);
        let [session, twin_removal, removal] = lines[..] else {
            panic!("three lines: {method} {target} {cookie}");
        };
        assert_eq!(session, "session=1");
        assert!(
            twin_removal.starts_with("partnero_referral=; "),
            "{twin_removal}"
        );
        assert!(!twin_removal.contains("Domain="), "{twin_removal}");
        assert!(removal.starts_with("partnero_referral=; "), "{removal}");
        assert!(
            removal.contains("; Domain=shop.example; Max-Age=0"),
            "{removal}"
        );
        assert_eq!(headers[CACHE_CONTROL], "private");
    }
}

/// In axum an array of headers replaces earlier headers: here the removal, and then `private`.
#[tokio::test]
async fn what_is_spent_stays_spent_before_an_array_of_headers() {
    async fn sign_up(
        State(referrals): State<Referrals>,
        visitor: ReferralContext,
    ) -> impl IntoResponse {
        let array = [
            (SET_COOKIE, "session=1"),
            (CACHE_CONTROL, "public, max-age=60"),
        ];
        (referrals.spend(&visitor), array, Redirect::to("/welcome"))
    }
    let headers = visit(Router::new().route("/", get(sign_up)), referrals(), true).await;
    let lines = set(&headers);
    assert_eq!(lines[0], "session=1");
    assert!(lines[1..].iter().all(|line| is_removal(line)));
    let shared = "partnero_referral=; SameSite=Lax; Secure; Path=/; Domain=shop.example; Max-Age=0";
    assert!(
        lines.iter().any(|line| line.starts_with(shared)),
        "{lines:?}"
    );
    assert_eq!(headers[CACHE_CONTROL], "private, max-age=60");
}

#[tokio::test]
async fn a_renewed_cookie_never_leaves_with_a_public_page() {
    async fn page(State(referrals): State<Referrals>, parts: Parts) -> impl IntoResponse {
        let cdn = HeaderName::from_static("cdn-cache-control");
        let array = [(CACHE_CONTROL, "public"), (cdn, "max-age=60")];
        (referrals.renew(&parts), array, "page")
    }
    let headers = visit(Router::new().route("/", get(page)), referrals(), true).await;
    assert_eq!(headers[CACHE_CONTROL], "private");
    assert!(!headers.contains_key("cdn-cache-control"));
    assert_eq!(
        set(&headers)
            .iter()
            .filter(|line| line.starts_with(VISIT))
            .count(),
        1
    );
}

/// Nothing is written twice, and where a handler sets the cookie itself, its line stays.
#[tokio::test]
async fn what_is_there_is_left_as_it_is() {
    async fn alone(
        State(referrals): State<Referrals>,
        visitor: ReferralContext,
    ) -> impl IntoResponse {
        (referrals.spend(&visitor), "page")
    }
    async fn replaced(
        State(referrals): State<Referrals>,
        visitor: ReferralContext,
    ) -> impl IntoResponse {
        let own = [(SET_COOKIE, "partnero_referral=ben")];
        (referrals.spend(&visitor), own, "page")
    }
    let app = || Router::new().route("/", get(alone));
    let within = visit(app(), referrals(), true).await;
    assert_eq!(within, visit(app(), referrals(), false).await);
    assert_eq!(
        set(&within).len(),
        3,
        "two scopes of ours, and the runners-up"
    );
    let replaced = Router::new().route("/", get(replaced));
    let headers = visit(replaced, referrals(), true).await;
    assert_eq!(set(&headers), ["partnero_referral=ben"]);
}

/// Of two parts the last one counts, also after the array behind them has replaced the lines of both.
#[tokio::test]
async fn of_two_parts_the_last_one_counts() {
    async fn page(
        State(referrals): State<Referrals>,
        visitor: ReferralContext,
        parts: Parts,
    ) -> impl IntoResponse {
        let array = [(SET_COOKIE, "session=1")];
        (
            referrals.renew(&parts),
            referrals.spend(&visitor),
            array,
            "page",
        )
    }
    let headers = visit(Router::new().route("/", get(page)), referrals(), true).await;
    let ours = set(&headers).into_iter().skip(1);
    assert!(ours.clone().count() > 0);
    for line in ours {
        assert!(is_removal(line), "{line}");
    }
}

/// Of our cookie, or of the runners-up.
fn is_removal(line: &str) -> bool {
    line.starts_with("partnero_referral=; ") || line.starts_with("partnero_referral_before=; ")
}

/// The `Referer` after the redirect does not name the page with the form.
#[tokio::test]
async fn the_address_of_the_form_stays_hidden_before_an_array_of_headers() {
    async fn sign_up(
        State(referrals): State<Referrals>,
        visitor: ReferralContext,
    ) -> impl IntoResponse {
        let code = Referral::from_code("anna-7").ok();
        let array = [(REFERRER_POLICY, "unsafe-url")];
        (referrals.spend(&visitor.with_referral(code)), array, "page")
    }
    let policy = Referrals::builder()
        .public_origins(["https://shop.example"])
        .referer_rescue(true)
        .consent(|_| Consent::Unknown);
    let app = Router::new().route("/", get(sign_up));
    let headers = visit(app, policy.build().unwrap(), true).await;
    assert_eq!(headers[REFERRER_POLICY], "strict-origin");
}

/// What the docs of `Spent` and `RequestHead` say of nested routers, and what they advise.
#[tokio::test]
async fn a_nested_sign_up_clears_only_the_path_that_it_sees() {
    async fn sign_up(
        State(referrals): State<Referrals>,
        visitor: ReferralContext,
    ) -> impl IntoResponse {
        (referrals.spend(&visitor), "welcome")
    }
    let nested = Router::new().nest("/account", Router::new().route("/signup", post(sign_up)));
    let whole = Router::new().route("/account/signup", post(sign_up));
    for (app, is_cleared) in [(nested, false), (whole, true)] {
        let referrals = Referrals::builder().build().unwrap();
        let request = Request::post("/account/signup")
            .header("host", "www.shop.example")
            .header("cookie", VISIT);
        let app = app.layer(referrals.layer()).with_state(referrals);
        let response = app.oneshot(request.body(Body::empty()).unwrap()).await;
        let headers = response.unwrap().into_parts().0.headers;
        let planted = "Path=/account; Domain=shop.example;";
        let removed = set(&headers);
        let is_removed = removed.iter().any(|line| line.contains(planted));
        assert_eq!(is_removed, is_cleared, "{removed:?}");
    }
}
