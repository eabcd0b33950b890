//! Our readers against independent ones, on everything that a `Uri` and a `HeaderValue` can hold.
//!
//! Queries are compared with `form_urlencoded`, cookies with the `cookie` crate. Where both give
//! an answer it is the same one. These differences are meant; each is left out of the comparison
//! by its number, and `the_differences_are_as_described` holds an example of each:
//!
//! 1. Names are compared undecoded: `r%65f` is not `ref`, `partnero%5Freferral` is not our cookie.
//! 2. Invalid UTF-8 is refused; `form_urlencoded` puts U+FFFD in its place.
//! 3. Only space and tab are trimmed around a cookie's name, and around its value before the quotes
//!    are taken off; `cookie` trims all Unicode white space.
//! 4. A cookie line, or pair, that is not UTF-8 hides no other pair; `cookie` takes only text.
//! 5. Quotes are taken off a cookie's value before it is decoded, so an encoded quote is part of
//!    the key; `cookie` looks for quotes in the decoded value.
//! 6. The first *valid* value counts, not the first. An empty one, one over 255 bytes and one
//!    with control characters is no key, though the other readers return it.
//! 7. Blanks around a key are dropped once it is decoded: white space, also encoded, and characters
//!    without a width. A value of more than 287 bytes is refused before its blanks are dropped.
//! 8. In a query, a plain `?` and the HTML entity `&amp;` stand between two pairs as `&` does.

#[cfg(feature = "companion")]
mod companion;
mod cookies;
mod layer;
mod query;

use http::{HeaderMap, Method, Uri};
use percent_encoding::percent_encode_byte;
use proptest::prelude::*;
use tower_partnero::{InvalidReferralKey, Outcome, ReferralContext, ReferralKey, Referrals};

type Value = Result<ReferralKey, InvalidReferralKey>;

const PARAMETERS: [&str; 2] = ["ref", "via"];
const OURS: &str = "partnero_referral";

/// Write a plain test beside the code for a case that fails here; so no seeds are stored.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn referrals() -> Referrals {
    let builder = Referrals::builder().parameters(PARAMETERS);
    builder.build().unwrap()
}

fn evaluate(uri: &Uri, headers: &HeaderMap) -> ReferralContext {
    referrals().evaluate(&Method::GET, uri, headers)
}

/// What one place says about the referral.
#[derive(Debug, PartialEq)]
struct Reading {
    key: Option<ReferralKey>,
    ignored: Option<InvalidReferralKey>,
    conflicting: bool,
}

impl Reading {
    /// Difference 6: which of the values that another reader found is the one to use.
    fn of(values: Vec<Value>) -> Self {
        let (mut keys, mut invalid) = (Vec::new(), Vec::new());
        for value in values {
            value.map_or_else(|error| invalid.push(error), |key| keys.push(key));
        }
        Self {
            conflicting: keys.iter().any(|key| *key != keys[0]),
            key: keys.into_iter().next(),
            ignored: invalid.into_iter().next(),
        }
    }

    fn outcome(&self, with_key: Outcome) -> Outcome {
        let without = self.ignored.map_or(Outcome::NotReferred, Outcome::Ignored);
        self.key.as_ref().map_or(without, |_| with_key)
    }
}

impl From<ReferralContext> for Reading {
    fn from(context: ReferralContext) -> Self {
        Self {
            key: context.referral.map(|referral| referral.key().clone()),
            ignored: context.ignored,
            conflicting: context.conflicting,
        }
    }
}

/// A value that another reader has decoded, as a key. Difference 7: values with too many blanks.
fn key_of(decoded: &str) -> Value {
    if decoded.len() > ReferralKey::MAX_LEN + 32 {
        return Err(InvalidReferralKey::TooLong);
    }
    decoded.parse()
}

/// Difference 2: why a value that is not UTF-8 once decoded is no key.
fn not_utf_8(decoded_len: usize) -> InvalidReferralKey {
    if decoded_len > ReferralKey::MAX_LEN {
        InvalidReferralKey::TooLong
    } else {
        InvalidReferralKey::NotUtf8
    }
}

/// The pieces of the generated values: text of all kinds, and valid and broken escapes.
fn value() -> impl Strategy<Value = String> {
    let encode = |text: String| text.bytes().map(percent_encode_byte).collect::<String>();
    let fragment = prop_oneof![
        8 => "[A-Za-z0-9_.-]{1,4}",
        4 => any::<u8>().prop_map(|byte| percent_encode_byte(byte).to_owned()),
        2 => "\\PC{1,2}".prop_map(encode),
        2 => "[%+=;,'!*()@/?:$~|^]{1,3}",
        1 => (250_usize..260).prop_map(|len| "a".repeat(len)),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(fragment, 0..3).prop_map(|parts| parts.concat())
}

#[test]
fn the_differences_are_as_described() {
    let no_key = |target: &str, cookie: &str| {
        let uri = Uri::try_from(target).unwrap();
        let context = evaluate(&uri, &cookies::headers(&[cookie.as_bytes().to_vec()]));
        assert_eq!(context.referral, None, "{target} {cookie}");
        context.outcome
    };
    let key = |line: &[u8]| {
        let context = evaluate(&Uri::from_static("/"), &cookies::headers(&[line.to_vec()]));
        context.referral.unwrap().key().to_string()
    };
    let link = |target: &'static str| {
        let context = evaluate(&Uri::from_static(target), &HeaderMap::new());
        context.referral.unwrap().key().to_string()
    };
    let form = |query: &str| {
        let (name, value) = form_urlencoded::parse(query.as_bytes()).next().unwrap();
        format!("{name} {value}")
    };
    let cookie = |pair: &'static str| cookie::Cookie::parse_encoded(pair).unwrap();

    assert_eq!(form("r%65f=K"), "ref K");
    assert_eq!(no_key("/?r%65f=K", ""), Outcome::NotReferred);
    assert_eq!(cookie("partnero%5Freferral=K").name(), OURS);
    let encoded_name = no_key("/", "partnero%5Freferral=K");
    assert_eq!(encoded_name, Outcome::NotReferred);

    assert_eq!(form("ref=%ff"), "ref \u{fffd}");
    let not_utf_8 = no_key("/?ref=%ff", "");
    assert_eq!(not_utf_8, Outcome::Ignored(InvalidReferralKey::NotUtf8));

    assert_eq!(cookie("partnero_referral=\u{a0}\"K\"").value_trimmed(), "K");
    assert_eq!(key("partnero_referral=\u{a0}\"K\"".as_bytes()), "\"K\"");

    assert_eq!(key(b"\xff; partnero_referral=K; a=\xfe"), "K");

    assert_eq!(cookie("partnero_referral=%22K%22").value_trimmed(), "K");
    assert_eq!(key(b"partnero_referral=%22K%22"), "\"K\"");

    assert_eq!(form("ref=&ref=K"), "ref ");
    assert_eq!(form("ref=%00"), "ref \0");
    assert_eq!(key(b"partnero_referral=; partnero_referral=K"), "K");

    assert_eq!(form("ref=+K%C2%A0"), "ref  K\u{a0}");
    assert_eq!(key(b"partnero_referral=%20K%C2%A0"), "K");

    assert_eq!(form("ref=K?a=1"), "ref K?a=1");
    assert_eq!(link("/?ref=K?a=1"), "K");
    assert_eq!(form("amp;ref=K"), "amp;ref K");
    assert_eq!(link("/?a=1&amp;ref=K"), "K");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_are_too_odd_to_be_read(
        query in prop::collection::vec(any::<char>(), 0..64),
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..4),
    ) {
        let lines: Vec<_> = lines.into_iter().map(cookies::only_what_a_header_holds).collect();
        let query: String = query.into_iter().filter(|&c| query::fits_in_uri(c)).collect();
        let uri = Uri::try_from(format!("/?ref={query}")).unwrap();
        let context = evaluate(&uri, &cookies::headers(&lines));
        prop_assert_ne!(context.outcome, Outcome::NotReferred);
    }
}
