//! Path links: an open redirect, and a path that only looks like a link.

use http::header::LOCATION;
use http::{Request, Response, StatusCode};
use tower::{Layer, ServiceExt};
use tower_partnero::{InvalidReferralKey, NotStored, Outcome, ReferralSource, Referrals};

use super::{Site, cookies, get, request};

async fn follow(request: Request<()>) -> Response<String> {
    let referrals = Referrals::builder().path_links("ref").build().unwrap();
    let redirect = referrals
        .layer()
        .layer(referrals.path_link_redirect::<String>("/").unwrap());
    redirect.oneshot(request).await.unwrap()
}

#[tokio::test]
async fn the_visitor_is_credited_and_sent_on() {
    let response = follow(get("/ref/anna-7?to=/tea&utm_source=mail", &[])).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[LOCATION], "/tea?utm_source=mail");
    assert!(cookies(response.headers())[0].starts_with("partnero_referral=anna-7; "));
    assert_eq!(response.headers()["cache-control"], "private");
}

#[tokio::test]
async fn nobody_is_sent_to_a_strangers_page() {
    for to in [
        "//evil.example",
        "https://evil.example",
        "https:evil.example",
        "%2F%2Fevil.example",
        "/%2Fevil.example",
        "/%5Cevil.example",
        "/%252Fevil.example",
        "%5C%5Cevil.example",
        "/%09/evil.example",
        "/%0D%0ALocation:%20https://evil.example",
        "javascript:alert(1)",
        "%20//evil.example",
        ".evil.example",
        "@evil.example",
    ] {
        let response = follow(get(&format!("/ref/anna-7?to={to}"), &[])).await;
        assert_eq!(response.headers()[LOCATION], "/", "{to}");
        assert_eq!(response.headers().get_all(LOCATION).iter().count(), 1);
    }
}

/// A browser that fetches ahead, and a link checker, are sent to the page with the key in its address.
#[tokio::test]
async fn a_key_that_nobody_has_clicked_is_carried_on() {
    for link in [
        request("HEAD", "/ref/anna-7", &[]),
        get("/ref/anna-7", &[("sec-purpose", "prefetch")]),
    ] {
        let response = follow(link).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[LOCATION], "/?ref=anna-7");
        assert!(cookies(response.headers()).is_empty());
    }
}

/// Before the visitor has consented, the redirect passes the key on.
#[tokio::test]
async fn a_key_that_may_not_be_stored_is_carried_on() {
    let policy = Referrals::builder()
        .path_links("ref")
        .parameters(["friend", "ref"])
        .consent(tower_partnero::capture::consent::by_cookie(
            "consent", "yes",
        ));
    let referrals = policy.build().unwrap();
    let redirect = referrals
        .layer()
        .layer(referrals.path_link_redirect::<String>("/start").unwrap());
    let sent_on = async |headers: &[(&str, &str)]| {
        let response = redirect
            .clone()
            .oneshot(get("/ref/a%26b?x=1", headers))
            .await
            .unwrap();
        response.headers()[LOCATION].to_str().unwrap().to_owned()
    };
    assert_eq!(sent_on(&[]).await, "/start?x=1&friend=a%26b");
    assert_eq!(sent_on(&[("cookie", "consent=yes")]).await, "/start?x=1");
    assert_eq!(sent_on(&[("cookie", "consent=no")]).await, "/start?x=1");
    for default in [
        "",
        "welcome",
        "//evil.example",
        "https://evil.example",
        "/a b",
        // A path link as the default page would be redirected without end.
        "/ref/welcome",
        "/ref/welcome/?x=1",
    ] {
        let refused = referrals.path_link_redirect::<String>(default).unwrap_err();
        assert_eq!(refused.setting(), "path_link_redirect", "{default}");
    }
}

/// The key is stored once, with a layer around the service and without it.
#[tokio::test]
async fn the_redirect_captures_by_itself() {
    let referrals = Referrals::builder().path_links("ref").build().unwrap();
    let redirect = referrals.path_link_redirect::<String>("/").unwrap();
    let alone = redirect
        .clone()
        .oneshot(get("/ref/anna-7", &[]))
        .await
        .unwrap();
    let within = referrals.layer().layer(redirect);
    let within = within.oneshot(get("/ref/anna-7", &[])).await.unwrap();
    assert_eq!(cookies(within.headers()).len(), 1);
    assert_eq!(alone.headers(), within.headers());
    assert_eq!(alone.headers()["cache-control"], "private");
}

#[test]
fn a_policy_whose_links_could_not_be_followed_is_refused() {
    for builder in [
        Referrals::builder(),
        Referrals::builder()
            .path_links("ref")
            .parameters(["ref", "to"]),
    ] {
        let referrals = builder.build().unwrap();
        let refused = referrals.path_link_redirect::<String>("/").unwrap_err();
        assert_eq!(refused.setting(), "path_link_redirect");
    }
}

/// A target and a query that are about as long as servers accept.
#[tokio::test]
async fn a_long_target_with_many_parameters_is_sent_on_whole() {
    let to = "/a".repeat(8_000);
    let rest = "&a".repeat(8_000);
    let response = follow(get(&format!("/ref/k?to={to}{rest}"), &[])).await;
    let location = response.headers()[LOCATION].to_str().unwrap();
    assert_eq!(location, format!("{to}?{}", &rest[1..]));
}

#[tokio::test]
async fn a_form_is_not_sent_on() {
    let response = follow(request("POST", "/ref/anna-7", &[])).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "GET, HEAD");
    assert!(cookies(response.headers()).is_empty());
}

#[tokio::test]
async fn a_path_is_a_link_only_where_the_policy_says_so() {
    let visit = get("/ref/anna-7", &[]);
    assert_eq!(
        Site::open(Referrals::builder()).outcome(&visit),
        Outcome::NotReferred
    );

    let site = Site::open(Referrals::builder().path_links("ref"));
    let referral = site.context(&visit).referral.unwrap();
    assert_eq!(
        (referral.key().as_str(), referral.source()),
        ("anna-7", ReferralSource::Path)
    );
    for other in ["/reference/x", "/shop/ref/x", "/ref/a/b", "/ref"] {
        assert_eq!(
            site.outcome(&get(other, &[])),
            Outcome::NotReferred,
            "{other}"
        );
    }
    let both = get("/ref/anna-7?ref=ben", &[]);
    assert_eq!(
        site.key(&both).as_deref(),
        Some("ben"),
        "the query comes first"
    );
    // The context says what was wrong with the query, also where the path has a key.
    let broken = InvalidReferralKey::ControlCharacter;
    let context = site.context(&get("/ref/anna-7?ref=%00", &[]));
    assert_eq!(context.referral.unwrap().key().as_str(), "anna-7");
    assert_eq!(context.ignored, Some(broken));
    let both = get("/ref/%ff?ref=%00", &[]);
    assert_eq!(site.outcome(&both), Outcome::Ignored(broken));
}

#[tokio::test]
async fn a_path_is_held_to_the_same_rules() {
    let site = Site::open(Referrals::builder().path_links("ref"));
    let long = format!("/ref/{}", "k".repeat(256));
    for (path, invalid) in [
        ("/ref/", InvalidReferralKey::Empty),
        ("/ref/%00", InvalidReferralKey::ControlCharacter),
        ("/ref/%ff", InvalidReferralKey::NotUtf8),
        (long.as_str(), InvalidReferralKey::TooLong),
    ] {
        assert_eq!(
            site.outcome(&get(path, &[])),
            Outcome::Ignored(invalid),
            "{path}"
        );
    }
    let frame = get("/ref/anna-7", &[("sec-fetch-dest", "iframe")]);
    assert_eq!(
        site.outcome(&frame),
        Outcome::NotStored(NotStored::Embedded)
    );
    assert!(site.cookies(frame).await.is_empty());
}
