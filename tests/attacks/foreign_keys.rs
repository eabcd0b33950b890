//! Keys of other programs, which publishing tools append to every link.

use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::{Attribution, InvalidReferralKey, Outcome, Referrals};

use super::{Site, get, request};

pub(super) const BEFORE: &str = "partnero_referral_before";

/// The runners-up of a sign-up by a browser with these cookies.
pub(super) fn runners_up(site: &Site, cookies: &str) -> Vec<String> {
    let signup = request("POST", "/signup", &[("cookie", cookies)]);
    let context = site.context(&signup);
    context
        .runners_up()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The cookies of a browser after it followed these links, one after the other.
pub(super) async fn after_links(builder: ReferralsBuilder, links: &[&str]) -> (Site, String) {
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
