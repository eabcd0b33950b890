//! Cookies, against the `cookie` crate.

use std::str::from_utf8;

use cookie::Cookie;
use http::Uri;
use http::header::{COOKIE, HeaderMap, HeaderValue};
use percent_encoding::{percent_decode, percent_decode_str};
use proptest::prelude::*;
use tower_partnero::Outcome;

use crate::{OURS, Reading, Value, config, evaluate, key_of, not_utf_8, value};

/// The value that the `cookie` crate reads from one pair; `None` if the pair is not ours.
fn read(pair: &str) -> Option<Value> {
    // Difference 1: the name as it was sent.
    let raw = Cookie::parse(pair).ok()?;
    (raw.name() == OURS).then(|| match Cookie::parse_encoded(pair) {
        Ok(decoded) => key_of(decoded.value_trimmed()),
        Err(_) => Err(not_utf_8(percent_decode_str(raw.value_trimmed()).count())),
    })
}

/// Difference 4: a pair that the `cookie` crate cannot be asked about.
fn read_bytes(pair: &[u8]) -> Option<Value> {
    let equals = pair.iter().position(|&byte| byte == b'=')?;
    let value = pair[equals + 1..].trim_ascii();
    let inner = value.strip_prefix(b"\"").unwrap_or_default();
    let inner = inner.strip_suffix(b"\"").unwrap_or(value);
    let decoded = || percent_decode(inner);
    let is_ours = pair[..equals].trim_ascii() == OURS.as_bytes();
    is_ours.then(|| match decoded().decode_utf8() {
        Ok(text) => key_of(&text),
        Err(_) => Err(not_utf_8(decoded().count())),
    })
}

fn differs_on_purpose(pair: &str) -> bool {
    let blank = [' ', '\t'];
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let trims_more = |part: &str| part.trim() != part.trim_matches(blank);
    let difference_3 = trims_more(name) || trims_more(value);

    let quoted = |text: &str| text.len() > 1 && text.starts_with('"') && text.ends_with('"');
    let value = value.trim_matches(blank);
    let decoded = percent_decode_str(value).decode_utf8_lossy();
    let difference_5 = quoted(value) != quoted(&decoded);

    difference_3 || difference_5
}

fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|&byte| byte == b';')
}

fn without_differences(line: &[u8]) -> Vec<u8> {
    let comparable = |pair: &&[u8]| !from_utf8(pair).is_ok_and(differs_on_purpose);
    let pairs: Vec<_> = pairs(line).filter(comparable).collect();
    pairs.join(&b';')
}

fn expected(lines: &[Vec<u8>]) -> Reading {
    let pairs = lines.iter().flat_map(|line| pairs(line));
    let values = pairs.filter_map(|pair| from_utf8(pair).map_or_else(|_| read_bytes(pair), read));
    Reading::of(values.collect())
}

pub(crate) fn headers(lines: &[Vec<u8>]) -> HeaderMap {
    let value = |line: &Vec<u8>| (COOKIE, HeaderValue::from_bytes(line).unwrap());
    lines.iter().map(value).collect()
}

pub(crate) fn only_what_a_header_holds(mut line: Vec<u8>) -> Vec<u8> {
    line.retain(|&byte| HeaderValue::from_bytes(&[byte]).is_ok());
    line
}

fn pair() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        8 => Just(OURS),
        3 => prop::sample::select(vec![
            "partnero%5Freferral", "partnero_referral_", "x_partnero_referral", "a", "",
        ]),
    ];
    let blank =
        || prop_oneof![6 => Just(""), 2 => Just(" "), 1 => Just("\t "), 1 => Just("\u{a0}")];
    let equals = prop_oneof![8 => Just("="), 1 => Just(""), 1 => Just("==")];
    let quote = || prop_oneof![6 => Just(""), 2 => Just("\""), 1 => Just("%22")];
    let left = (blank(), name, blank(), equals);
    let right = (blank(), quote(), value(), quote(), blank());
    (left, right).prop_map(|((a, name, b, equals), (c, open, value, close, d))| {
        [a, name, b, equals, c, open, &value, close, d]
            .concat()
            .into_bytes()
    })
}

pub(crate) fn line() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(any::<u8>(), 1..4);
    let pair = prop_oneof![
        6 => pair(),
        1 => (pair(), noise.clone()).prop_map(|(pair, noise)| [pair, noise].concat()),
        1 => (pair(), noise).prop_map(|(pair, noise)| [noise, pair].concat()),
    ];
    let pairs = prop::collection::vec(pair, 0..5);
    pairs.prop_map(|pairs| only_what_a_header_holds(pairs.join(&b';')))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn cookies_are_read_as_the_cookie_crate_reads_them(lines in prop::collection::vec(line(), 0..4)) {
        let lines: Vec<_> = lines.iter().map(|line| without_differences(line)).collect();
        let context = evaluate(&Uri::from_static("/"), &headers(&lines));
        let expected = expected(&lines);
        prop_assert_eq!(context.outcome, expected.outcome(Outcome::Remembered));
        prop_assert_eq!(Reading::from(context), expected);
    }
}
