//! Ours, and what people write today for the same job.

use axum::handler::Handler;
use axum::middleware::from_fn;
use tower_cookies::CookieManagerLayer;
use tower_partnero::Referrals;

use super::{Arm, ours, page, referrals};
use crate::budget::Target;
use crate::nothing::NothingLayer;
use crate::requests::{LINK, TWELVE, TWELVE_WITH_OURS};
use crate::routed::{read, router, unread};
use crate::today;
use crate::work::Answer;

/// One job, done by each.
#[derive(Clone, Copy)]
struct Job {
    /// A layer that does nothing, ours, `CookieJar` with `Query`, tower-cookies with `Query`.
    names: [&'static str; 4],
    uri: &'static str,
    cookies: &'static str,
    answer: Answer,
    least: Option<f64>,
}

pub(super) fn compared() -> Vec<Arm> {
    let miss = Job {
        names: [
            "nothing, miss",
            "ours, miss",
            "CookieJar + Query, miss",
            "tower-cookies, miss",
        ],
        uri: "/",
        cookies: TWELVE,
        answer: Answer::PLAIN,
        least: Some(50.0),
    };
    let hit = Job {
        names: [
            "nothing, hit",
            "ours, hit",
            "CookieJar + Query, hit",
            "tower-cookies, hit",
        ],
        uri: "/",
        cookies: TWELVE_WITH_OURS,
        answer: Answer::REFERRED,
        least: Some(35.0),
    };
    let capture = Job {
        names: [
            "nothing, capture",
            "ours, capture",
            "CookieJar + Query, capture",
            "tower-cookies, capture",
        ],
        uri: LINK,
        cookies: "",
        answer: Answer::CAPTURED,
        least: Some(5.0),
    };
    let capture_and_read = Job {
        names: [
            "nothing, capture and read",
            "ours, capture and read",
            "CookieJar + Query, capture and read",
            "tower-cookies, capture and read",
        ],
        answer: Answer::CAPTURED_AND_REFERRED,
        least: None,
        ..capture
    };
    let mut arms = each(miss, read, today::read);
    arms.append(&mut each(hit, read, today::read));
    // A landing page seldom asks who sent the visitor.
    arms.append(&mut each(capture, unread, unread));
    arms.append(&mut each(capture_and_read, read, today::read));
    arms
}

fn each<H, T, I, U>(job: Job, our_page: H, their_page: I) -> Vec<Arm>
where
    H: Handler<T, Referrals>,
    I: Handler<U, Referrals> + Copy,
    H: Copy,
    T: 'static,
    U: 'static,
{
    let Job {
        names: [nothing, ours_name, jar, manager],
        uri,
        cookies,
        answer,
        least,
    } = job;
    let times = |least| Target::Times {
        ours: ours_name,
        least,
    };
    vec![
        Arm::new(nothing, move || {
            let app = router(unread).layer(NothingLayer);
            page(app.with_state(referrals()), uri, cookies, Answer::PLAIN)
        }),
        Arm::new(ours_name, move || {
            page(ours(our_page), uri, cookies, answer)
        })
        .over(nothing),
        Arm::new(jar, move || {
            let app = router(their_page).layer(from_fn(today::with_cookie_jar));
            page(app.with_state(referrals()), uri, cookies, answer)
        })
        .over(nothing)
        .target(times(least)),
        Arm::new(manager, move || {
            let app = router(their_page)
                .layer(from_fn(today::with_tower_cookies))
                .layer(CookieManagerLayer::new());
            page(app.with_state(referrals()), uri, cookies, answer)
        })
        .over(nothing)
        .target(times(None)),
    ]
}
