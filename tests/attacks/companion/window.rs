//! How old a touch is, which touch counts, and which key a time belongs to.

use std::time::{Duration, SystemTime};

use tower_partnero::{Attribution, Outcome, Referral, ReferralContext, ReferralKey, Referrals};

use super::{
    DAY, NAME, after, handed_in, keys, land, policy, renewed, shop, ten_days_old, touches,
};
use crate::{Site, get, request};

#[tokio::test]
async fn the_window_is_checked_by_the_server() {
    let site = shop();
    let (companion, plain) = land(&site, "/?ref=anna-7", "").await;
    let both = format!("{plain}; {companion}");
    let soon = after(&site, 29, "/", &both);
    assert_eq!(soon.outcome, Outcome::Remembered);
    let late = after(&site, 30, "/", &both);
    assert_eq!((late.outcome, &late.referral), (Outcome::Expired, &None));
    assert_eq!(late.last_touch().unwrap().key().as_str(), "anna-7");
    let broken = after(&site, 30, "/?ref=", &both);
    assert_eq!(broken.outcome, Outcome::Expired, "whatever the link says");

    // A new click gets a new time, also on the same link.
    let again = after(&site, 31, "/?ref=anna-7", &both);
    assert_eq!(again.outcome, Outcome::Captured);
    assert_eq!(touches(&again)[0], touches(&again)[1], "and a new journey");
}

#[tokio::test]
async fn first_and_last_touch_are_told_apart() {
    for (attribution, counts) in [
        (Attribution::LastTouch, "ben"),
        (Attribution::FirstTouch, "anna-7"),
    ] {
        let site = Site::open(policy().attribution(attribution));
        let (companion, plain) = land(&site, "/?ref=anna-7", "").await;
        let jar = format!("{plain}; {companion}");
        let second = after(&site, 10, "/?ref=ben", &jar);
        let [first, last] = touches(&second);
        assert_eq!((&*first.0, &*last.0), ("anna-7", "ben"), "{attribution:?}");
        let apart = last.1.unwrap().duration_since(first.1.unwrap()).unwrap();
        assert!(apart.abs_diff(DAY * 10) < DAY, "{apart:?}");

        // The new companion has both touches. Where the first touch stays, only the companion is written.
        let lines = site.cookies(get("/?ref=ben", &[("cookie", &jar)])).await;
        let is_last = attribution == Attribution::LastTouch;
        assert_eq!(lines.len(), if is_last { 2 } else { 1 }, "{lines:?}");
        let plain = lines.get(1).map_or(&*plain, |line| super::pair(line));
        let jar = format!("{}; {plain}", super::pair(&lines[0]));
        let later = after(&site, 1, "/", &jar);
        assert_eq!(later.referral.as_ref().unwrap().key().as_str(), counts);
        let [first, last] = touches(&later);
        assert_eq!((&*first.0, &*last.0), ("anna-7", "ben"));

        // A touch that is stored already is not written again.
        let again = get("/?ref=ben", &[("cookie", &jar)]);
        assert_eq!(site.cookies(again).await, [""; 0]);
        assert_eq!(after(&site, 30, "/", &jar).outcome, Outcome::Expired);
    }
}

#[tokio::test]
async fn the_window_is_that_of_the_touch_that_counts() {
    for (attribution, outcome) in [
        (Attribution::LastTouch, Outcome::Remembered),
        (Attribution::FirstTouch, Outcome::Expired),
    ] {
        let site = Site::open(policy().attribution(attribution));
        let stored = "partnero_referral=anna-7";
        let jar = format!("{stored}; {}", ten_days_old(&site));
        let lines = site.cookies(get("/?ref=ben", &[("cookie", &jar)])).await;
        let plain = lines.get(1).map_or(stored, |line| super::pair(line));
        let jar = format!("{}; {plain}", super::pair(&lines[0]));
        assert_eq!(after(&site, 25, "/", &jar).outcome, outcome);
    }
}

/// A handler sees the link of this request as a touch, also where the link may not be stored.
#[tokio::test]
async fn a_touch_that_may_not_be_stored_is_seen_by_its_handler() {
    let site = shop();
    let (companion, plain) = land(&site, "/?ref=anna-7", "").await;
    let jar = format!("{plain}; {companion}");
    let sign_up = request("POST", "/signup?ref=ben", &[("cookie", &jar)]);
    let [first, last] = touches(&site.context(&sign_up));
    assert_eq!((&*first.0, &*last.0), ("anna-7", "ben"));
    assert!(last.1.is_some());
}

/// Somebody stores an old companion of the same link beside the new one. It must not make the referral
/// look older than it is.
#[tokio::test]
async fn of_several_companions_the_newest_counts() {
    let site = Site::open(policy().attribution(Attribution::FirstTouch));
    let (fresh, plain) = land(&site, "/?ref=anna-7", "").await;
    let old = ten_days_old(&site);
    let time = |jar: &str| touches(&after(&site, 0, "/", jar))[0].1.unwrap();
    let newest = time(&format!("{plain}; {fresh}"));
    assert!(time(&format!("{plain}; {old}")) < newest);
    for jar in [
        format!("{old}; {fresh}; {plain}"),
        format!("{fresh}; {plain}; {old}"),
    ] {
        assert_eq!(time(&jar), newest);
        assert_eq!(after(&site, 25, "/", &jar).outcome, Outcome::Remembered);
    }

    // A newer companion of another link does not change the time either.
    let (planted, _) = land(&site, "/?ref=mallory", "").await;
    for jar in [
        format!("{planted}; {old}; {plain}"),
        format!("{old}; {planted}; {plain}"),
    ] {
        assert_eq!(time(&jar), time(&format!("{plain}; {old}")));
    }
}

/// Another subdomain stores cookies of this name where they are sent before ours, as many as it can.
#[tokio::test]
async fn junk_companions_do_not_push_ours_aside() {
    let (site, mallory) = (shop(), Site::open(Referrals::builder().companion(keys(9))));
    let (ours, plain) = land(&site, "/?ref=anna-7", "").await;
    let (forged, _) = land(&mallory, "/?ref=anna-7", "").await;
    let (signed, _) = land(&site, "/?ref=mallory", "").await;
    for (junk, count, is_read) in [
        (&*format!("{NAME}=x"), 8, true),
        (&format!("{NAME}=x"), 5_000, true),
        (&format!("{NAME}={}", "A".repeat(1_000)), 100, true),
        (&forged, 8, true),
        (&forged, 63, true),
        // A browser sends no such number. The work of one request has a bound: the time is then
        // unknown, and the referral still counts.
        (&forged, 64, false),
        (&signed, 8, true),
        (&signed, 63, true),
    ] {
        let junk = format!("{junk}; ").repeat(count);
        let context = after(&site, 0, "/", &format!("{junk}{ours}; {plain}"));
        assert_eq!(context.outcome, Outcome::Remembered);
        assert_eq!(context.referral.as_ref().unwrap().key().as_str(), "anna-7");
        assert_eq!(touches(&context)[1].1.is_some(), is_read, "{count} times");
        let late = after(&site, 30, "/", &format!("{junk}{ours}; {plain}"));
        assert_eq!(late.outcome == Outcome::Expired, is_read, "{count} times");
    }
}

/// The keys of the runners-up.
fn runners_up(context: &ReferralContext) -> Vec<&str> {
    let keys = context.runners_up().iter();
    keys.map(ReferralKey::as_str).collect()
}

#[tokio::test]
async fn three_runners_up_are_in_the_companion() {
    for (attribution, counts, others) in [
        (Attribution::LastTouch, "e", ["d", "b", "c"]),
        (Attribution::FirstTouch, "a", ["e", "d", "b"]),
    ] {
        let site = Site::open(policy().attribution(attribution));
        let mut jar = String::new();
        for (link, expected) in [
            ("a", &[][..]),
            ("b", &["a"]),
            ("c", &["b", "a"]),
            ("b", &["c", "a"]),
            ("d", &["b", "c", "a"]),
            ("e", &others),
        ] {
            let target = format!("/?ref={link}");
            let lines = site.cookies(get(&target, &[("cookie", &jar)])).await;
            jar = with(&jar, &lines);
            let context = after(&site, 0, "/", &jar);
            if attribution == Attribution::LastTouch || link == "e" {
                assert_eq!(runners_up(&context), expected, "{attribution:?} {link}");
            }
        }
        let context = after(&site, 0, "/", &jar);
        assert_eq!(context.referral.as_ref().unwrap().key().as_str(), counts);
        assert_eq!(touches(&context).map(|(key, _)| key), ["a", "e"]);
        assert!(!jar.contains("_before"), "{jar}");
        let (_, renewed) = renewed(&site, 1, &jar);
        assert_eq!(runners_up(&after(&site, 1, "/", &renewed)), others);
        // The link of the request itself loses, too, where a typed code takes its place.
        let last = after(&site, 0, "/?ref=f", &jar);
        let typed = last.with_referral(Referral::from_code("g").unwrap());
        assert_eq!(typed.runners_up().len(), 3);
    }
}

/// The browser's cookies after a response. Removals here are of other scopes.
fn with(jar: &str, lines: &[String]) -> String {
    let mut pairs: Vec<&str> = jar.split("; ").filter(|pair| !pair.is_empty()).collect();
    for line in lines.iter().filter(|line| !line.contains("Max-Age=0")) {
        let name = &line[..=line.find('=').unwrap()];
        pairs.retain(|pair| !pair.starts_with(name));
        pairs.push(super::pair(line));
    }
    pairs.join("; ")
}

/// What a visitor could not be credited for alone is no runner-up either.
#[tokio::test]
async fn a_runner_up_counts_within_the_window() {
    for attribution in [Attribution::LastTouch, Attribution::FirstTouch] {
        let site = Site::open(policy().attribution(attribution));
        let mut jar = String::new();
        for (days, code) in [(20, "a"), (10, "b"), (0, "c")] {
            let (parts, ()) = get("/", &[("cookie", &jar)]).into_parts();
            let code = Referral::from_code(code).unwrap();
            let mut response = http::Response::new(());
            let stored = site
                .referrals
                .store_at(&parts, code, SystemTime::now() - DAY * days);
            stored.apply(&mut response);
            jar = with(&jar, &crate::cookies(response.headers()));
        }
        let is_last = attribution == Attribution::LastTouch;
        let now = after(&site, 0, "/", &jar);
        assert_eq!(
            runners_up(&now),
            if is_last { ["b", "a"] } else { ["c", "b"] }
        );
        let later = after(&site, 10, "/", &jar);
        let expected = if is_last { &["b"][..] } else { &[] };
        assert_eq!(runners_up(&later), expected, "{attribution:?}");
        // Under first touch the first link is over; the later ones still stand in for the next.
        let next = after(&site, 10, "/?ref=d", &jar);
        assert_eq!(runners_up(&next), ["c", "b"]);
    }
}

/// Partnero's script has written another key over ours: the companion still knows ours.
#[tokio::test]
async fn what_a_script_replaces_is_a_runner_up() {
    for attribution in [Attribution::LastTouch, Attribution::FirstTouch] {
        let site = Site::open(policy().attribution(attribution));
        let (companion, _) = land(&site, "/?ref=anna-7", "").await;
        let jar = format!("partnero_referral=newsletter; {companion}");
        assert_eq!(runners_up(&after(&site, 0, "/", &jar)), ["anna-7"]);
        let (_, jar) = renewed(&site, 0, &jar);
        assert_eq!(runners_up(&after(&site, 1, "/", &jar)), ["anna-7"]);
    }
}

#[tokio::test]
async fn a_key_that_the_app_refuses_is_no_runner_up_in_the_companion() {
    let (companion, _) = land(&shop(), "/?ref=newsletter", "").await;
    let site = Site::open(policy().accept_keys(|key| key.as_str().starts_with("c-")));
    let jar = format!("partnero_referral=c-1; {companion}");
    let context = after(&site, 0, "/", &jar);
    assert_eq!(context.referral.as_ref().unwrap().key().as_str(), "c-1");
    assert_eq!(runners_up(&context), [""; 0]);
}

/// The new time of one link beside the key of another: the other key does not get this time, and keeps
/// its own.
#[tokio::test]
async fn a_time_is_not_lent_to_another_key() {
    for (attribution, counts) in [(Attribution::LastTouch, 1), (Attribution::FirstTouch, 0)] {
        let site = Site::open(policy().attribution(attribution));
        let (companion, _) = land(&site, "/?ref=mallory", "").await;
        let jar = format!("partnero_referral=anna-7; {companion}");
        for days in [0, 60] {
            let swapped = after(&site, days, "/", &jar);
            assert_eq!(swapped.outcome, Outcome::Remembered, "{attribution:?}");
            assert_eq!(touches(&swapped)[counts], ("anna-7".into(), None));
        }
    }
}

/// A handler sees the time that the next one will read from the cookie.
#[test]
fn a_touch_has_whole_seconds_from_the_start() {
    let click = get("/?ref=anna-7", &[]);
    let second = SystemTime::UNIX_EPOCH + DAY * 20_000;
    let now = second + Duration::from_millis(999);
    let (method, uri, headers) = (click.method(), click.uri(), click.headers());
    let context = shop().referrals.evaluate_at(method, uri, headers, now);
    assert_eq!(touches(&context)[1], ("anna-7".into(), Some(second)));
}

/// A key that Partnero's script has written is a newer touch. It gets its time with the next write.
#[tokio::test]
async fn what_the_script_wrote_counts_from_the_next_write() {
    let site = shop();
    let (companion, _) = land(&site, "/?ref=anna-7", "").await;
    let jar = format!("partnero_referral=ben; {companion}");
    let script = after(&site, 0, "/", &jar);
    let [first, last] = touches(&script);
    assert_eq!((&*first.0, last), ("anna-7", ("ben".into(), None)));
    let [first, _] = touches(&after(&site, 30, "/", &jar));
    assert_eq!(first, ("ben".into(), None), "anna's time is over");

    let (_, jar) = renewed(&site, 0, &jar);
    assert_eq!(after(&site, 29, "/", &jar).outcome, Outcome::Remembered);
    let over = after(&site, 30, "/", &jar);
    assert_eq!(over.outcome, Outcome::Expired);
    assert_eq!(
        touches(&over)[0].0,
        "anna-7",
        "the first one is still known"
    );
}

/// A page that renews on every visit must not extend the window without end.
#[tokio::test]
async fn a_renewal_starts_no_new_time() {
    let site = shop();
    let (companion, plain) = land(&site, "/?ref=anna-7", "").await;
    let jar = format!("{plain}; {companion}");
    assert_eq!(
        renewed(&site, 20, &jar),
        (companion.clone(), format!("{companion}; {plain}"))
    );
    let mut response = http::Response::new(());
    let visit = get("/", &[("cookie", &jar)]).into_parts().0;
    let over = site
        .referrals
        .renew_at(&visit, SystemTime::now() + DAY * 30);
    over.apply(&mut response);
    assert!(response.headers().is_empty(), "what is over is not renewed");

    // A typed code is a new touch.
    let (_, jar) = handed_in(&site, "ben", &jar, SystemTime::now());
    let [first, last] = touches(&after(&site, 1, "/", &jar));
    assert_eq!((&*first.0, &*last.0), ("anna-7", "ben"));
}

/// A stored key that is too old does not count any more: the page before may have a new link.
#[tokio::test]
async fn a_new_link_that_was_skipped_comes_after_one_that_is_over() {
    let builder = policy().public_origins(["https://shop.example"]);
    let site = Site::open(builder.referer_rescue(true));
    let (companion, plain) = land(&site, "/?ref=anna-7", "").await;
    let jar = format!("{plain}; {companion}");
    let next = [
        ("cookie", &*jar),
        ("referer", "https://shop.example/?ref=ben"),
    ];
    let visit = get("/", &next);
    let (method, uri, headers) = (visit.method(), visit.uri(), visit.headers());
    for (days, outcome, key) in [
        (0, Outcome::Remembered, "anna-7"),
        (30, Outcome::Captured, "ben"),
    ] {
        let now = SystemTime::now() + DAY * days;
        let context = site.referrals.evaluate_at(method, uri, headers, now);
        assert_eq!(context.outcome, outcome);
        assert_eq!(context.referral.unwrap().key().as_str(), key);
    }
}

/// A key that is too old does not count, also where its cookie is sent first: a renewed cookie for the
/// whole domain beside a cookie that Partnero's script has written for this host.
#[tokio::test]
async fn what_is_over_hides_no_other_referral() {
    for builder in [policy(), policy().domain("shop.example")] {
        let site = Site::open(builder);
        let (companion, _) = land(&site, "/?ref=anna-7", "").await;
        for (first, second) in [("anna-7", "ben"), ("ben", "anna-7")] {
            let jar = format!("{companion}; partnero_referral={first}; partnero_referral={second}");
            let late = after(&site, 31, "/", &jar);
            assert!(late.conflicting);
            assert_eq!(late.outcome, Outcome::Remembered, "{first}, {second}");
            assert_eq!(late.referral.unwrap().key().as_str(), "ben");
        }
        let jar = format!("{companion}; partnero_referral=anna-7; partnero_referral=anna-7");
        assert_eq!(after(&site, 31, "/", &jar).outcome, Outcome::Expired);
    }
}
