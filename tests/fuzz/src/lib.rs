//! What the fuzz targets share: an app behind the layer, and what must hold for each answer.
//!
//! Each target feeds bytes that a stranger may send through the public API, and asserts more than
//! that nothing panics. They need a nightly toolchain and `cargo install cargo-fuzz`:
//!
//! ```sh
//! cargo +nightly fuzz run --fuzz-dir tests/fuzz query -- -max_total_time=600
//! ```
//!
//! `cargo +nightly fuzz list --fuzz-dir tests/fuzz` names the targets; `-dict=tests/fuzz/words.dict`
//! gives them words that a fuzzer seldom guesses. That all of them compile is
//! seen without fuzzing: `RUSTFLAGS="--cfg fuzzing" cargo check --manifest-path tests/fuzz/Cargo.toml --bins`.

pub mod partnero;

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use http::{Method, Request, Response, Uri};
use tower::{Layer, Service, service_fn};
use tower_partnero::{Outcome, ReferralContext, ReferralKey, Referrals};

/// The name of the cookie under every policy of the targets.
pub const COOKIE_NAME: &str = "partnero_referral";
const RUNNERS_UP: &[u8] = b"partnero_referral_before=";

/// Sends one request through the layer, around a handler that answers with these headers.
pub fn send(referrals: &Referrals, request: Request<()>, answer: &HeaderMap) -> HeaderMap {
    let handler = service_fn(|_| {
        let mut response = Response::new(());
        response.headers_mut().clone_from(answer);
        ready(Ok::<_, Infallible>(response))
    });
    let mut service = referrals.layer().layer(handler);
    let Ok(response) = answer_of(service.call(request));
    response.into_parts().0.headers
}

/// What a service answers that has nothing to wait for.
pub fn answer_of<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("it answers at once"),
    }
}

/// A `GET` request with these headers.
pub fn get(uri: &Uri, headers: &HeaderMap) -> Request<()> {
    let mut request = Request::new(());
    request.uri_mut().clone_from(uri);
    request.headers_mut().clone_from(headers);
    request
}

/// Every line as a value of the header, up to the first that no header can hold.
pub fn lines(name: &HeaderName, text: &[u8]) -> HeaderMap {
    let values = text
        .split(|&byte| byte == b'\n')
        .map(HeaderValue::from_bytes);
    let values = values.map_while(Result::ok);
    values.map(|value| (name.clone(), value)).collect()
}

/// Asserts what holds for every decision, and that the layer writes what was decided and nothing
/// else.
pub fn check(referrals: &Referrals, uri: &Uri, headers: &HeaderMap) -> ReferralContext {
    let context = referrals.evaluate(&Method::GET, uri, headers);
    assert_eq!(context, referrals.evaluate(&Method::GET, uri, headers));
    if let Some(referral) = &context.referral {
        let key = referral.key().as_str();
        assert!((1..=ReferralKey::MAX_LEN).contains(&key.len()));
        assert!(!key.chars().any(char::is_control));
    }
    let written = send(referrals, get(uri, headers), &HeaderMap::new());
    match (context.outcome, &context.referral) {
        (Outcome::Captured, Some(referral)) => {
            check_stored(referrals, &written, referral.key());
        }
        (Outcome::Captured, None) => panic!("captured without a referral"),
        (Outcome::ConsentWithdrawn, referral) => assert_eq!(*referral, None),
        (Outcome::FirstTouchKept, _) => {
            let of_runners_up = |line: &HeaderValue| line.as_bytes().starts_with(RUNNERS_UP);
            assert!(written.get_all(SET_COOKIE).iter().all(of_runners_up));
        }
        _ => assert!(written.is_empty(), "{written:?}"),
    }
    context
}

/// Asserts the shape of what was written, and that the key survives the way into the browser and
/// back.
pub fn check_stored(referrals: &Referrals, written: &HeaderMap, key: &ReferralKey) {
    let line = written.get_all(SET_COOKIE).iter().find(|line| {
        !line.as_bytes().starts_with(b"partnero_referral=;")
            && !line.as_bytes().starts_with(RUNNERS_UP)
    });
    let line = line.expect("a cookie is set").to_str().unwrap();
    let (pair, attributes) = line.split_once("; ").unwrap();
    assert!(attributes.ends_with("; Max-Age=2592000"), "{attributes}");
    assert!(attributes.starts_with("SameSite=Lax; Secure; Path=/; "));
    let value = pair.strip_prefix("partnero_referral=").unwrap();
    let may_stand = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
    assert!(value.bytes().all(may_stand), "{value}");
    let parsed = cookie::Cookie::parse_encoded(line).unwrap();
    assert_eq!(parsed.name_value(), (COOKIE_NAME, key.as_str()));
    let cache = written["cache-control"].to_str().unwrap();
    assert!(cache == "private" || cache.starts_with("private, "));

    // Only a policy that asks for consent looks at the second cookie.
    let back = HeaderValue::try_from(format!("{pair}; consent=yes")).unwrap();
    let back = HeaderMap::from_iter([(COOKIE, back)]);
    let context = referrals.evaluate(&Method::GET, &Uri::from_static("/"), &back);
    assert_eq!(context.outcome, Outcome::Remembered);
    assert_eq!(context.referral.unwrap().key(), key);
    assert!(!context.conflicting);
}
