//! What it costs to ask for the referral.

use super::requests::{TWELVE, TWELVE_WITH_OURS, strangers};
use super::routed::{extract_nothing, read, read_context, unread};
use super::work::Answer;
use super::{floor, ours, page};
use crate::harness::{Arm, Target};

/// A page that reads the referral, over a page whose extractor does nothing. The cost of axum's
/// call to an extractor is a row of its own.
pub(super) fn extracted() -> Vec<Arm> {
    let nothing = |cookies| page(ours(extract_nothing), "/", cookies, Answer::PLAIN);
    let read = |cookies, answer| page(ours(read), "/", cookies, answer);
    let context = |cookies, answer| page(ours(read_context), "/", cookies, answer);
    let floor = |cookies, answer| page(ours(floor::page), "/", cookies, answer);
    vec![
        Arm::new("no extractor", || {
            page(ours(unread), "/", "", Answer::PLAIN)
        }),
        Arm::new("an extractor that does nothing", move || nothing("")).over("no extractor"),
        Arm::new("does nothing, 12 cookies", move || nothing(TWELVE)),
        Arm::new("does nothing, ours among 12", move || {
            nothing(TWELVE_WITH_OURS)
        }),
        Arm::new("floor of a read, 12 cookies", move || {
            floor(TWELVE, Answer::PLAIN)
        })
        .over("does nothing, 12 cookies"),
        Arm::new("floor of a read, ours among 12", move || {
            floor(TWELVE_WITH_OURS, Answer::REFERRED)
        })
        .over("does nothing, ours among 12"),
        Arm::new("Option<Referral>, no cookie", move || {
            read("", Answer::PLAIN)
        })
        .over("an extractor that does nothing")
        .at_most(400.0, 0.0),
        Arm::new("Option<Referral>, 12 cookies", move || {
            read(TWELVE, Answer::PLAIN)
        })
        .over("does nothing, 12 cookies")
        .floor("floor of a read, 12 cookies")
        .at_most(700.0, 0.0),
        Arm::new("Option<Referral>, ours among 12", move || {
            read(TWELVE_WITH_OURS, Answer::REFERRED)
        })
        .over("does nothing, ours among 12")
        .floor("floor of a read, ours among 12")
        .at_most(1130.0, 0.0),
        Arm::new("ReferralContext, ours among 12", move || {
            context(TWELVE_WITH_OURS, Answer::REFERRED)
        })
        .over("does nothing, ours among 12")
        .floor("floor of a read, ours among 12")
        .at_most(1130.0, 0.0),
    ]
}

/// How a read grows with the cookies of others.
pub(super) fn growing() -> Vec<Arm> {
    let named = |what: &str, kilobytes: usize| format!("{what}, {kilobytes} kB of cookies");
    let mut arms = Vec::new();
    for kilobytes in [0, 1, 2, 4, 8] {
        let cookies = move || strangers(kilobytes * 1024);
        arms.push(Arm::new(named("unread", kilobytes), move || {
            page(ours(unread), "/", &cookies(), Answer::PLAIN)
        }));
        let read = move || page(ours(read), "/", &cookies(), Answer::PLAIN);
        arms.push(Arm::new(named("read", kilobytes), read).over(named("unread", kilobytes)));
    }
    if let Some(longest) = arms.last_mut() {
        longest.target = Some(Target::PerByte {
            shorter: named("read", 0),
            bytes: 8192.0,
            most: 0.6,
        });
    }
    arms
}
