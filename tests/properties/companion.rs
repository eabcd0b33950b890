//! The companion brings back the touches that were stored, and accepts no other cookie.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Method, Request, Response, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use tower::{Layer, Service, service_fn};
use tower_partnero::capture::companion::SigningKeys;
use tower_partnero::context::Touch;
use tower_partnero::{Attribution, Outcome, ReferralContext, ReferralKey, Referrals};

use crate::config;

const NAME: &str = "__Host-partnero_referral_touches";
const WINDOW: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const JUST_WITHIN: Duration = Duration::from_secs(30 * 24 * 60 * 60 - 1);

fn shop(attribution: Attribution) -> Referrals {
    let keys = SigningKeys::new([7; 32]).unwrap();
    let builder = Referrals::builder().companion(keys);
    builder.attribution(attribution).build().unwrap()
}

/// The values that the browser has after it has followed the link, by the names of its cookies.
fn follow(shop: &Referrals, key: &ReferralKey, jar: &[String]) -> Vec<String> {
    let key = utf8_percent_encode(key.as_str(), NON_ALPHANUMERIC);
    let mut request = Request::get(format!("/?ref={key}")).body(()).unwrap();
    request.headers_mut().extend(cookies(jar));
    let page = service_fn(|_| std::future::ready(Ok::<_, Infallible>(Response::new(()))));
    let answer = shop.layer().layer(page).call(request);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let response = runtime.unwrap().block_on(answer);
    let mut jar = jar.to_vec();
    for line in response.unwrap().headers().get_all(SET_COOKIE) {
        let pair = line.to_str().unwrap().split("; ").next().unwrap();
        let name = pair.split('=').next().unwrap();
        jar.retain(|old| !old.starts_with(&format!("{name}=")));
        jar.push(pair.to_owned());
    }
    jar
}

fn cookies(jar: &[String]) -> HeaderMap {
    let values = jar.iter().map(|pair| HeaderValue::from_str(pair).unwrap());
    values.map(|value| (COOKIE, value)).collect()
}

fn read(shop: &Referrals, headers: &HeaderMap, now: SystemTime) -> ReferralContext {
    shop.evaluate_at(&Method::GET, &Uri::from_static("/"), headers, now)
}

fn key() -> impl Strategy<Value = ReferralKey> {
    let keys = prop_oneof!["[a-zA-Z0-9_-]{1,16}", "\\PC{1,63}", "[a-z]{200,255}"];
    keys.prop_filter_map("no key", |key| key.parse().ok())
}

fn attribution() -> impl Strategy<Value = Attribution> {
    prop_oneof![Just(Attribution::FirstTouch), Just(Attribution::LastTouch)]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_first_and_the_last_of_any_links_come_back(
        links in prop::collection::vec(key(), 1..4),
        attribution in attribution(),
    ) {
        let shop = shop(attribution);
        let before = SystemTime::now() - Duration::from_secs(1);
        let mut jar = Vec::new();
        for link in &links {
            jar = follow(&shop, link, &jar);
        }
        let context = read(&shop, &cookies(&jar), SystemTime::now());
        prop_assert_eq!(context.outcome, Outcome::Remembered);
        let (first, last) = (context.first_touch().unwrap(), context.last_touch().unwrap());
        prop_assert_eq!((first.key(), last.key()), (&links[0], links.last().unwrap()));
        let counts = if attribution == Attribution::FirstTouch { first } else { last };
        prop_assert_eq!(context.referral.as_ref().unwrap().key(), counts.key());
        let times = before..=SystemTime::now();
        prop_assert!(times.contains(&first.at().unwrap()) && first.at() <= last.at());
    }

    #[test]
    fn the_window_ends_with_its_last_second(link in key(), age in 0_u64..2 * WINDOW.as_secs()) {
        let shop = shop(Attribution::LastTouch);
        let jar = cookies(&follow(&shop, &link, &[]));
        let at = read(&shop, &jar, SystemTime::now()).last_touch().unwrap().at().unwrap();
        let age = Duration::from_secs(age);
        let context = read(&shop, &jar, at + age);
        prop_assert_eq!(context.outcome == Outcome::Expired, age >= WINDOW);
        prop_assert_eq!(context.referral.is_none(), age >= WINDOW);
        for (age, is_over) in [(WINDOW, true), (JUST_WITHIN, false)] {
            prop_assert_eq!(read(&shop, &jar, at + age).outcome == Outcome::Expired, is_over);
        }
        prop_assert_eq!(read(&shop, &jar, at - age).outcome, Outcome::Remembered);
    }

    #[test]
    fn no_changed_letter_is_believed(link in key(), place: prop::sample::Index, letter in "[A-Za-z0-9_-]") {
        let shop = shop(Attribution::LastTouch);
        let mut jar = follow(&shop, &link, &[]);
        prop_assert!(jar[0].starts_with(NAME));
        let value = NAME.len() + 1..jar[0].len();
        let place = value.start + place.index(value.len());
        let is_same = jar[0][place..=place] == letter;
        jar[0].replace_range(place..=place, &letter);
        let context = read(&shop, &cookies(&jar), SystemTime::now());
        prop_assert_eq!(context.outcome, Outcome::Remembered);
        prop_assert_eq!(context.last_touch().unwrap().at().is_some(), is_same);
    }

    #[test]
    fn any_bytes_are_no_companion(
        bytes in prop::collection::vec(any::<u8>(), 0..900),
        days in 0_u32..100_000,
    ) {
        let shop = shop(Attribution::LastTouch);
        let line = [NAME.as_bytes(), b"=", &bytes, b"; partnero_referral=anna-7"].concat();
        let Ok(line) = HeaderValue::from_bytes(&line) else {
            return Ok(());
        };
        let headers = HeaderMap::from_iter([(COOKIE, line)]);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(24 * 60 * 60) * days;
        let context = read(&shop, &headers, now);
        let plain = Referrals::builder().build().unwrap();
        let plain = plain.evaluate(&Method::GET, &Uri::from_static("/"), &headers);
        prop_assert_eq!(&context.referral, &plain.referral);
        prop_assert_eq!(context.outcome, plain.outcome);
        let time = context.last_touch().and_then(Touch::at);
        prop_assert_eq!(time, None);
    }
}
