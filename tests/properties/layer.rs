//! The lines that the layer writes.

use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use cookie::Cookie;
use http::header::{CACHE_CONTROL, COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Method, Request, Response, Uri};
use proptest::prelude::*;
use tower::{Layer, Service, service_fn};
use tower_partnero::{Attribution, Outcome, ReferralKey, ReferralSource, Referrals};

use crate::{OURS, PARAMETERS, config, cookies, evaluate, query, referrals};

const ATTRIBUTES: &str = "SameSite=Lax; Secure; Path=/; Max-Age=2592000";

/// Sends one request through the layer, around a handler that answers with `answer`.
fn send(referrals: &Referrals, request: Request<()>, answer: &Response<()>) -> HeaderMap {
    let handler = service_fn(|_| ready(Ok::<_, std::convert::Infallible>(answer.clone())));
    let mut service = referrals.layer().layer(handler);
    let response = pin!(service.call(request));
    match response.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response.unwrap().into_parts().0.headers,
        Poll::Pending => unreachable!("the handler answers at once"),
    }
}

fn landing(query: &str) -> Request<()> {
    Request::get(format!("/?{query}")).body(()).unwrap()
}

fn key() -> impl Strategy<Value = ReferralKey> {
    let ascii = "[ -~]{1,12}";
    let hostile = "[;,=\"\\\\ %&+#<>'é🎁\u{a0}]{1,8}";
    let long = "[^\\pC]{60,90}";
    let text = prop_oneof![4 => ascii, 4 => hostile, 2 => "\\PC{1,20}", 1 => long];
    text.prop_filter_map("over 255 bytes", |text| text.parse().ok())
}

/// One directive, and whether it may stay beside `private`.
fn directive() -> impl Strategy<Value = (String, bool)> {
    let gone = prop::sample::select(vec![
        "public",
        "Public",
        "PUBLIC",
        "s-maxage=60",
        "S-MaxAge = 9",
        "s-maxage=\"1\"",
        "private",
        "Private",
        "private=\"set-cookie, x\"",
    ]);
    let stays = prop::sample::select(vec![
        "max-age=60",
        "no-store",
        "no-cache",
        "must-revalidate",
        "no-transform",
        "immutable",
        "stale-while-revalidate=30",
        "no-cache=\"set-cookie, public\"",
        "x=\"a\\\", public\"",
        "publicity",
        "x-s-maxage=1",
        "ext=public",
        "must-understand",
    ]);
    prop_oneof![
        gone.prop_map(|directive| (directive.to_owned(), false)),
        stays.prop_map(|directive| (directive.to_owned(), true)),
        "[a-z]{1,5}=[0-9]{1,3}".prop_map(|directive| (directive, true)),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_key_survives_from_the_link_to_the_cookie_and_back(key in key()) {
        let encoded: String = form_urlencoded::byte_serialize(key.as_str().as_bytes()).collect();
        let headers = send(&referrals(), landing(&format!("ref={encoded}")), &Response::new(()));
        let line = headers[SET_COOKIE].to_str().unwrap();

        let (pair, attributes) = line.split_once("; ").unwrap();
        prop_assert_eq!(attributes, ATTRIBUTES);
        prop_assert!(pair.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)));
        let cookie = Cookie::parse_encoded(line).unwrap();
        prop_assert_eq!(cookie.name_value(), (OURS, key.as_str()));

        let back = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(pair).unwrap())]);
        let context = evaluate(&Uri::from_static("/"), &back);
        let referral = context.referral.unwrap();
        prop_assert_eq!(referral.source(), ReferralSource::Cookie);
        prop_assert_eq!(referral.key(), &key);
        let again = evaluate(landing(&format!("via={encoded}")).uri(), &back);
        prop_assert_eq!(again.outcome, Outcome::Unchanged);
    }

    #[test]
    fn the_layer_writes_what_evaluate_calls_captured(
        query in query::query(),
        lines in prop::collection::vec(cookies::line(), 0..3),
        method in prop_oneof![4 => Just(Method::GET), 1 => Just(Method::HEAD), 1 => Just(Method::POST)],
        attribution in prop::sample::select(vec![Attribution::LastTouch, Attribution::FirstTouch]),
    ) {
        let builder = Referrals::builder().parameters(PARAMETERS).attribution(attribution);
        let referrals = builder.build().unwrap();
        let mut request = landing(&query);
        *request.method_mut() = method.clone();
        *request.headers_mut() = cookies::headers(&lines);
        let context = referrals.evaluate(&method, request.uri(), request.headers());

        let written = send(&referrals, request, &Response::new(()));
        let lines = written.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        let cookies = lines.map(|line| Cookie::parse_encoded(line).unwrap());
        let (ours, runners_up): (Vec<_>, Vec<_>) = cookies.partition(|cookie| cookie.name() == OURS);
        if context.outcome == Outcome::Captured {
            let key = context.referral.as_ref().unwrap().key();
            prop_assert_eq!(ours.iter().map(Cookie::value).collect::<Vec<_>>(), [key.as_str()]);
        } else {
            prop_assert!(ours.is_empty());
        }
        if let [cookie] = &runners_up[..] {
            let keys: Vec<_> = context.runners_up().iter().map(ReferralKey::as_str).collect();
            prop_assert_eq!(cookie.value(), keys.join("\n"));
            prop_assert!(matches!(context.outcome, Outcome::Captured | Outcome::FirstTouchKept));
        }
        prop_assert!(runners_up.len() <= 1);
        let cache_control = usize::from(!(ours.is_empty() && runners_up.is_empty()));
        prop_assert_eq!(written.len(), ours.len() + runners_up.len() + cache_control);
    }

    #[test]
    fn a_captured_response_is_private_and_keeps_every_other_directive(
        lines in prop::collection::vec(prop::collection::vec(directive(), 0..4), 0..3),
        comma in prop::sample::select(vec![",", ", ", " ,\t", ",,"]),
    ) {
        let mut answer = Response::new(());
        let mut expected = vec!["private"];
        for line in &lines {
            let (directives, stay): (Vec<&str>, Vec<bool>) =
                line.iter().map(|(directive, stays)| (directive.as_str(), *stays)).unzip();
            let line = HeaderValue::try_from(directives.join(comma)).unwrap();
            answer.headers_mut().append(CACHE_CONTROL, line);
            expected.extend(directives.iter().zip(stay).filter(|(_, stays)| *stays).map(|(d, _)| *d));
        }
        let headers = send(&referrals(), landing("ref=K"), &answer);
        let merged: Vec<_> = headers.get_all(CACHE_CONTROL).iter().collect();
        prop_assert_eq!(merged, [&expected.join(", ")]);
    }

    #[test]
    fn no_cache_control_is_too_odd_to_be_made_private(line in "[a-z=\"\\\\, é]{0,12}(public)?[\", ]{0,3}") {
        let answer = Response::builder().header(CACHE_CONTROL, line.as_bytes());
        let headers = send(&referrals(), landing("ref=K"), &answer.body(()).unwrap());
        let merged = headers[CACHE_CONTROL].as_bytes();
        prop_assert!(merged == b"private" || merged.starts_with(b"private, "));
        // No directive `public` is left outside of quotes, which come in pairs.
        if !line.contains(['"', '\\']) {
            prop_assert!(!String::from_utf8_lossy(merged).split(", ").any(|word| word == "public"));
        }
    }
}
