//! A referral that the app hands in: stored by another site's page, or against the rules for links.

use http::Response;
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::capture::consent;
use tower_partnero::{Attribution, Referral, Referrals};

use super::{Site, cookies, request};

/// The cookies that a landing page stores in a browser which opens this token's link.
fn stored(builder: ReferralsBuilder, method: &str, headers: &[(&str, &str)]) -> Vec<String> {
    let site = Site::open(builder);
    let (parts, ()) = request(method, "/welcome?t=token", headers).into_parts();
    let mut response = Response::new(());
    let anna = Referral::from_code("anna-7").unwrap();
    site.referrals.store(&parts, anna).apply(&mut response);
    cookies(response.headers())
}

#[test]
fn a_persons_visit_or_form_stores_it() {
    for (method, headers) in [
        ("GET", &[][..]),
        (
            "GET",
            &[
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
        ),
        (
            "POST",
            &[
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
        ),
        ("GET", &[("cookie", "partnero_referral=ben")]),
    ] {
        let lines = stored(Referrals::builder(), method, headers);
        let line = lines.last().expect("a cookie");
        assert!(line.starts_with("partnero_referral=anna-7; "), "{line}");
    }
}

/// An older cookie may be of another subdomain, and would be read before the key that is handed in.
#[test]
fn what_is_in_the_way_of_it_goes() {
    let planted = [
        ("host", "www.shop.example"),
        ("cookie", "partnero_referral=mallory"),
    ];
    let lines = stored(Referrals::builder(), "GET", &planted);
    let for_all = "Path=/; Domain=shop.example; Max-Age=0";
    assert!(lines.iter().any(|line| line.contains(for_all)), "{lines:?}");
}

/// Everybody can get a token for their own key. A token must not bypass the rules for links.
#[test]
fn a_strangers_page_plants_nothing_by_a_token() {
    for headers in [
        &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")][..],
        &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
        &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
        &[("sec-purpose", "prefetch")],
        &[("sec-purpose", "prefetch;prerender")],
    ] {
        for method in ["GET", "POST"] {
            let lines = stored(Referrals::builder(), method, headers);
            assert_eq!(lines, [""; 0], "{method} {headers:?}");
        }
    }
}

#[test]
fn it_obeys_attribution_and_consent() {
    let first = || Referrals::builder().attribution(Attribution::FirstTouch);
    let ben = [("cookie", "partnero_referral=ben")];
    let loses = stored(first(), "GET", &ben);
    assert_eq!(loses.len(), 1, "only remembered: {loses:?}");
    assert!(loses[0].starts_with("partnero_referral_before=anna-7;"));
    assert_eq!(stored(first(), "GET", &[]).len(), 1);
    let same = [("cookie", "partnero_referral=anna-7")];
    assert_eq!(
        stored(Referrals::builder(), "GET", &same),
        [""; 0],
        "it is there"
    );

    for (cookie, lines) in [("consent=yes", 1), ("consent=no", 0), ("a=1", 0)] {
        let policy = Referrals::builder().consent(consent::by_cookie("consent", "yes"));
        let written = stored(policy, "GET", &[("cookie", cookie)]);
        assert_eq!(written.len(), lines, "{cookie}");
    }
}

#[test]
fn nothing_handed_in_writes_nothing() {
    let site = Site::open(Referrals::builder());
    let (parts, ()) = request("GET", "/welcome?t=broken", &[]).into_parts();
    let mut response = Response::new(());
    site.referrals.store(&parts, None).apply(&mut response);
    assert!(response.headers().is_empty());
}
