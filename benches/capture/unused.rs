//! What the optional parts cost a request for which they have nothing to do: the same arms with
//! every part off, and with parts on.

use std::time::Duration;

use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::capture::companion::SigningKeys;
use tower_partnero::{Attribution, Referrals};

use super::parts::{landing, nothing, reading};
use super::requests::{LINK, TWELVE, TWELVE_WITH_OURS, UNRELATED, get};
use super::work::Answer;
use crate::harness::{Arm, Target};

fn off() -> ReferralsBuilder {
    Referrals::builder()
}

/// Parts that run only when there is a link, or when a cookie is written.
fn waiting() -> ReferralsBuilder {
    let keys = SigningKeys::new([7; 32]).expect("the key is long enough");
    off()
        .companion(keys)
        .attribution(Attribution::FirstTouch)
        .max_age(Duration::from_secs(7 * 24 * 60 * 60))
        .public_origins(["https://shop.example"])
        .no_store(true)
        .leave_public_pages(true)
}

/// As [`waiting`], without the parts that run when a key is captured or read.
fn without_a_say() -> ReferralsBuilder {
    off()
        .attribution(Attribution::FirstTouch)
        .max_age(Duration::from_secs(7 * 24 * 60 * 60))
        .public_origins(["https://shop.example"])
        .path_links("go")
}

pub(super) fn unused() -> Vec<Arm> {
    let page = |builder: ReferralsBuilder, uri, cookies: &str| {
        landing(builder, get(uri, cookies), Answer::PLAIN)
    };
    let read = |builder: ReferralsBuilder, cookies: &str, answer| {
        reading(builder, get("/", cookies), answer, nothing)
    };
    let no_more = || Target::Share {
        percent: 5.0,
        is_held: true,
    };
    vec![
        Arm::new("all off: a page", move || page(off(), "/", TWELVE)),
        Arm::new("all off: other query", move || {
            page(off(), UNRELATED, TWELVE)
        }),
        Arm::new("all off: a new key captured", || {
            landing(off(), get(LINK, ""), Answer::CAPTURED)
        }),
        Arm::new("all off: read, 12 cookies", move || {
            read(off(), TWELVE, Answer::PLAIN)
        }),
        Arm::new("all off: read, ours among 12", move || {
            read(off(), TWELVE_WITH_OURS, Answer::REFERRED)
        }),
        Arm::new("on, not asked: a page", move || {
            page(waiting(), "/", TWELVE)
        })
        .over("all off: a page")
        .target(no_more()),
        Arm::new("on, not asked: other query", move || {
            page(waiting(), UNRELATED, TWELVE)
        })
        .over("all off: other query")
        .target(no_more()),
        Arm::new("on, no say: a new key captured", move || {
            landing(without_a_say(), get(LINK, ""), Answer::CAPTURED)
        })
        .over("all off: a new key captured")
        .target(no_more()),
        Arm::new("on, no say: read, 12 cookies", move || {
            read(without_a_say(), TWELVE, Answer::PLAIN)
        })
        .over("all off: read, 12 cookies")
        .target(no_more()),
        Arm::new("on, no say: read, ours among 12", move || {
            read(without_a_say(), TWELVE_WITH_OURS, Answer::REFERRED)
        })
        .over("all off: read, ours among 12")
        .target(no_more()),
    ]
}
