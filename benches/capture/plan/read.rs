//! What it costs to ask for the referral.

use super::{Arm, ours, page};
use crate::budget::Target;
use crate::requests::{TWELVE, TWELVE_WITH_OURS, strangers};
use crate::routed::{extract_nothing, read, read_context, unread};
use crate::work::Answer;

/// A page that reads the referral, over one whose extractor does nothing: how axum calls an
/// extractor, and what it takes to get there, is a row of its own.
pub(super) fn extracted() -> Vec<Arm> {
    let nothing = |cookies| page(ours(extract_nothing), "/", cookies, Answer::PLAIN);
    let read = |cookies, answer| page(ours(read), "/", cookies, answer);
    let context = |cookies, answer| page(ours(read_context), "/", cookies, answer);
    vec![
        Arm::new("no extractor", || {
            page(ours(unread), "/", "", Answer::PLAIN)
        }),
        Arm::new("an extractor that does nothing", move || nothing("")).over("no extractor"),
        Arm::new("does nothing, 12 cookies", move || nothing(TWELVE)),
        Arm::new("does nothing, ours among 12", move || {
            nothing(TWELVE_WITH_OURS)
        }),
        Arm::new("Option<Referral>, no cookie", move || {
            read("", Answer::PLAIN)
        })
        .over("an extractor that does nothing")
        .at_most(600.0, 0.0),
        Arm::new("Option<Referral>, 12 cookies", move || {
            read(TWELVE, Answer::PLAIN)
        })
        .over("does nothing, 12 cookies")
        .at_most(600.0, 0.0),
        Arm::new("Option<Referral>, ours among 12", move || {
            read(TWELVE_WITH_OURS, Answer::REFERRED)
        })
        .over("does nothing, ours among 12")
        .at_most(850.0, 0.0),
        Arm::new("ReferralContext, ours among 12", move || {
            context(TWELVE_WITH_OURS, Answer::REFERRED)
        })
        .over("does nothing, ours among 12")
        .at_most(850.0, 0.0),
    ]
}

/// How a read grows with the cookies of others.
pub(super) fn growing() -> Vec<Arm> {
    let unread = |bytes| page(ours(unread), "/", &strangers(bytes), Answer::PLAIN);
    let read = |bytes| page(ours(read), "/", &strangers(bytes), Answer::PLAIN);
    let per_byte = |bytes| Target::PerByte {
        shorter: "read, 0 kB of cookies",
        bytes,
        most: 0.6,
    };
    vec![
        Arm::new("unread, 0 kB of cookies", move || unread(0)),
        Arm::new("unread, 1 kB of cookies", move || unread(1024)),
        Arm::new("unread, 2 kB of cookies", move || unread(2048)),
        Arm::new("unread, 4 kB of cookies", move || unread(4096)),
        Arm::new("unread, 8 kB of cookies", move || unread(8192)),
        Arm::new("read, 0 kB of cookies", move || read(0)).over("unread, 0 kB of cookies"),
        Arm::new("read, 1 kB of cookies", move || read(1024)).over("unread, 1 kB of cookies"),
        Arm::new("read, 2 kB of cookies", move || read(2048)).over("unread, 2 kB of cookies"),
        Arm::new("read, 4 kB of cookies", move || read(4096)).over("unread, 4 kB of cookies"),
        Arm::new("read, 8 kB of cookies", move || read(8192))
            .over("unread, 8 kB of cookies")
            .target(per_byte(8192.0)),
    ]
}
