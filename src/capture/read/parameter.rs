//! The names that a link may have: of a query parameter, and of a path segment.

use std::fmt;

use super::decode::is_plain;
use super::needle::Needle;
use crate::error::ConfigError;

/// The name of a query parameter.
///
/// Names are compared without decoding: a configured name needs no encoding, and nobody writes
/// `r%65f` in a link.
pub(super) struct Parameter {
    name: Box<str>,
    needle: Needle,
}

impl Parameter {
    /// `name` is not empty.
    pub(super) fn new(name: Box<str>) -> Self {
        let needle = Needle::new(&name);
        Self { name, needle }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the parameter stands in the query at all.
    #[inline]
    pub(super) fn is_in(&self, query: &str) -> bool {
        let query = query.as_bytes();
        let start = self.needle.find(query, 0);
        start.is_some_and(|start| self.is_at(query, start) || self.is_behind(query, start))
    }

    /// Apart from [`is_in`](Self::is_in): few queries hold the name and not our pair.
    #[cold]
    fn is_behind(&self, query: &[u8], start: usize) -> bool {
        self.next_end(query, start + 1).is_some()
    }

    /// The values of the parameter, in order.
    #[inline]
    pub(super) fn values<'a>(&'a self, query: &'a str) -> impl Iterator<Item = Value<'a>> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let end = self.next_end(query.as_bytes(), from)?;
            let value = value_of(query.get(end..)?);
            // No pair starts inside of a value.
            from = end + value.raw.len();
            Some(value)
        })
    }

    /// Where the name of the first pair of ours ends, of those that start at or behind `from`.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a query seldom holds more than one pair of ours, and asks twice"
    )]
    fn next_end(&self, query: &[u8], mut from: usize) -> Option<usize> {
        loop {
            let start = self.needle.find(query, from)?;
            if self.is_at(query, start) {
                return Some(start + self.name.len());
            }
            // Not behind the name, because names may overlap: `refref=` holds `ref=` at its end.
            from = start + 1;
        }
    }

    /// Whether the name that starts here is the whole name of a pair: behind it comes nothing, the
    /// next pair, or `=` and the value.
    #[inline]
    fn is_at(&self, query: &[u8], start: usize) -> bool {
        let (before, rest) = query.split_at(start);
        matches!(rest[self.name.len()..], [] | [b'=' | b'&' | b'?', ..]) && ends_pair(before)
    }
}

/// The value of a pair.
pub(super) struct Value<'a> {
    /// Not decoded.
    pub(super) raw: &'a str,
    /// Whether all its bytes are [plain](is_plain).
    pub(super) is_plain: bool,
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name, f)
    }
}

/// Whether a pair may start behind this text.
fn ends_pair(before: &[u8]) -> bool {
    match before.last() {
        // Tools that append their own parameters to a link write a second `?` instead of `&`.
        None | Some(b'&' | b'?') => true,
        Some(b';') => ends_with_entity(before),
        _ => false,
    }
}

/// Whether the text ends with `&amp;`. Mail programs send links with this HTML entity instead of a
/// plain `&`, some of them escaped twice (`&amp;amp;`).
#[cold]
fn ends_with_entity(mut pairs: &[u8]) -> bool {
    let mut found = false;
    while let Some(before) = pairs.strip_suffix(b"amp;") {
        (pairs, found) = (before, true);
    }
    found && pairs.ends_with(b"&")
}

/// The [plain](is_plain) bytes that do not end a value. A table takes half the instructions of
/// comparisons.
static GOES_ON: [bool; 256] = {
    let mut goes_on = [false; 256];
    let mut byte = 0;
    while byte < u8::MAX {
        goes_on[byte as usize] = is_plain(byte) && !ends_value(byte);
        byte += 1;
    }
    goes_on
};

const fn ends_value(byte: u8) -> bool {
    matches!(byte, b'&' | b'?')
}

/// The value in front of the next pair. A plain `?` ends it, too: a key in a link is
/// percent-encoded, so a plain `?` comes from a tool that appended its own parameters to the link.
fn value_of(rest: &str) -> Value<'_> {
    let rest = rest.strip_prefix('=').unwrap_or_default();
    // Most keys are plain, so one pass over them finds the end as well.
    let mut bytes = rest.bytes();
    let plain = bytes.position(|byte| !GOES_ON[usize::from(byte)]);
    let plain = plain.unwrap_or(rest.len());
    let behind = &rest.as_bytes()[plain..];
    let escaped = behind.iter().position(|&byte| ends_value(byte));
    let escaped = escaped.unwrap_or(behind.len());
    Value {
        raw: rest.get(..plain + escaped).unwrap_or(rest),
        is_plain: escaped == 0,
    }
}

pub(super) fn check_parameters(parameters: &[Box<str>]) -> Result<(), ConfigError> {
    let refuse = |advice: String| Err(ConfigError::new("parameters", advice));
    if parameters.is_empty() {
        return refuse("name at least one query parameter, as in `[\"ref\"]`".to_owned());
    }
    for (index, name) in parameters.iter().enumerate() {
        if !needs_no_encoding(name) {
            return refuse(format!(
                "{name:?} is no parameter name: write letters, digits and `-._~`, as in `ref`"
            ));
        }
        if parameters[..index].contains(name) {
            return refuse(format!(
                "{name:?} is listed twice: name each parameter once"
            ));
        }
    }
    Ok(())
}

pub(super) fn check_segment(segment: &str) -> Result<(), ConfigError> {
    if needs_no_encoding(segment) && !matches!(segment, "." | "..") {
        return Ok(());
    }
    Err(ConfigError::new(
        "path_links",
        format!(
            "{segment:?} is no path segment: write letters, digits and `-._~` without slashes, as in `ref`"
        ),
    ))
}

/// Letters, digits and `-._~` (RFC 3986, section 2.3) stand in a URL as they are.
fn needs_no_encoding(name: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw_values<'a>(name: &'a Parameter, query: &'a str) -> Vec<&'a str> {
        name.values(query).map(|value| value.raw).collect()
    }

    fn values_by_splitting<'a>(name: &str, query: &'a str) -> Vec<&'a str> {
        let value = |pair: &'a str| match pair.strip_prefix(name)? {
            "" => Some(""),
            rest => rest.strip_prefix('='),
        };
        query.split('&').filter_map(value).collect()
    }

    #[test]
    fn finds_what_splitting_every_pair_finds() {
        for name in ["f", "aff", "fa", "afaf"].map(|name| Parameter::new(name.into())) {
            let mut queries = vec![String::new()];
            for _ in 0..8 {
                for query in &queries {
                    let values = raw_values(&name, query);
                    assert_eq!(values, values_by_splitting(&name.name, query), "{query}");
                }
                let longer = |query: &String| ['a', 'f', '=', '&'].map(|c| format!("{query}{c}"));
                queries = queries.iter().flat_map(longer).collect();
            }
        }
    }

    #[test]
    fn finds_the_pairs_of_mangled_links() {
        let parameter = Parameter::new("ref".into());
        for (query, values) in [
            ("ref=K?utm_source=newsletter", &["K"][..]),
            ("utm_source=newsletter?ref=K", &["K"]),
            ("ref=K?ref=L", &["K", "L"]),
            ("ref?utm_source=newsletter", &[""]),
            ("utm_source=mail&amp;ref=K", &["K"]),
            ("utm_source=mail&amp;amp;ref=K&amp;a=1", &["K"]),
            ("amp;ref=K", &[]),
            ("a;ref=K", &[]),
            ("a&lamp;ref=K", &[]),
        ] {
            assert_eq!(raw_values(&parameter, query), values, "{query}");
            assert_eq!(parameter.is_in(query), !values.is_empty(), "{query}");
        }
    }

    #[test]
    fn finds_a_name_longer_than_a_step() {
        let name = "x".repeat(600) + "y";
        let query = format!("{}&{name}=K", "z".repeat(700));
        let parameter = Parameter::new(name.into());
        assert_eq!(raw_values(&parameter, &query), ["K"]);
    }
}
