//! Keys of other programs, which publishing tools append to every link, and cookies that anybody
//! wrote for the keys that lost.

use http::Request;
use tower::Layer;
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::{Attribution, InvalidReferralKey, Outcome, Referrals};

use super::{Site, get, request};

const BEFORE: &str = "partnero_referral_before";

/// The runners-up of a sign-up by a browser with these cookies.
fn runners_up(site: &Site, cookies: &str) -> Vec<String> {
    let signup = request("POST", "/signup", &[("cookie", cookies)]);
    let context = site.context(&signup);
    context
        .runners_up()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The cookies of a browser after it followed these links, one after the other.
async fn after_links(builder: ReferralsBuilder, links: &[&str]) -> (Site, String) {
    let site = Site::open(builder);
    let mut jar = std::collections::BTreeMap::<String, String>::new();
    for link in links {
        let pairs: Vec<_> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = pairs.join("; ");
        for line in site.cookies(get(link, &[("cookie", &cookies)])).await {
            let (pair, attributes) = line.split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                // Removals of other scopes leave our cookie alone.
                continue;
            }
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
    let pairs: Vec<_> = jar
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let cookies = pairs.join("; ");
    (site, cookies)
}

#[tokio::test]
async fn a_foreign_ref_leaves_the_friends_key_a_runner_up() {
    for foreign in [
        "producthunt",
        "blog.example",
        "undefined",
        "null",
        "main",
        "%7B%7Bcode%7D%7D",
    ] {
        let foreign = format!("/?ref={foreign}");
        let links = ["/?ref=anna-7", &foreign];
        let (site, cookies) = after_links(Referrals::builder(), &links).await;
        assert_eq!(runners_up(&site, &cookies), ["anna-7"], "{cookies}");
    }
}

#[tokio::test]
async fn under_first_touch_the_later_key_is_the_runner_up() {
    let builder = Referrals::builder().attribution(Attribution::FirstTouch);
    let (site, cookies) = after_links(
        builder,
        &["/?ref=producthunt", "/?ref=anna-7", "/?ref=anna-7"],
    )
    .await;
    assert_eq!(
        site.key(&get("/", &[("cookie", &cookies)])).as_deref(),
        Some("producthunt")
    );
    assert_eq!(runners_up(&site, &cookies), ["anna-7"], "{cookies}");
    let again = get("/?ref=anna-7", &[("cookie", &cookies)]);
    assert!(site.cookies(again).await.is_empty(), "nothing is new");
}

#[tokio::test]
async fn three_runners_up_are_kept_the_newest_first() {
    let links = [
        "/?ref=a", "/?ref=b", "/?ref=c", "/?ref=b", "/?ref=d", "/?ref=e",
    ];
    let (site, cookies) = after_links(Referrals::builder(), &links).await;
    assert_eq!(
        site.key(&get("/", &[("cookie", &cookies)])).as_deref(),
        Some("e")
    );
    assert_eq!(runners_up(&site, &cookies), ["d", "b", "c"], "{cookies}");
}

#[cfg(feature = "companion")]
#[tokio::test]
async fn a_companion_keeps_the_other_touch_without_a_second_cookie() {
    use tower_partnero::capture::companion::SigningKeys;

    let keys = SigningKeys::new([7; 32]).unwrap();
    let links = ["/?ref=anna-7", "/?ref=producthunt"];
    let (site, cookies) = after_links(Referrals::builder().companion(keys), &links).await;
    assert!(!cookies.contains(BEFORE), "{cookies}");
    assert_eq!(runners_up(&site, &cookies), ["anna-7"], "{cookies}");
}

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

#[tokio::test]
async fn a_stranger_page_makes_no_runner_up() {
    for attribution in [Attribution::LastTouch, Attribution::FirstTouch] {
        let site = Site::open(Referrals::builder().attribution(attribution));
        let frame = [
            ("cookie", "partnero_referral=anna-7"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ];
        assert!(
            site.cookies(get("/?ref=mallory", &frame)).await.is_empty(),
            "{attribution:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_key_is_as_if_it_were_not_there() {
    let accepts = || Referrals::builder().accept_keys(|key| key.as_str().starts_with("c-"));
    let site = Site::open(accepts());
    let not_accepted = Outcome::Ignored(InvalidReferralKey::NotAccepted);
    assert_eq!(site.outcome(&get("/?ref=producthunt", &[])), not_accepted);
    assert_eq!(
        site.key(&get("/?ref=producthunt&ref=c-1", &[])).as_deref(),
        Some("c-1")
    );
    let stored = get("/?ref=producthunt", &[("cookie", "partnero_referral=c-1")]);
    assert_eq!(site.outcome(&stored), Outcome::Remembered);
    assert!(site.send(stored).await.is_empty());
    let planted = get(
        "/",
        &[("cookie", "partnero_referral=x; partnero_referral=c-1")],
    );
    assert_eq!(site.key(&planted).as_deref(), Some("c-1"));
    let path = Site::open(accepts().path_links("ref"));
    assert_eq!(path.outcome(&get("/ref/producthunt", &[])), not_accepted);
    assert_eq!(path.key(&get("/ref/c-1", &[])).as_deref(), Some("c-1"));
    let page_before = accepts()
        .public_origins(["https://shop.example"])
        .referer_rescue(true);
    let rescued = Site::open(page_before);
    let next_page = |key: &str| {
        get(
            "/next",
            &[("referer", &format!("https://shop.example/?ref={key}"))],
        )
    };
    assert_eq!(rescued.key(&next_page("producthunt")), None);
    assert_eq!(rescued.key(&next_page("c-1")).as_deref(), Some("c-1"));
    let cookies = format!("partnero_referral=c-1; {BEFORE}=producthunt%0Ac-2");
    assert_eq!(runners_up(&site, &cookies), ["c-2"]);
}

#[test]
fn a_referral_that_the_app_stores_makes_the_stored_one_a_runner_up() {
    let referrals = Referrals::builder().build().unwrap();
    let request = get("/welcome", &[("cookie", "partnero_referral=anna-7")]);
    let token = tower_partnero::Referral::from_code("ben-1").unwrap();
    let mut response = http::Response::new(());
    referrals
        .store(&request.into_parts().0, token)
        .apply(&mut response);
    let lines = super::cookies(response.headers());
    let line = lines.iter().find(|line| line.starts_with(BEFORE));
    assert!(
        line.is_some_and(|line| line.starts_with(&format!("{BEFORE}=anna-7;"))),
        "{lines:?}"
    );
}

/// The line of the runners-up that storing `code` writes, on a request with the cookie `anna-7`.
fn stored_line(attribution: Attribution, uri: &str, code: &str) -> Option<String> {
    let referrals = Referrals::builder().attribution(attribution).build();
    let request = get(uri, &[("cookie", "partnero_referral=anna-7")]);
    let token = tower_partnero::Referral::from_code(code).unwrap();
    let mut response = http::Response::new(());
    let renewal = referrals.unwrap().store(&request.into_parts().0, token);
    renewal.apply(&mut response);
    let mut lines = super::cookies(response.headers()).into_iter();
    lines.find(|line| line.starts_with(BEFORE))
}

#[test]
fn under_first_touch_a_referral_that_the_app_stores_is_the_runner_up() {
    let line = stored_line(Attribution::FirstTouch, "/welcome", "ben-1");
    let line = line.expect("the key that loses is remembered");
    assert!(line.starts_with(&format!("{BEFORE}=ben-1;")), "{line}");
    assert_eq!(
        stored_line(Attribution::FirstTouch, "/welcome", "anna-7"),
        None
    );
}

#[test]
fn the_link_of_a_request_that_stores_a_token_is_a_runner_up_too() {
    let line = stored_line(Attribution::LastTouch, "/welcome?ref=carla-3", "ben-1");
    let line = line.expect("the keys that lose are remembered");
    let both = format!("{BEFORE}=carla-3%0Aanna-7;");
    assert!(line.starts_with(&both), "{line}");
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
