//! The cookie under each setting: how its line looks, and under which names it is read.

use std::time::Duration;

use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Method, Request, Response, Uri};
use tower::{Layer, ServiceExt, service_fn};
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::{Outcome, ProgramKind, SameSite};

use crate::{DAY, new};

/// The `Set-Cookie` lines of a capture and of the removal after it, in sorted parts.
async fn set_and_removal(builder: ReferralsBuilder) -> [Vec<String>; 2] {
    let referrals = builder.build().unwrap();
    let page = service_fn(|_: Request<()>| std::future::ready(Response::builder().body(())));
    let (landing, ()) = Request::get("/?ref=K").body(()).unwrap().into_parts();
    let service = referrals.layer().layer(page);
    let captured = service
        .oneshot(Request::from_parts(landing.clone(), ()))
        .await;
    let mut spent = Response::new(());
    let context = referrals.context(&landing).unwrap();
    referrals.spend(&context).apply(&mut spent);
    [captured.unwrap(), spent].map(|response| {
        // With a domain, the removal of the cookie for this host only comes first.
        let lines = response.headers().get_all(SET_COOKIE);
        sorted(
            lines
                .iter()
                .next_back()
                .unwrap()
                .to_str()
                .unwrap()
                .split("; "),
        )
    })
}

/// The pair of the cookie that a link stores.
async fn pair_after(builder: &ReferralsBuilder, target: &str) -> Option<String> {
    let layer = builder.clone().build().unwrap().layer();
    let page = service_fn(|_: Request<()>| std::future::ready(Response::builder().body(())));
    let landing = Request::get(target).body(()).unwrap();
    let response = layer.layer(page).oneshot(landing).await.unwrap();
    let line = response.headers().get(SET_COOKIE)?.to_str().unwrap();
    line.split("; ").next().map(str::to_owned)
}

#[tokio::test]
async fn an_affiliate_policy_has_the_names_of_affiliate_programs() {
    let affiliate = new().affiliate();
    for (target, pair) in [
        ("/?aff=K", Some("partnero_partner=K")),
        ("/?via=K", Some("partnero_partner=K")),
        ("/?via=L&aff=K", Some("partnero_partner=K")),
        ("/?ref=K", None),
    ] {
        assert_eq!(pair_after(&affiliate, target).await.as_deref(), pair);
    }
    assert_eq!(pair_after(&new(), "/?aff=K").await, None);
    // The names that the app gives count, in either order of the settings.
    for builder in [
        new().affiliate().parameters(["a"]).cookie_name("c"),
        new().parameters(["a"]).cookie_name("c").affiliate(),
    ] {
        let pair = pair_after(&builder, "/?a=K").await;
        assert_eq!(pair.as_deref(), Some("c=K"));
        assert_eq!(pair_after(&builder, "/?aff=K").await, None);
    }
    let context = affiliate.build().unwrap().evaluate(
        &Method::GET,
        &Uri::from_static("/?aff=K"),
        &HeaderMap::new(),
    );
    assert_eq!(context.program, ProgramKind::Affiliate);
}

fn sorted<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut parts: Vec<_> = parts.into_iter().map(str::to_owned).collect();
    parts.sort_unstable();
    parts
}

#[tokio::test]
async fn set_and_removal_carry_the_attributes_as_configured() {
    let loopback = new().secure(false).same_site(SameSite::Strict);
    for (builder, name, kept, max_age) in [
        (
            new(),
            "partnero_referral",
            "SameSite=Lax; Secure; Path=/",
            "2592000",
        ),
        (
            new().cookie_name("partnero_partner").domain("shop.example"),
            "partnero_partner",
            "SameSite=Lax; Secure; Path=/; Domain=shop.example",
            "2592000",
        ),
        (
            new().path("/shop").http_only(true).max_age(400 * DAY),
            "partnero_referral",
            "HttpOnly; SameSite=Lax; Secure; Path=/shop",
            "34560000",
        ),
        (
            loopback.max_age(Duration::from_millis(1999)),
            "partnero_referral",
            "SameSite=Strict; Path=/",
            "1",
        ),
        (
            new().same_site(SameSite::None).cookie_name("__Host-r"),
            "__Host-r",
            "SameSite=None; Secure; Path=/",
            "2592000",
        ),
    ] {
        let [set, removal] = set_and_removal(builder).await;
        let stores = format!("{name}=K; Max-Age={max_age}; {kept}");
        assert_eq!(set, sorted(stores.split("; ")));
        let removes = format!("{name}=; Max-Age=0; {kept}");
        let past = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(removal, sorted(removes.split("; ").chain([past])));
    }
}

#[test]
fn links_and_cookies_are_read_under_the_configured_names() {
    let referrals = new()
        .parameters(["aff", "via"])
        .cookie_name("partnero_partner")
        .build()
        .unwrap();
    let evaluate = |target: &'static str, cookie| {
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(cookie))]);
        let context = referrals.evaluate(&Method::GET, &Uri::from_static(target), &headers);
        (
            context.outcome,
            context.referral.map(|referral| referral.key().to_string()),
        )
    };
    for (target, cookie, outcome, key) in [
        ("/?ref=K", "partnero_referral=S", Outcome::NotReferred, None),
        ("/?via=K", "", Outcome::Captured, Some("K")),
        ("/?via=K&aff=A", "", Outcome::Captured, Some("A")),
        ("/?via=K&aff=", "", Outcome::Captured, Some("K")),
        (
            "/?AFF=K",
            "partnero_partner=S",
            Outcome::Remembered,
            Some("S"),
        ),
    ] {
        assert_eq!(
            evaluate(target, cookie),
            (outcome, key.map(str::to_owned)),
            "{target}"
        );
    }
}
