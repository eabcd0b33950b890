//! The main ways of attack once more, against the policy of an affiliate program: two parameters and
//! another cookie.

use http::Response;
use tower_partnero::capture::companion::SigningKeys;
use tower_partnero::capture::consent;
use tower_partnero::detour::Detour;
use tower_partnero::{NotStored, Outcome, ProgramKind, ReferralKey, Referrals};

use super::{Site, cookies, get, request};

const COOKIE: &str = "partnero_partner=pia-7";

fn site() -> Site {
    Site::open(Referrals::builder().affiliate())
}

/// The pairs of the cookies that are set, without removals.
fn set(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter().filter(|line| !line.contains("Max-Age=0"));
    lines.map(|line| line.split("; ").next().unwrap()).collect()
}

#[tokio::test]
async fn no_frame_image_or_prefetch_stores_a_partner() {
    for (headers, reason) in [
        (
            &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")][..],
            NotStored::NoNavigation,
        ),
        (
            &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
            NotStored::Embedded,
        ),
        (&[("sec-purpose", "prefetch")], NotStored::Speculative),
    ] {
        for link in ["/?aff=mallory", "/?via=mallory"] {
            let request = get(link, headers);
            assert_eq!(site().outcome(&request), Outcome::NotStored(reason));
            assert_eq!(site().cookies(request).await, [""; 0], "{headers:?}");
        }
    }
}

#[tokio::test]
async fn the_second_parameter_counts_only_without_a_key_in_the_first() {
    for (link, key) in [
        ("/?via=mallory&aff=pia-7", Some("pia-7")),
        ("/?aff=&via=pia-7", Some("pia-7")),
        ("/?aff=%00&via=pia-7", Some("pia-7")),
        ("/?aff&via", None),
        ("/?ref=mallory&utm_source=aff", None),
        ("/?affx=mallory&xvia=mallory&AFF=mallory", None),
    ] {
        assert_eq!(site().key(&get(link, &[])).as_deref(), key, "{link}");
    }
    let lines = site().cookies(get("/?via=pia-7", &[])).await;
    assert_eq!(set(&lines), [COOKIE]);
}

/// Directories of tools append `via=` to every link that leaves them.
#[tokio::test]
async fn a_foreign_via_leaves_the_partners_key_a_runner_up() {
    let site = site();
    let lines = site
        .cookies(get("/?via=directory", &[("cookie", COOKIE)]))
        .await;
    let stored = set(&lines).join("; ");
    assert_eq!(
        set(&lines),
        [
            "partnero_partner_before=pia-7",
            "partnero_partner=directory"
        ]
    );
    let context = site.context(&request("POST", "/signup", &[("cookie", &stored)]));
    let keys: Vec<_> = context
        .runners_up()
        .iter()
        .map(ReferralKey::as_str)
        .collect();
    assert_eq!(keys, ["pia-7"]);
}

#[tokio::test]
async fn a_referral_of_the_other_program_is_nobodys_business_here() {
    let cookie = [("cookie", "partnero_referral=anna-7")];
    let visit = get("/", &cookie);
    assert_eq!(site().outcome(&visit), Outcome::NotReferred);
    let context = site().context(&visit);
    let mut response = Response::new(());
    site().referrals.spend(&context).apply(&mut response);
    assert_eq!(cookies(response.headers()), [""; 0]);
}

#[tokio::test]
async fn a_tossed_cookie_is_reported_and_removed_in_every_scope() {
    let tossed = [
        ("host", "www.shop.example"),
        ("cookie", "partnero_partner=mallory; partnero_partner=pia-7"),
    ];
    assert!(site().context(&get("/", &tossed)).conflicting);
    let lines = site().cookies(get("/?aff=pia-7", &tossed)).await;
    let is_of_domain = |line: &&String| {
        line.starts_with("partnero_partner=; ") && line.contains("Domain=shop.example")
    };
    assert_eq!(lines.iter().filter(is_of_domain).count(), 1, "{lines:?}");
    assert!(set(&lines).contains(&COOKIE));
}

#[tokio::test]
async fn a_withdrawn_consent_removes_the_partner() {
    let builder = Referrals::builder()
        .affiliate()
        .consent(consent::global_privacy_control);
    let site = Site::open(builder);
    let headers = [("sec-gpc", "1"), ("cookie", COOKIE)];
    let lines = site.cookies(get("/?aff=mallory", &headers)).await;
    assert_eq!(set(&lines), [""; 0]);
    assert!(lines[0].starts_with("partnero_partner=; "), "{lines:?}");
}

#[tokio::test]
async fn a_key_that_could_end_the_cookie_is_written_encoded() {
    let lines = site().cookies(get("/?via=a%3B%20Domain=evil", &[])).await;
    assert_eq!(set(&lines), ["partnero_partner=a%3B%20Domain%3Devil"]);
}

/// The companion, a token, and the rules for shared caches are the same as for friends.
#[tokio::test]
async fn what_is_optional_works_for_partners_too() {
    let builder = || Referrals::builder().affiliate();
    let keys = || SigningKeys::new([1; 32]).unwrap();
    let with_companion = Site::open(builder().companion(keys()));
    let lines = with_companion.cookies(get("/?aff=pia-7", &[])).await;
    let jar = set(&lines).join("; ");
    assert!(jar.starts_with("__Host-partnero_partner_touches="), "{jar}");
    let lines = with_companion
        .cookies(get("/?via=directory", &[("cookie", &jar)]))
        .await;
    let context = with_companion.context(&get("/", &[("cookie", &set(&lines).join("; "))]));
    let keys_of_earlier: Vec<_> = context
        .runners_up()
        .iter()
        .map(ReferralKey::as_str)
        .collect();
    assert_eq!(keys_of_earlier, ["pia-7"]);
    assert_eq!(context.first_touch().unwrap().key().as_str(), "pia-7");
    // A companion that nobody here has signed says nothing.
    let strange = Site::open(builder().companion(SigningKeys::new([2; 32]).unwrap()));
    let context = strange.context(&get("/", &[("cookie", &jar)]));
    assert!(context.first_touch().unwrap().at().is_none());

    let detour = Detour::new(keys(), "oauth").unwrap();
    let token = detour.token(&"pia-7".parse().unwrap(), "nonce");
    let context = site()
        .context(&get("/callback", &[]))
        .with_referral(detour.open(&token, "nonce").ok());
    assert_eq!(context.outcome, Outcome::HandedIn);
    assert_eq!(context.program, ProgramKind::Affiliate);
    let mut response = Response::new(());
    site().referrals.spend(&context).apply(&mut response);
    let lines = cookies(response.headers());
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("partnero_partner=; ")),
        "{lines:?}"
    );

    let public = site().answering("cache-control", "public, max-age=600");
    let headers = public.send(get("/?aff=pia-7", &[])).await;
    assert_eq!(headers["cache-control"], "private, max-age=600");
    let public = Site::open(builder().leave_public_pages(true));
    let public = public.answering("cache-control", "public, max-age=600");
    let headers = public.send(get("/?aff=pia-7", &[])).await;
    assert_eq!(cookies(&headers), [""; 0]);
    assert_eq!(headers["cache-control"], "public, max-age=600");
}
