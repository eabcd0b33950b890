//! The parts that change what is written, and those that read it again.

use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::capture::companion::SigningKeys;
use tower_partnero::{Attribution, Referrals};

use super::parts::{jar, landing, landing_that_says, nothing, reading, renewing};
use super::requests::{LINK, get};
use super::work::Answer;
use crate::harness::Arm;

fn with_companion() -> ReferralsBuilder {
    let keys = SigningKeys::new([7; 32]).expect("the key is long enough");
    Referrals::builder().companion(keys)
}

pub(super) fn stored() -> Vec<Arm> {
    let default = Referrals::builder;
    let shared = "public, max-age=60, s-maxage=600";
    let says = |builder: ReferralsBuilder, cache, answer| {
        landing_that_says(Some(cache), builder, get(LINK, ""), answer)
    };
    let both = || jar(with_companion(), LINK);
    let read = move |builder: ReferralsBuilder| {
        reading(builder, get("/", &both()), Answer::REFERRED, nothing)
    };
    let renewed = move |builder: ReferralsBuilder| {
        renewing(builder, get("/", &both()), Answer::CAPTURED_AND_REFERRED)
    };
    let spent = |builder: ReferralsBuilder, cookies: &str| {
        reading(
            builder,
            get("/", cookies),
            Answer::REFERRED,
            |referrals, context, response| referrals.spend(context).apply(response),
        )
    };
    let marked = || {
        let builder = Referrals::builder().public_origins(["https://shop.example"]);
        builder.referer_rescue(true)
    };
    let (one, two) = (
        "partnero_referral=anna-7",
        "partnero_referral=anna-7; partnero_referral=ben",
    );
    let first = |builder: ReferralsBuilder| builder.attribution(Attribution::FirstTouch);
    let second_link = move |builder, answer| {
        let both = jar(first(with_companion()), LINK);
        landing(first(builder), get("/?ref=ben", &both), answer)
    };
    vec![
        Arm::new("captured on a page that says `private`", move || {
            says(default(), "private", Answer::CAPTURED)
        }),
        Arm::new("captured on a page for shared caches, merged", move || {
            says(default(), shared, Answer::CAPTURED)
        })
        .over("captured on a page that says `private`"),
        Arm::new("the same with `no_store`", move || {
            says(default().no_store(true), shared, Answer::CAPTURED)
        })
        .over("captured on a page that says `private`"),
        Arm::new("a page for shared caches, left alone", move || {
            says(default().leave_public_pages(true), shared, Answer::PLAIN)
        })
        .over("captured on a page that says `private`"),
        Arm::new("companion, written with a capture", move || {
            landing(with_companion(), get(LINK, ""), Answer::CAPTURED)
        })
        .over("captured")
        .at_most(15_300.0, 6.0),
        Arm::new("first touch kept", move || {
            second_link(default(), Answer::PLAIN)
        }),
        Arm::new("companion, written alone", move || {
            second_link(with_companion(), Answer::PLAIN)
        })
        .over("first touch kept"),
        Arm::new("read, both cookies", move || read(default())),
        Arm::new("companion, read", move || read(with_companion())).over("read, both cookies"),
        Arm::new("the script's cookie renewed", move || renewed(default()))
            .over("read, both cookies"),
        Arm::new("both renewed", move || renewed(with_companion())).over("companion, read"),
        Arm::new("read, the plain cookie", move || {
            reading(default(), get("/", one), Answer::REFERRED, nothing)
        }),
        Arm::new("read, two cookies of the name", move || {
            reading(default(), get("/", two), Answer::REFERRED, nothing)
        })
        .over("read, the plain cookie"),
        Arm::new("spent", move || spent(default(), one))
            .over("read, the plain cookie")
            .at_most(4_400.0, 10.0),
        Arm::new("spent, and marked", move || spent(marked(), one))
            .over("read, the plain cookie")
            .at_most(5_400.0, 12.0),
        Arm::new("spent, two cookies of the name", move || {
            spent(default(), two)
        })
        .over("read, the plain cookie")
        .at_most(9_000.0, 16.0),
    ]
}
