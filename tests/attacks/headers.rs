//! Injection into headers, oversize values, and cookies of other names.

use tower_partnero::{Attribution, InvalidReferralKey, Outcome, Referrals};

use super::{Site, get, request};

/// For each key the line is our cookie with our attributes, and nothing else.
#[tokio::test]
async fn no_key_adds_an_attribute_or_a_header() {
    for hostile in [
        "K%3B+Domain%3Devil.example",
        "K;+Path=/admin",
        "K%22%3B+HttpOnly",
        "K%2C+partnero_referral%3Dmallory",
        "K%5C%22",
        "%E2%80%A8K",
    ] {
        let site = Site::open(Referrals::builder());
        let headers = site.send(get(&format!("/?ref={hostile}"), &[])).await;
        assert_eq!(
            headers.len(),
            2,
            "a cookie and the word to caches: {headers:?}"
        );
        let lines = super::cookies(&headers);
        let attributes = lines[0].split_once("; ").unwrap().1;
        assert_eq!(
            attributes, "SameSite=Lax; Secure; Path=/; Max-Age=2592000",
            "{hostile}"
        );
    }
    for broken in ["K%0D%0ASet-Cookie:+a=b", "K%00", "K%C2%85K", "%0AK%7F"] {
        let site = Site::open(Referrals::builder());
        let request = get(&format!("/?ref={broken}"), &[]);
        let ignored = Outcome::Ignored(InvalidReferralKey::ControlCharacter);
        assert_eq!(site.outcome(&request), ignored, "{broken}");
        assert!(site.send(request).await.is_empty(), "{broken}");
    }
}

#[tokio::test]
async fn a_value_too_long_to_be_a_key_is_refused_and_never_cut() {
    let long = "k".repeat(10_000);
    let site = Site::open(Referrals::builder());
    for request in [
        get(&format!("/?ref={long}"), &[]),
        get(&format!("/?ref={}", "%41".repeat(256)), &[]),
        get("/", &[("cookie", &format!("partnero_referral={long}"))]),
    ] {
        assert_eq!(
            site.outcome(&request),
            Outcome::Ignored(InvalidReferralKey::TooLong)
        );
        assert!(site.send(request).await.is_empty());
    }
}

/// Partnero's script writes its cookie for one host. Beside our cookie for the domain, the older one of
/// the two would always be read.
#[tokio::test]
async fn the_scripts_twin_goes_when_the_server_writes() {
    let site = Site::open(Referrals::builder().domain("shop.example"));
    let script = [("cookie", "partnero_referral=from-script")];
    assert_eq!(
        site.cookies(get("/", &script)).await,
        [""; 0],
        "it is never changed unasked"
    );
    assert_eq!(
        site.cookies(get("/?ref=anna-7", &script)).await.len(),
        3,
        "the twin's removal, the runner-up and our cookie"
    );
    assert_eq!(
        site.cookies(get("/?ref=anna-7", &[])).await.len(),
        1,
        "no twin, no removal"
    );

    let mut response = http::Response::new(());
    site.referrals
        .renew(&get("/", &script).into_parts().0)
        .apply(&mut response);
    let lines = super::cookies(response.headers());
    assert_eq!(lines.len(), 2);
    assert!(
        lines[1].starts_with("partnero_referral=from-script; ")
            && lines[1].contains("Max-Age=2592000")
    );
    assert_eq!(response.headers()["cache-control"], "private");

    let mut untouched = http::Response::new(());
    site.referrals
        .renew(&get("/?ref=new", &[]).into_parts().0)
        .apply(&mut untouched);
    assert!(
        untouched.headers().is_empty(),
        "what is new is the layer's to write"
    );
}

/// Without a domain only the path differs between the script's cookie and ours.
#[tokio::test]
async fn the_scripts_twin_above_our_path_goes_too() {
    let site = Site::open(Referrals::builder().path("/shop"));
    let script = [("cookie", "partnero_referral=from-script")];
    let lines = site.cookies(get("/shop?ref=anna-7", &script)).await;
    let set = lines.last().unwrap();
    assert!(set.starts_with("partnero_referral=anna-7; ") && set.contains("; Path=/shop; "));
    let is_twin =
        |line: &String| line.starts_with("partnero_referral=; ") && line.contains("; Path=/; ");
    assert!(lines.iter().any(is_twin), "{lines:?}");
}

/// A page that renews for every visitor, in a frame of another site.
#[test]
fn what_may_not_be_stored_is_not_renewed() {
    let site = Site::open(Referrals::builder());
    for visit in [
        get("/?ref=mallory", &[("sec-fetch-dest", "iframe")]),
        get("/?ref=mallory", &[("sec-purpose", "prefetch")]),
        request("POST", "/?ref=mallory", &[]),
    ] {
        let context = site.context(&visit);
        assert!(matches!(context.outcome, Outcome::NotStored(_)));
        let mut response = http::Response::new(());
        let renewal = site.referrals.renew(&visit.into_parts().0);
        renewal.apply(&mut response);
        assert!(response.headers().is_empty(), "{:?}", context.outcome);
    }
}

/// A page that renews starts the time of a link again when the visitor follows the link again.
#[test]
fn a_click_that_changed_nothing_is_renewed_on_request() {
    let stored = [("cookie", "partnero_referral=anna-7")];
    let first_touch = || Referrals::builder().attribution(Attribution::FirstTouch);
    for (builder, target, outcome) in [
        (Referrals::builder(), "/?ref=anna-7", Outcome::Unchanged),
        (first_touch(), "/?ref=ben", Outcome::FirstTouchKept),
    ] {
        let site = Site::open(builder);
        let visit = get(target, &stored);
        assert_eq!(site.outcome(&visit), outcome);
        let mut response = http::Response::new(());
        let renewal = site.referrals.renew(&visit.into_parts().0);
        renewal.apply(&mut response);
        let lines = super::cookies(response.headers());
        let set = lines.last().unwrap();
        assert!(set.starts_with("partnero_referral=anna-7; "), "{lines:?}");
    }
}

#[test]
fn split_lines_and_strange_neighbours_hide_nothing() {
    let site = Site::open(Referrals::builder());
    let split = get(
        "/",
        &[
            ("cookie", "a=1"),
            ("cookie", "partnero_referral=anna-7"),
            ("cookie", "b=2"),
        ],
    );
    assert_eq!(site.key(&split).as_deref(), Some("anna-7"));
    let mut strange = get("/", &[]);
    let line = http::HeaderValue::from_bytes(b"\xff\xfe=\x80; ;=;; partnero_referral=anna-7; \xc3")
        .unwrap();
    strange.headers_mut().insert("cookie", line);
    assert_eq!(site.key(&strange).as_deref(), Some("anna-7"));
}

#[test]
fn a_parameter_that_stands_twice_is_a_reported_conflict() {
    let site = Site::open(Referrals::builder());
    let context = site.context(&get("/?ref=anna-7&ref=mallory", &[]));
    assert!(context.conflicting);
    assert_eq!(context.referral.unwrap().key().as_str(), "anna-7");
}
