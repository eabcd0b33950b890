//! Which referrer is credited if Partnero does not know the one that counts.

use std::collections::BTreeMap;

use http::header::{COOKIE, HOST, SET_COOKIE};
use http::{Request, Response};
use tower::{Layer, ServiceExt};
use tower_partnero::client::CustomerRef;
use tower_partnero::delivery::{CreditedKey, UnreferredReason};
use tower_partnero::sandbox::switches::{ErrorMap, UnknownReferrer};
use tower_partnero::{NewCustomer, ReferralKey, Registration, Sandbox};

use super::{ANNA, ANNA_ID, REFERRED, Shop, ben, set_cookie};

fn keys<const N: usize>(keys: [&str; N]) -> [ReferralKey; N] {
    keys.map(|key| key.parse().unwrap())
}

/// `?ref=` stands in the links of many programs.
#[tokio::test]
async fn the_first_known_key_is_credited() {
    for &unknown in UnknownReferrer::ALL {
        for &errors in ErrorMap::ALL {
            let sandbox = Sandbox::builder().switch(unknown).switch(errors);
            let shop = Shop::open(sandbox.start().await.unwrap()).await;
            let customer = ben()
                .referring_customer(CustomerRef::key("producthunt"))
                .runners_up(keys(["main", ANNA]));
            let outcome = shop.sign_up_by("producthunt", customer).await;
            let case = format!("{unknown:?} {errors:?}");
            if unknown == UnknownReferrer::Unreferred {
                // Partnero has created the customer without a referrer, and never says that it does
                // not know the key.
                assert_eq!(outcome.as_str(), "referrer_ignored", "{case}");
                continue;
            }
            let expected = Registration::Referred(CreditedKey::RunnerUp);
            assert_eq!(outcome.registration(), Some(expected), "{case}");
            assert_eq!(outcome.credited(), Some(&CustomerRef::key(ANNA)), "{case}");
            assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID), "{case}");
            assert!(set_cookie(outcome).is_some());
        }
    }
}

/// The browser keeps the cookies of each response and sends them with the next request.
#[tokio::test]
async fn annas_link_and_then_a_newsletters_credit_anna() {
    let shop = Shop::open_with_defaults().await;
    let layer = shop.signups.referrals().layer();
    let page = tower::service_fn(|_: Request<()>| async {
        Ok::<_, std::convert::Infallible>(Response::new(()))
    });
    let site = layer.layer(page);
    let mut jar: BTreeMap<String, String> = BTreeMap::new();
    let cookies = |jar: &BTreeMap<String, String>| {
        let pairs = jar.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    };
    for link in ["/shop?ref=anna-7", "/shop?ref=newsletter"] {
        let request = Request::get(link)
            .header(HOST, "shop.example")
            .header(COOKIE, cookies(&jar));
        let response = site.clone().oneshot(request.body(()).unwrap()).await;
        for line in response.unwrap().headers().get_all(SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if !value.is_empty() {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    assert_eq!(jar["partnero_referral"], "newsletter");
    let outcome = shop.sign_up(&cookies(&jar), ben()).await;
    assert_eq!(outcome.credited(), Some(&CustomerRef::key(ANNA)));
    assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
}

#[tokio::test]
async fn punctuation_around_a_key_costs_the_referrer_nothing() {
    for mangled in [
        "anna-7.",
        "anna-7)",
        "anna-7%2C",
        "anna-7%22",
        "%E2%80%9Canna-7%E2%80%9D!",
    ] {
        let shop = Shop::open_with_defaults().await;
        let outcome = shop.sign_up_by(mangled, ben()).await;
        let expected = Registration::Referred(CreditedKey::Trimmed);
        assert_eq!(outcome.registration(), Some(expected), "{mangled}");
        assert_eq!(outcome.credited(), Some(&CustomerRef::key(ANNA)));
        assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
    }
}

/// A key may end with a full stop.
#[tokio::test]
async fn a_known_key_with_punctuation_is_credited_as_it_is() {
    let shop = Shop::open_with_defaults().await;
    let carla = NewCustomer::new(3).key("anna-7.");
    assert!(shop.sign_up("", carla).await.error().is_none());
    let outcome = shop.sign_up_by("anna-7.", ben()).await;
    assert_eq!(outcome.registration(), Some(REFERRED));
    assert_eq!(shop.referrer_of("2").as_deref(), Some("3"));
}

#[tokio::test]
async fn nobody_is_credited_for_themselves_or_if_nobody_is_known() {
    use UnreferredReason::{SelfReferral, UnknownReferrer};

    for (referrer, others, expected) in [
        ("bens-key", keys(["2", "nobody"]), UnknownReferrer),
        ("bens-key", keys(["2", "bens-key"]), SelfReferral),
        ("nobody", keys(["2", "nobody"]), UnknownReferrer),
    ] {
        let shop = Shop::open_with_defaults().await;
        let customer = ben()
            .key("bens-key")
            .referring_customer(CustomerRef::key(referrer))
            .runners_up(others);
        let outcome = shop.sign_up("", customer).await;
        let expected = Registration::Unreferred(expected);
        assert_eq!(outcome.registration(), Some(expected), "{referrer}");
        assert_eq!(outcome.credited(), None);
        let own = ["2", "bens-key"].map(|own| serde_json::json!({ "key": own }));
        for call in shop.sandbox.requests() {
            let referrer = call.body.get("referring_customer");
            assert!(!own.iter().any(|own| referrer == Some(own)));
        }
    }
}

/// An earlier report tried the same keys, and its answer was lost.
#[tokio::test]
async fn a_second_report_knows_the_runner_up_that_was_credited() {
    let shop = Shop::open_with_defaults().await;
    for expected in ["referred_runner_up", "existing_same_referrer"] {
        let customer = ben()
            .referring_customer(CustomerRef::key("producthunt"))
            .runners_up(keys([ANNA]));
        let outcome = shop.sign_up("", customer).await;
        assert_eq!(outcome.as_str(), expected);
    }
}
