//! Queries, against `form_urlencoded`.

use http::{HeaderMap, Uri};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use proptest::prelude::*;
use tower_partnero::{Outcome, Referral, ReferralKey, ReferralSource};

use crate::{PARAMETERS, Reading, Value, config, evaluate, key_of, not_utf_8, value};

/// What `form_urlencoded` finds under one name.
fn values(query: &str, parameter: &str) -> Vec<Value> {
    let raw_pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = form_urlencoded::parse(query.as_bytes()).zip(raw_pairs);
    let mut values = Vec::new();
    for ((name, decoded), raw) in pairs {
        let (raw_name, raw) = raw.split_once('=').unwrap_or((raw, ""));
        let difference_1 = raw_name != name;
        let difference_2 = percent_decode_str(raw).decode_utf8().is_err();
        if name != parameter || difference_1 {
            continue;
        }
        values.push(if difference_2 {
            Err(not_utf_8(percent_decode_str(raw).count()))
        } else {
            key_of(&decoded)
        });
    }
    values
}

fn expected(query: &str) -> Reading {
    // Difference 8.
    let mut query = query.replace('?', "&");
    while query.contains("&amp;") {
        query = query.replace("&amp;", "&");
    }
    let mut found = Vec::new();
    for parameter in PARAMETERS {
        found.extend(values(&query, parameter));
        if found.iter().any(Result::is_ok) {
            break;
        }
    }
    Reading::of(found)
}

/// `#` does not: it ends the query.
pub(crate) fn fits_in_uri(c: char) -> bool {
    c != '#' && Uri::try_from(format!("/?{c}")).is_ok()
}

pub(crate) fn query() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        6 => Just("ref"),
        4 => Just("via"),
        2 => prop::sample::select(vec!["r%65f", "Ref", "xref", "ref2", "re", ""]),
    ];
    let equals = prop_oneof![8 => Just("="), 1 => Just(""), 1 => Just("==")];
    let pair = (name, equals, value());
    let pair = pair.prop_map(|(name, equals, value)| [name, equals, &value].concat());
    prop::collection::vec(pair, 0..6).prop_map(|pairs| {
        let query = pairs.join("&");
        query.chars().filter(|&c| fits_in_uri(c)).collect()
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_query_is_read_as_form_urlencoded_reads_it(query in query()) {
        let uri = Uri::try_from(format!("/?{query}")).unwrap();
        let context = evaluate(&uri, &HeaderMap::new());
        let expected = expected(&query);
        prop_assert_eq!(context.outcome, expected.outcome(Outcome::Captured));
        let source = context.referral.as_ref().map(Referral::source);
        prop_assert_eq!(source, expected.key.as_ref().map(|_| ReferralSource::Query));
        prop_assert_eq!(Reading::from(context), expected);
    }

    #[test]
    fn a_mangled_link_is_read_as_the_link(
        key in "[!-~]{1,255}|[^\\pC\\pZ]([^\\pC]{0,60}[^\\pC\\pZ])?",
        before in blanks(),
        after in blanks(),
        (left, right) in neighbours(),
    ) {
        let key: ReferralKey = key.parse().unwrap();
        let encode = |text: &str| percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string();
        let encoded = encode(key.as_str());
        let value = [&before, &encoded, &after].map(String::as_str).concat();
        let uri = Uri::try_from(format!("/?{left}ref={value}{right}")).unwrap();
        let context = evaluate(&uri, &HeaderMap::new());
        prop_assert_eq!(context.referral.as_ref().map(Referral::key), Some(&key));
        prop_assert!(!context.conflicting);
    }
}

/// What programs copy along with a link, encoded or as `+`.
fn blanks() -> impl Strategy<Value = String> {
    let blank = prop::sample::select(vec![
        "%20",
        "+",
        "%09",
        "%0D%0A",
        "%C2%A0",
        "%E2%80%8B",
        "%E2%80%8D",
        "%E2%81%A0",
        "%E3%80%80",
        "%EF%BB%BF",
    ]);
    prop::collection::vec(blank, 0..4).prop_map(|blanks| blanks.concat())
}

/// Other pairs of the query, with the separators of tools that append pairs and of HTML.
fn neighbours() -> impl Strategy<Value = (String, String)> {
    let separator = || prop::sample::select(vec!["&", "?", "&amp;", "&amp;amp;"]);
    let left = (any::<bool>(), separator()).prop_map(|(is_there, separator)| {
        if is_there {
            format!("utm_source=mail{separator}")
        } else {
            String::new()
        }
    });
    let right = (any::<bool>(), separator()).prop_map(|(is_there, separator)| {
        if is_there {
            format!("{separator}utm_source=mail")
        } else {
            String::new()
        }
    });
    (left, right)
}
