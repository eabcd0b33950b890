//! Ours, and what people write today for the same job.

use axum::handler::Handler;
use axum::middleware::from_fn;
use tower_cookies::CookieManagerLayer;
use tower_partnero::Referrals;

use super::nothing::NothingLayer;
use super::requests::{LINK, TWELVE, TWELVE_WITH_OURS};
use super::routed::{read, router, unread};
use super::today;
use super::work::Answer;
use super::{ours, page, referrals};
use crate::harness::{Arm, Target};

pub(super) fn compared() -> Vec<Arm> {
    let (miss, hit) = (Answer::PLAIN, Answer::REFERRED);
    let (captured, both) = (Answer::CAPTURED, Answer::CAPTURED_AND_REFERRED);
    let jobs = [
        each("miss", "/", TWELVE, miss, read, today::read),
        each("hit", "/", TWELVE_WITH_OURS, hit, read, today::read),
        // A landing page seldom asks who sent the visitor.
        each("capture", LINK, "", captured, unread, unread),
        each("capture and read", LINK, "", both, read, today::read),
    ];
    jobs.into_iter().flatten().collect()
}

/// One job, done by a layer that does nothing, by ours, by `CookieJar` with `Query`, and by
/// tower-cookies with `Query`.
fn each<H, T: 'static, I, U: 'static>(
    job: &str,
    uri: &'static str,
    cookies: &'static str,
    answer: Answer,
    our_page: H,
    their_page: I,
) -> [Arm; 4]
where
    H: Handler<T, Referrals> + Copy,
    I: Handler<U, Referrals> + Copy,
{
    let name = |who: &str| format!("{who}, {job}");
    let times_ours = || Target::TimesOurs { ours: name("ours") };
    [
        Arm::new(name("nothing"), move || {
            let app = router(unread).layer(NothingLayer);
            page(app.with_state(referrals()), uri, cookies, Answer::PLAIN)
        }),
        Arm::new(name("ours"), move || {
            page(ours(our_page), uri, cookies, answer)
        })
        .over(name("nothing")),
        Arm::new(name("CookieJar + Query"), move || {
            let app = router(their_page).layer(from_fn(today::with_cookie_jar));
            page(app.with_state(referrals()), uri, cookies, answer)
        })
        .over(name("nothing"))
        .target(times_ours()),
        Arm::new(name("tower-cookies"), move || {
            let app = router(their_page)
                .layer(from_fn(today::with_tower_cookies))
                .layer(CookieManagerLayer::new());
            page(app.with_state(referrals()), uri, cookies, answer)
        })
        .over(name("nothing"))
        .target(times_ours()),
    ]
}
