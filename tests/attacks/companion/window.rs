//! How old a touch is, which touch counts, and which key a time belongs to.

use std::time::{Duration, SystemTime};

use tower_partnero::{Attribution, Outcome};

use super::{DAY, NAME, after, handed_in, land, policy, renewed, shop, ten_days_old, touches};
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

    // With too many companions the time is unknown, and the referral still counts.
    let flood = format!("{}{fresh}; {plain}", format!("{NAME}=x; ").repeat(100));
    let flooded = after(&site, 60, "/", &flood);
    assert_eq!(flooded.outcome, Outcome::Remembered);
    assert_eq!(touches(&flooded)[0].1, None);
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

    let (_, jar) = renewed(&site, &script);
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
    let visit = after(&site, 20, "/", &jar);
    assert_eq!(
        renewed(&site, &visit),
        (companion.clone(), format!("{companion}; {plain}"))
    );
    let over = after(&site, 30, "/", &jar);
    let mut response = http::Response::new(());
    site.referrals.renew(&over).apply(&mut response);
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
