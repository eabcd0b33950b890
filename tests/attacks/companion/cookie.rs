//! Which cookies are stored, when they are written, and when they are removed.

use http::Response;
use tower_partnero::capture::consent;
use tower_partnero::{Attribution, Outcome};

use super::{DAY, NAME, after, land, policy, shop, touches};
use crate::{Site, get, request};

/// A sign-up removes both cookies, and the companion alone brings no referral back. With both cookies
/// put back there is a referral again, as the docs say, but without a new time.
#[tokio::test]
async fn a_companion_shown_again_after_the_sign_up_starts_nothing_new() {
    let site = shop();
    let (companion, plain) = land(&site, "/?ref=anna-7", "").await;
    for jar in [format!("{plain}; {companion}"), companion.clone()] {
        let sign_up = request("POST", "/signup", &[("cookie", &jar)]);
        let mut response = Response::new(());
        let context = site.context(&sign_up);
        site.referrals.spend(&context).apply(&mut response);
        let removed = crate::cookies(response.headers());
        for name in [NAME, "partnero_referral"] {
            let start = format!("{name}=; ");
            let mut ours = removed.iter().filter(|line| line.starts_with(&start));
            let ends = "Secure; Path=/; Max-Age=0; ";
            assert!(
                ours.any(|line| line.contains(ends)),
                "{name} in {removed:?}"
            );
        }
    }
    let alone = after(&site, 0, "/", &companion);
    assert_eq!(alone.outcome, Outcome::NotReferred);
    let next = after(&site, 0, "/?ref=ben", &companion);
    assert_eq!(touches(&next)[0].0, "ben", "the journey before is over");
    let replayed = format!("{plain}; {companion}");
    assert_eq!(after(&site, 30, "/", &replayed).outcome, Outcome::Expired);
}

#[tokio::test]
async fn no_frame_and_no_prefetch_touches_the_companion() {
    let site = Site::open(policy().attribution(Attribution::FirstTouch));
    let (companion, plain) = land(&site, "/?ref=anna-7", "").await;
    let jar = format!("{plain}; {companion}");
    for jar in [&*jar, &plain] {
        for target in ["/?ref=mallory", "/?ref=anna-7"] {
            for header in [
                ("sec-fetch-dest", "iframe"),
                ("sec-fetch-mode", "no-cors"),
                ("sec-purpose", "prefetch"),
            ] {
                let visit = get(target, &[header, ("cookie", jar)]);
                assert_eq!(site.cookies(visit).await, [""; 0], "{target} {header:?}");
            }
        }
    }
    // A person's click on the stored link stores the time, which was unknown before.
    let click = get("/?ref=anna-7", &[("cookie", &plain)]);
    let lines = site.cookies(click).await;
    assert!(lines.len() == 1 && lines[0].starts_with(NAME), "{lines:?}");
}

#[tokio::test]
async fn a_page_that_stays_public_gets_no_companion_either() {
    let builder = policy()
        .attribution(Attribution::FirstTouch)
        .leave_public_pages(true);
    let site = Site::open(builder).answering("cache-control", "public");
    let click = get("/?ref=ben", &[("cookie", "partnero_referral=anna-7")]);
    let headers = site.send(click).await;
    assert_eq!(headers["cache-control"], "public");
    assert_eq!(crate::cookies(&headers), [""; 0]);

    let site = Site::open(policy()).answering("cache-control", "public");
    let click = get("/?ref=anna-7", &[("cookie", "partnero_referral=anna-7")]);
    let headers = site.send(click).await;
    assert_eq!(headers["cache-control"], "private", "one visitor's alone");
}

#[tokio::test]
async fn nothing_is_kept_or_read_without_consent() {
    let banner = || policy().consent(consent::by_cookie("consent", "yes"));
    let site = Site::open(banner());
    assert_eq!(site.cookies(get("/?ref=anna-7", &[])).await, [""; 0]);
    let (companion, plain) = land(&site, "/?ref=anna-7", "consent=yes").await;
    let jar = format!("{plain}; {companion}");
    let unknown = after(&site, 0, "/", &jar);
    assert_eq!(
        (unknown.outcome, unknown.first_touch()),
        (Outcome::NotReferred, None)
    );

    let nothing = get("/?ref=anna-7", &[("cookie", "consent=no")]);
    assert_eq!(
        site.cookies(nothing).await,
        [""; 0],
        "there is none to remove"
    );
    let withdrawn = format!("consent=no; {jar}");
    assert_eq!(after(&site, 0, "/", &withdrawn).first_touch(), None);
    let aged = after(&site, 60, "/", &withdrawn);
    assert_eq!(aged.outcome, Outcome::ConsentWithdrawn);
    for jar in [withdrawn, format!("consent=no; {companion}")] {
        let lines = site.cookies(get("/", &[("cookie", &jar)])).await;
        let has = |name: &str| lines.iter().any(|line| line.starts_with(name));
        assert!(has(&format!("{NAME}=; ")) && has("partnero_referral=; "));
    }

    // For one domain, in each scope that a cookie of this name may have.
    let site = Site::open(banner().domain("shop.example").path("/shop"));
    let jar = "consent=no; partnero_referral_touches=x";
    let lines = site.cookies(get("/", &[("cookie", jar)])).await;
    for scope in [
        "Path=/shop; Domain=shop.example; Max-Age=0",
        "Path=/shop; Max-Age=0",
        "Path=/; Max-Age=0",
    ] {
        let start = "partnero_referral_touches=; HttpOnly; ";
        let is_removal = |line: &String| line.starts_with(start) && line.contains(scope);
        assert!(lines.iter().any(is_removal), "{scope} in {lines:?}");
    }
}

#[tokio::test]
async fn the_cookie_is_bound_to_its_host() {
    let lines = shop().cookies(get("/?ref=anna-7", &[])).await;
    let (pair, attributes) = lines[0].split_once("; ").unwrap();
    assert!(pair.starts_with(&format!("{NAME}=")));
    assert_eq!(
        attributes,
        "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=5184000"
    );

    let shared = policy().domain("shop.example").path("/shop").secure(false);
    let lines = Site::open(shared).cookies(get("/?ref=anna-7", &[])).await;
    assert!(lines[0].starts_with("partnero_referral_touches="));
    assert!(lines[0].contains("; Path=/shop; Domain=shop.example; "));

    for refused in [policy().secure(false), policy().path("/shop")] {
        let error = refused.build().unwrap_err();
        assert_eq!(error.setting(), "companion");
        let advice = "write `.secure(true)` and `.path(\"/\")`";
        assert!(error.to_string().contains(advice), "{error}");
    }
    let long = Site::open(policy().max_age(DAY * 300));
    let lines = long.cookies(get("/?ref=anna-7", &[])).await;
    assert!(lines[0].ends_with("Max-Age=34560000"), "400 days");
    for name in ["__Host-friend", "__host-friend"] {
        let host = Site::open(policy().cookie_name(name));
        let lines = host.cookies(get("/?ref=anna-7", &[])).await;
        let start = format!("{name}_touches=");
        assert!(lines[0].starts_with(&start), "{lines:?}");
    }
}

/// As with the referral's own cookie: a companion for this host only would be read beside ours or before
/// it.
#[tokio::test]
async fn a_twin_of_the_companion_goes_when_it_is_written() {
    let site = Site::open(policy().domain("shop.example"));
    let stored = [("cookie", "partnero_referral=anna-7")];
    let lines = site.cookies(get("/?ref=ben", &stored)).await;
    let of_companion = |line: &String| line.starts_with("partnero_referral_touches=");
    let mut companions = lines.iter().filter(|line| of_companion(line));
    let set = companions.next_back().unwrap();
    assert!(!set.contains("=; ") && set.contains("Domain=shop.example"));
    let is_twin = |line: &String| line.contains("=; ") && !line.contains("Domain");
    assert!(companions.any(is_twin), "{lines:?}");
}

#[tokio::test]
async fn the_longest_keys_fit_into_a_cookie() {
    let site = shop();
    let long = |letter: &str| letter.repeat(255);
    let (companion, plain) = land(&site, &format!("/?ref={}", long("a")), "").await;
    let jar = format!("{plain}; {companion}");
    let (companion, _) = land(&site, &format!("/?ref={}", long("b")), &jar).await;
    assert!(companion.len() < 1024, "{}", companion.len());
    let jar = format!("partnero_referral={}; {companion}", long("b"));
    let [first, last] = touches(&after(&site, 0, "/", &jar));
    assert_eq!((first.0, last.0), (long("a"), long("b")));
}

/// Where the handler itself sets or removes the companion, as a sign-up does, the layer writes no other.
#[tokio::test]
async fn the_layer_writes_nothing_over_the_handlers_removal() {
    let site = Site::open(policy().attribution(Attribution::FirstTouch));
    let (companion, plain) = land(&site, "/?ref=anna-7", "").await;
    let removal = "__Host-partnero_referral_touches=; Path=/; Max-Age=0";
    let spending = Site::open(policy().attribution(Attribution::FirstTouch));
    let spending = spending.answering("set-cookie", removal);
    let jar = format!("{plain}; {companion}");
    let click = || get("/signup?ref=ben", &[("cookie", &jar)]);
    assert_eq!(
        site.cookies(click()).await.len(),
        1,
        "there is something to write"
    );
    assert_eq!(spending.cookies(click()).await, [removal]);
}
