//! Reads a referral key from a query string.

use super::decode::{Encoding, decode};
use super::parameter::Parameter;
use super::reading::Reading;
use crate::referral::ReferralSource;

/// Whether any of the parameters stands in the query at all: the one question of the hot path.
pub(crate) fn mentions(query: &str, parameters: &[Parameter]) -> bool {
    parameters.iter().any(|parameter| parameter.is_in(query))
}

/// Reads the first valid key, by the order of `parameters` first and of the query second.
pub(crate) fn read(query: &str, parameters: &[Parameter]) -> Reading {
    let mut reading = Reading::new(ReferralSource::Query);
    for parameter in parameters {
        for raw in parameter.values(query) {
            reading.add(decode(raw, Encoding::Form));
        }
        if reading.key.is_some() {
            break;
        }
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::referral::InvalidReferralKey;

    fn names(list: &[&str]) -> Vec<Parameter> {
        list.iter()
            .map(|&name| Parameter::new(name.into()))
            .collect()
    }

    fn key(query: &str, list: &[&str]) -> Option<String> {
        read(query, &names(list)).key.map(|key| key.to_string())
    }

    #[test]
    fn finds_the_parameter_wherever_it_stands() {
        for query in [
            "ref=K",
            "a=1&ref=K",
            "ref=K&a=1",
            "&&ref=K&",
            "xref=1&ref=K",
            "ref2=1&ref=K",
        ] {
            assert_eq!(key(query, &["ref"]).as_deref(), Some("K"), "{query}");
        }
        for query in [
            "", "a=1", "xref=K", "ref2=K", "Ref=K", "a=ref=K", "re", "r%65f=K",
        ] {
            assert_eq!(key(query, &["ref"]), None, "{query}");
            assert!(!mentions(query, &names(&["ref"])), "{query}");
        }
    }

    #[test]
    fn order_of_the_list_beats_order_of_the_query() {
        assert_eq!(key("via=V&ref=R", &["ref", "via"]).as_deref(), Some("R"));
        assert_eq!(key("via=V&ref=", &["ref", "via"]).as_deref(), Some("V"));
    }

    #[test]
    fn first_valid_value_wins_and_a_different_one_is_a_conflict() {
        let reading = read("ref=&ref=A&ref=A&ref=B", &names(&["ref"]));
        assert_eq!(reading.key.unwrap().as_str(), "A");
        assert!(reading.conflicting);
        assert_eq!(reading.invalid, Some(InvalidReferralKey::Empty));
        assert!(!read("ref=A&ref=A", &names(&["ref"])).conflicting);
    }

    #[test]
    fn a_bare_parameter_is_empty() {
        let reading = read("ref", &names(&["ref"]));
        assert_eq!(reading.key, None);
        assert_eq!(reading.invalid, Some(InvalidReferralKey::Empty));
    }
}
