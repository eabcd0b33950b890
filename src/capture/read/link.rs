//! Reads the referral key of a link: from its query, or else from its path.

use super::decode::{Encoding, decode, decode_known};
use super::parameter::{Parameter, check_parameters, check_segment};
use super::reading::{KeyRule, Reading};
use crate::error::ConfigError;
use crate::referral::ReferralSource;

/// What makes an address a referral link: a query parameter, or a path like `/ref/KEY`.
#[derive(Debug)]
pub(crate) struct Links {
    /// The most trusted name comes first.
    parameters: Box<[Parameter]>,
    /// The first segment of the paths that are links.
    segment: Option<Box<str>>,
    rule: KeyRule,
}

impl Links {
    /// # Errors
    ///
    /// [`ConfigError`] if a parameter or the segment cannot stand in a URL as it is.
    pub(crate) fn new(
        parameters: Box<[Box<str>]>,
        segment: Option<Box<str>>,
        rule: KeyRule,
    ) -> Result<Self, ConfigError> {
        check_parameters(&parameters)?;
        segment.as_deref().map_or(Ok(()), check_segment)?;
        Ok(Self {
            parameters: parameters.into_iter().map(Parameter::new).collect(),
            segment,
            rule,
        })
    }

    /// Whether a query holds one of the parameters, with a valid key or not. Every request that
    /// the layer sees asks this.
    // Not inlined, so that a request without a query does not pay for it.
    #[inline(never)]
    pub(crate) fn name_query(&self, query: &str) -> bool {
        self.parameters
            .iter()
            .any(|parameter| parameter.is_in(query))
    }

    /// Whether a path has the form of a link, with a valid key or not.
    pub(crate) fn name_path(&self, path: &str) -> bool {
        let segment = self.segment.as_deref();
        segment.is_some_and(|segment| raw_key(path, segment).is_some())
    }

    /// Reads an address. The path counts only if the query holds no valid key.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "without a query and a path nothing is left of it"
    )]
    pub(crate) fn read<'a>(&self, query: Option<&str>, path: impl FnOnce() -> &'a str) -> Reading {
        let mut reading = match query {
            Some(query) => self.read_query(query),
            None => Reading::new(ReferralSource::Query),
        };
        if reading.key.is_none()
            && let Some(segment) = &self.segment
            && let Some(raw) = raw_key(path(), segment)
        {
            self.read_path(raw, &mut reading);
        }
        reading
    }

    /// Reads the first valid key. The order of the parameters comes first, the order within the query
    /// second.
    fn read_query(&self, query: &str) -> Reading {
        let mut reading = Reading::new(ReferralSource::Query);
        for parameter in &self.parameters {
            for value in parameter.values(query) {
                let key = decode_known(value.raw, value.is_plain, Encoding::Form);
                reading.add(key, &self.rule);
            }
            // A key in a parameter that is trusted less does not count, not even as a conflict.
            if reading.key.is_some() {
                break;
            }
        }
        reading
    }

    /// Adds the key of a path. A mistake in the query comes first, so it stays the one to report.
    #[inline(never)]
    fn read_path(&self, raw: &str, reading: &mut Reading) {
        reading.source = ReferralSource::Path;
        reading.add(decode(raw, Encoding::Percent), &self.rule);
    }

    pub(crate) fn have_paths(&self) -> bool {
        self.segment.is_some()
    }

    /// The names of the parameters, the most trusted one first; there is at least one.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(Parameter::name)
    }
}

/// The undecoded key behind the segment, if the path has nothing else.
fn raw_key<'a>(path: &'a str, segment: &str) -> Option<&'a str> {
    let rest = path.strip_prefix('/')?.strip_prefix(segment)?;
    let key = rest.strip_prefix('/')?;
    // Servers and people add a slash at the end.
    let key = key.strip_suffix('/').unwrap_or(key);
    (!key.contains('/')).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::referral::{InvalidReferralKey, ReferralKey};

    fn links(list: &[&str]) -> Links {
        let parameters = list.iter().map(|&name| name.into()).collect();
        Links::new(parameters, Some("ref".into()), KeyRule::default()).unwrap()
    }

    fn read(query: &str, list: &[&str]) -> Reading {
        links(list).read(Some(query), || "/")
    }

    fn key(query: &str, list: &[&str]) -> Option<String> {
        read(query, list).key.map(|key| key.to_string())
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
            assert!(!links(&["ref"]).name_query(query), "{query}");
        }
    }

    #[test]
    fn order_of_the_list_beats_order_of_the_query() {
        assert_eq!(key("via=V&ref=R", &["ref", "via"]).as_deref(), Some("R"));
        assert_eq!(key("via=V&ref=", &["ref", "via"]).as_deref(), Some("V"));
    }

    #[test]
    fn first_valid_value_wins_and_a_different_one_is_a_conflict() {
        let reading = read("ref=&ref=A&ref=A&ref=B", &["ref"]);
        assert_eq!(reading.key.unwrap().as_str(), "A");
        assert!(reading.conflicting);
        assert_eq!(reading.invalid, Some(InvalidReferralKey::Empty));
        assert!(!read("ref=A&ref=A", &["ref"]).conflicting);
    }

    #[test]
    fn a_bare_parameter_is_empty() {
        let reading = read("ref", &["ref"]);
        assert_eq!(reading.key, None);
        assert_eq!(reading.invalid, Some(InvalidReferralKey::Empty));
    }

    #[test]
    fn only_a_path_of_the_form_of_a_link_is_read() {
        for (path, key) in [
            ("/ref/anna-7", Some("anna-7")),
            ("/ref/anna-7/", Some("anna-7")),
            ("/ref/a%20b+c", Some("a b+c")),
            ("/ref/a%2Fb", Some("a/b")),
            ("/ref/", None),
            ("/ref", None),
            ("/ref//", None),
            ("/ref/a/b", None),
            ("/reference/a", None),
            ("/shop/ref/a", None),
            ("//ref/a", None),
            ("*", None),
        ] {
            let read = links(&["ref"]).read(None, || path).key;
            assert_eq!(read.as_ref().map(ReferralKey::as_str), key, "{path}");
        }
    }

    #[test]
    fn the_path_counts_where_the_query_has_no_valid_key() {
        for (query, path, key, source, invalid) in [
            ("ref=Q", "/ref/P", Some("Q"), ReferralSource::Query, None),
            ("a=1", "/ref/P", Some("P"), ReferralSource::Path, None),
            (
                "ref=",
                "/ref/P",
                Some("P"),
                ReferralSource::Path,
                Some(InvalidReferralKey::Empty),
            ),
            (
                "ref=%ff",
                "/ref/",
                None,
                ReferralSource::Path,
                Some(InvalidReferralKey::NotUtf8),
            ),
        ] {
            let reading = links(&["ref"]).read(Some(query), || path);
            let read = reading.key.as_ref().map(ReferralKey::as_str);
            assert_eq!(
                (read, reading.source, reading.invalid),
                (key, source, invalid),
                "{query} {path}"
            );
        }
    }
}
