//! What the layer costs where nobody asks for the referral, and where a link is followed.

use std::convert::Infallible;
use std::hint::black_box;

use http::request::Parts;
use http::{Request, Response, StatusCode};
use tower::{Layer, service_fn};
use tower_partnero::Referral;

use super::floor::{self, FloorLayer};
use super::nothing::NothingLayer;
use super::requests::{AD, LINK, TRACKED, TWELVE, TWELVE_WITH_OURS, UNRELATED, get, strangers};
use super::routed::{router, unread};
use super::wire::Wire;
use super::work::{Answer, Calls};
use super::{page, referrals};
use crate::harness::{Arm, Target};

/// The layer around a service that does nothing else.
pub(super) fn plain() -> Vec<Arm> {
    let page = || {
        service_fn(|request: Request<()>| {
            drop(black_box(request));
            std::future::ready(Ok::<_, Infallible>(Response::new(())))
        })
    };
    let none = move |uri: &str, cookies: &str| Calls::new(page(), get(uri, cookies), Answer::PLAIN);
    let nothing = move |uri: &str, cookies: &str| {
        Calls::new(NothingLayer.layer(page()), get(uri, cookies), Answer::PLAIN)
    };
    let floor = move |uri: &str, answer| Calls::new(FloorLayer.layer(page()), get(uri, ""), answer);
    let ours = move |uri: &str, cookies: &str, answer| {
        Calls::new(referrals().layer().layer(page()), get(uri, cookies), answer)
    };
    let long = || strangers(8192);
    vec![
        Arm::new("no layer", move || none("/", "")),
        Arm::new("no layer, 8 kB of cookies", move || none("/", &long())),
        Arm::new("no layer, other query", move || none(UNRELATED, "")),
        Arm::new("no layer, other query, 8 kB", move || {
            none(UNRELATED, &long())
        }),
        Arm::new("no layer, 95-byte query", move || none(TRACKED, "")),
        Arm::new("no layer, 300-byte query", move || none(AD, "")),
        Arm::new("no layer, referral link", move || none(LINK, "")),
        Arm::new("a layer that does nothing", move || nothing("/", "")).over("no layer"),
        Arm::new("floor, new key captured", move || {
            floor(LINK, Answer::CAPTURED)
        })
        .over("no layer, referral link"),
        Arm::new("our layer", move || ours("/", "", Answer::PLAIN))
            .over("no layer")
            .at_most(110.0, 0.0),
        Arm::new("our layer, 8 kB of cookies", move || {
            ours("/", &long(), Answer::PLAIN)
        })
        .over("no layer, 8 kB of cookies")
        .at_most(110.0, 0.0),
        Arm::new("our layer, other query", move || {
            ours(UNRELATED, "", Answer::PLAIN)
        })
        .over("no layer, other query")
        .at_most(190.0, 0.0)
        .within(50.0),
        Arm::new("our layer, other query, 8 kB", move || {
            ours(UNRELATED, &long(), Answer::PLAIN)
        })
        .over("no layer, other query, 8 kB")
        .at_most(190.0, 0.0),
        Arm::new("our layer, 95-byte query", move || {
            ours(TRACKED, "", Answer::PLAIN)
        })
        .over("no layer, 95-byte query")
        .at_most(260.0, 0.0)
        .within(50.0),
        Arm::new("our layer, 300-byte query", move || {
            ours(AD, "", Answer::PLAIN)
        })
        .over("no layer, 300-byte query")
        .at_most(350.0, 0.0)
        .within(50.0),
        Arm::new("our layer, new key captured", move || {
            ours(LINK, "", Answer::CAPTURED)
        })
        .over("no layer, referral link")
        .floor("floor, new key captured")
        .at_most(2600.0, 3.0),
    ]
}

/// The layer around a service that asks for the referral, over the same service without both.
pub(super) fn reading() -> Vec<Arm> {
    let none = |uri: &str, cookies: &str| {
        Calls::new(
            asking(|_| None::<Referral>),
            get(uri, cookies),
            Answer::PLAIN,
        )
    };
    let floor = |uri: &str, cookies: &str, answer| {
        let page = asking(|parts| floor::is_referred(parts).then_some(()));
        Calls::new(FloorLayer.layer(page), get(uri, cookies), answer)
    };
    let ours = |uri: &str, cookies: &str, answer| {
        let referrals = referrals();
        let layer = referrals.layer();
        let page = asking(move |parts| referrals.referral(parts).expect("the layer is there"));
        Calls::new(layer.layer(page), get(uri, cookies), answer)
    };
    let same = "partnero_referral=anna-7";
    let (plain, referred) = (Answer::PLAIN, Answer::REFERRED);
    vec![
        Arm::new("nothing read, 12 cookies", move || none("/", TWELVE)),
        Arm::new("nothing read, 300-byte query", move || none(AD, "")),
        Arm::new("nothing read, link", move || none(LINK, "")),
        Arm::new("nothing read, link and cookie", move || none(LINK, same)),
        Arm::new("floor and read, 12 cookies", move || {
            floor("/", TWELVE, plain)
        })
        .over("nothing read, 12 cookies"),
        Arm::new("layer and read, 12 cookies", move || {
            ours("/", TWELVE, plain)
        })
        .over("nothing read, 12 cookies")
        .floor("floor and read, 12 cookies")
        .at_most(700.0, 0.0),
        Arm::new("floor and read, ours among 12", move || {
            floor("/", TWELVE_WITH_OURS, referred)
        })
        .over("nothing read, 12 cookies"),
        Arm::new("layer and read, ours among 12", move || {
            ours("/", TWELVE_WITH_OURS, referred)
        })
        .over("nothing read, 12 cookies")
        .floor("floor and read, ours among 12")
        .at_most(1130.0, 0.0),
        Arm::new("layer and read, 300-byte query", move || {
            ours(AD, "", plain)
        })
        .over("nothing read, 300-byte query")
        .at_most(950.0, 0.0),
        Arm::new("floor and read, captured", move || {
            floor(LINK, "", Answer::CAPTURED_AND_REFERRED)
        })
        .over("nothing read, link"),
        Arm::new("layer and read, captured", move || {
            ours(LINK, "", Answer::CAPTURED_AND_REFERRED)
        })
        .over("nothing read, link")
        .floor("floor and read, captured")
        .at_most(3300.0, 3.0),
        Arm::new("floor and read, the same link again", move || {
            floor(LINK, same, referred)
        })
        .over("nothing read, link and cookie"),
        Arm::new("layer and read, the same link again", move || {
            ours(LINK, same, referred)
        })
        .over("nothing read, link and cookie")
        .floor("floor and read, the same link again")
        .at_most(2700.0, 0.0),
    ]
}

/// A page that asks `referral_of` the request for its referral.
fn asking<T>(
    referral_of: impl Fn(&Parts) -> Option<T>,
) -> impl tower::Service<Request<()>, Response = Response<()>, Error = Infallible> {
    service_fn(move |request: Request<()>| {
        let (parts, ()) = request.into_parts();
        let mut response = Response::new(());
        if black_box(referral_of(&parts)).is_some() {
            *response.status_mut() = StatusCode::ACCEPTED;
        }
        drop(black_box(parts));
        std::future::ready(Ok(response))
    })
}

/// Two ways to put a layer around an axum app.
pub(super) fn wrapped() -> Vec<Arm> {
    let app = || router(unread).with_state::<()>(referrals());
    vec![
        Arm::new("router", move || page(app(), "/", "", Answer::PLAIN)),
        Arm::new("router.layer(nothing)", move || {
            page(app().layer(NothingLayer), "/", "", Answer::PLAIN)
        })
        .over("router"),
        Arm::new("nothing.layer(router)", move || {
            page(NothingLayer.layer(app()), "/", "", Answer::PLAIN)
        })
        .over("router"),
        Arm::new("router.layer(ours)", move || {
            page(app().layer(referrals().layer()), "/", "", Answer::PLAIN)
        })
        .over("router"),
        Arm::new("ours.layer(router)", move || {
            page(referrals().layer().layer(app()), "/", "", Answer::PLAIN)
        })
        .over("router"),
    ]
}

/// Whole requests through hyper and axum. Every router has a state: any state that is not empty costs
/// axum two allocations.
pub(super) fn whole() -> Vec<Arm> {
    let app = || router(unread).with_state::<()>(referrals());
    let nothing = move |uri| Wire::new(NothingLayer.layer(app()), uri, TWELVE, Answer::PLAIN);
    let ours = move |uri| Wire::new(referrals().layer().layer(app()), uri, TWELVE, Answer::PLAIN);
    let share = || Target::Share {
        percent: 1.0,
        is_held: false,
    };
    vec![
        Arm::new("hyper + axum, nothing", move || nothing("/")),
        Arm::new("hyper + axum, nothing, other query", move || {
            nothing(UNRELATED)
        }),
        Arm::new("hyper + axum, ours", move || ours("/"))
            .over("hyper + axum, nothing")
            .target(share()),
        Arm::new("hyper + axum, ours, other query", move || ours(UNRELATED))
            .over("hyper + axum, nothing, other query")
            .target(share()),
    ]
}
