//! The cookie of the keys that lost: it holds little, also if a stranger wrote it, and goes with ours.

use http::Request;
use tower::Layer;
use tower_partnero::{Attribution, Referrals};

use super::foreign_keys::{BEFORE, after_links, runners_up};
use super::{Site, get, request};

#[tokio::test]
async fn a_forged_cookie_holds_three_valid_keys_at_most() {
    let site = Site::open(Referrals::builder());
    let many: Vec<_> = (0..100).map(|number| format!("k{number}")).collect();
    let long = "k".repeat(256);
    for (value, keys) in [
        (many.join("%0A"), &["k0", "k1", "k2"][..]),
        ("a%0Aa%0Acounts".into(), &["a"]),
        (format!("{long}%0Aa"), &["a"]),
        ("%00%0A%FF%0Aa".into(), &["a"]),
        ("%0A%0A%0A".into(), &[]),
        (String::new(), &[]),
        ("k".repeat(8_000), &[]),
    ] {
        let cookies = format!("partnero_referral=counts; {BEFORE}={value}");
        assert_eq!(runners_up(&site, &cookies), keys, "{value}");
    }
    let twice = format!("{BEFORE}=a; {BEFORE}=b; partnero_referral=counts");
    assert_eq!(runners_up(&site, &twice), ["a", "b"]);
    assert!(
        runners_up(&site, &format!("{BEFORE}=a")).is_empty(),
        "no key counts"
    );
}

#[tokio::test]
async fn a_long_key_leaves_room_for_the_headers_of_a_response() {
    let long = format!("/?ref={}", "%C3%A9".repeat(100));
    let links = ["/?ref=anna-7", &long, "/?ref=ben", "/?ref=carla"];
    let (site, cookies) = after_links(Referrals::builder(), &links).await;
    assert_eq!(runners_up(&site, &cookies), ["ben", "anna-7"], "{cookies}");
}

#[tokio::test]
async fn without_a_foreign_key_no_cookie_is_written_beside_ours() {
    let site = Site::open(Referrals::builder());
    let lines = site.cookies(get("/?ref=anna-7", &[])).await;
    assert!(
        !lines.iter().any(|line| line.starts_with(BEFORE)),
        "{lines:?}"
    );
}

/// The lines of a response to a sign-up that reports by its own means.
fn spent(site: &Site, signup: &Request<()>) -> Vec<String> {
    let mut response = http::Response::new(());
    site.referrals
        .spend(&site.context(signup))
        .apply(&mut response);
    super::cookies(response.headers())
}

#[tokio::test]
async fn a_signup_removes_the_runners_up_where_there_are_any() {
    let site = Site::open(Referrals::builder().domain("shop.example"));
    let cookies = format!("partnero_referral=counts; {BEFORE}=a");
    let host = ("host", "www.shop.example");
    let lines = spent(
        &site,
        &request("POST", "/signup", &[("cookie", &cookies), host]),
    );
    let of_runners_up: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with(BEFORE))
        .collect();
    assert!(
        of_runners_up
            .last()
            .unwrap()
            .contains("Domain=shop.example; Max-Age=0"),
        "{lines:?}"
    );
    // A planted cookie of this host goes as well.
    assert!(
        of_runners_up.iter().any(|line| !line.contains("Domain=")),
        "{lines:?}"
    );
    let bytes: usize = lines
        .iter()
        .map(|line| line.len() + "set-cookie: \r\n".len())
        .sum();
    assert!(bytes <= 3_200, "{bytes}");

    let lines = spent(
        &site,
        &request("POST", "/signup", &[("cookie", "partnero_referral=counts")]),
    );
    assert!(
        !lines.iter().any(|line| line.starts_with(BEFORE)),
        "{lines:?}"
    );
}

#[tokio::test]
async fn consent_is_asked_for_the_runners_up_as_well() {
    use tower_partnero::context::Consent;

    let cookies = format!("partnero_referral=counts; {BEFORE}=a");
    for (consent, written) in [(Consent::Unknown, false), (Consent::Withdrawn, true)] {
        let site = Site::open(Referrals::builder().consent(move |_| consent));
        assert!(runners_up(&site, &cookies).is_empty(), "{consent:?}");
        let lines = site
            .cookies(get("/?ref=producthunt", &[("cookie", &cookies)]))
            .await;
        let line = lines.iter().find(|line| line.starts_with(BEFORE));
        assert_eq!(line.is_some(), written, "{consent:?} {lines:?}");
        assert!(
            line.is_none_or(|line| line.contains("Max-Age=0")),
            "{lines:?}"
        );
    }
}

#[test]
fn an_app_that_reports_by_its_own_code_removes_the_runners_up_on_a_get_too() {
    let referrals = Referrals::builder().build().unwrap();
    let _service = referrals.layer().layer(());
    let cookies = format!("partnero_referral=anna-7; {BEFORE}=ben-1");
    let request = get("/signed-up", &[("cookie", &cookies)]).into_parts().0;
    let context = referrals.context(&request).unwrap();
    let mut response = http::Response::new(());
    referrals.spend(&context).apply(&mut response);
    let lines = super::cookies(response.headers());
    let is_removal = |line: &String| line.starts_with(&format!("{BEFORE}=;"));
    assert!(lines.iter().any(is_removal), "{lines:?}");
}

/// The lines of a response in which a page renews the referral.
fn renewed(site: &Site, target: &str, cookies: &str) -> Vec<String> {
    let host = ("host", "www.shop.example");
    let (parts, ()) = get(target, &[("cookie", cookies), host]).into_parts();
    let mut response = http::Response::new(());
    site.referrals.renew(&parts).apply(&mut response);
    super::cookies(response.headers())
}

fn of_runners_up(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter().filter(|line| line.starts_with(BEFORE));
    lines.map(String::as_str).collect()
}

#[tokio::test]
async fn a_renewal_renews_the_runners_up_as_well() {
    for attribution in [Attribution::LastTouch, Attribution::FirstTouch] {
        let site = Site::open(Referrals::builder().attribution(attribution));
        let cookies = format!("partnero_referral=anna-7; {BEFORE}=ben%0Acarla");
        let lines = renewed(&site, "/", &cookies);
        let [line] = of_runners_up(&lines)[..] else {
            panic!("{lines:?}");
        };
        assert!(line.starts_with(&format!("{BEFORE}=ben%0Acarla; ")));
        assert!(line.ends_with("; Max-Age=2592000"), "{line}");
        assert!(
            lines
                .last()
                .unwrap()
                .starts_with("partnero_referral=anna-7; ")
        );

        let lines = renewed(&site, "/", "partnero_referral=anna-7");
        assert_eq!(of_runners_up(&lines), [""; 0], "there is none to renew");
        let broken = format!("partnero_referral=anna-7; {BEFORE}=%00");
        let lines = renewed(&site, "/", &broken);
        assert!(of_runners_up(&lines)[0].contains("=; "), "{lines:?}");
        assert_eq!(renewed(&site, "/", &format!("{BEFORE}=ben")), [""; 0]);
    }
    // The link of the request loses, and is not lost.
    let site = Site::open(Referrals::builder().attribution(Attribution::FirstTouch));
    let cookies = format!("partnero_referral=anna-7; {BEFORE}=ben");
    let lines = renewed(&site, "/?ref=carla", &cookies);
    assert!(
        of_runners_up(&lines)
            .last()
            .unwrap()
            .starts_with(&format!("{BEFORE}=carla%0Aben; ")),
        "{lines:?}"
    );
}

/// As with our cookie: a cookie of this name that another subdomain has stored goes where ours is
/// written.
#[tokio::test]
async fn planted_runners_up_go_when_ours_are_written() {
    let planted = |lines: &[String]| {
        let of_runners_up = of_runners_up(lines);
        let (ours, others) = of_runners_up.split_last().unwrap();
        assert!(!ours.contains("=; "), "{lines:?}");
        let scope = "; Path=/; Domain=shop.example; Max-Age=0";
        others.iter().filter(|line| line.ends_with(scope)).count()
    };
    let host = ("host", "www.shop.example");
    for (attribution, link) in [
        (Attribution::LastTouch, "/?ref=newsletter"),
        (Attribution::FirstTouch, "/?ref=newsletter"),
    ] {
        let site = Site::open(Referrals::builder().attribution(attribution));
        let cookies = format!("partnero_referral=anna-7; {BEFORE}=mallory");
        let lines = site.cookies(get(link, &[("cookie", &cookies), host])).await;
        assert_eq!(planted(&lines), 1, "{attribution:?} {lines:?}");
        let bytes = lines
            .iter()
            .map(|line| line.len() + "set-cookie: \r\n".len());
        assert!(bytes.sum::<usize>() <= 3_200);

        let twice = format!("{cookies}; {BEFORE}=ben");
        assert_eq!(planted(&renewed(&site, "/", &twice)), 1, "{attribution:?}");
        assert_eq!(planted(&renewed(&site, "/", &cookies)), 0, "it may be ours");
    }
}

#[tokio::test]
async fn junk_beside_the_runners_up_does_not_push_them_aside() {
    let site = Site::open(Referrals::builder());
    for junk in ["", "%00", "%0A%0A", &"k".repeat(300)] {
        let junk = format!("{BEFORE}={junk}; ").repeat(8);
        let cookies = format!("{junk}{BEFORE}=anna-7; partnero_referral=newsletter");
        assert_eq!(runners_up(&site, &cookies), ["anna-7"]);
    }
}

#[tokio::test]
async fn runners_up_alone_go_when_consent_does() {
    use tower_partnero::context::Consent;

    let site = Site::open(Referrals::builder().consent(|_| Consent::Withdrawn));
    let cookies = format!("{BEFORE}=anna-7");
    let lines = site.cookies(get("/", &[("cookie", &cookies)])).await;
    assert!(
        of_runners_up(&lines)
            .iter()
            .any(|line| line.contains("=; ")),
        "{lines:?}"
    );
}
