//! The name of a query parameter, ready to be looked for.

use std::fmt;

/// Finds its values by Horspool's algorithm: only the byte where the name would end is looked
/// at, and it says how far ahead the name may end at the earliest.
///
/// Names and queries are short. A search that first finds every `&`, or one that is made for
/// long texts, takes several times as many instructions.
///
/// Names are compared without decoding: a configured name needs no encoding, and no one who
/// builds a link writes `r%65f`.
pub(super) struct Parameter {
    name: Box<str>,
    /// The step ahead for each byte; 0 for the last byte of the name.
    steps: [u8; 256],
}

impl Parameter {
    /// `name` is not empty.
    pub(super) fn new(name: Box<str>) -> Self {
        let mut steps = [step(name.len()); 256];
        for (index, byte) in name.bytes().enumerate() {
            steps[usize::from(byte)] = step(name.len() - 1 - index);
        }
        Self { name, steps }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The raw values of the parameter, in order.
    #[inline]
    pub(super) fn values<'a>(&'a self, query: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let (name, query) = (self.name.as_bytes(), query.as_bytes());
        let mut last = name.len() - 1;
        std::iter::from_fn(move || {
            loop {
                let (before, after) = query.split_at_checked(self.next_end(query, last)?)?;
                last = before.len();
                if let Some(value) = value_after(before, name, after) {
                    return Some(value);
                }
            }
        })
    }

    /// Where a name may end, if its last byte stands at `last` or behind.
    #[inline]
    fn next_end(&self, query: &[u8], mut last: usize) -> Option<usize> {
        loop {
            match self.steps[usize::from(*query.get(last)?)] {
                0 => return Some(last + 1),
                step => last += usize::from(step),
            }
        }
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name, f)
    }
}

/// A shorter step than the name allows misses nothing.
fn step(bytes: usize) -> u8 {
    u8::try_from(bytes).unwrap_or(u8::MAX)
}

/// The value, if `before` ends with the whole name of a pair and `after` goes on as a pair does.
fn value_after<'a>(before: &[u8], name: &[u8], after: &'a [u8]) -> Option<&'a [u8]> {
    let (None | Some(b'&')) = before.strip_suffix(name)?.last() else {
        return None;
    };
    match after {
        [b'=', value @ ..] => value.split(|&byte| byte == b'&').next(),
        [] | [b'&', ..] => Some(&[]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values_by_splitting<'a>(name: &str, query: &'a str) -> Vec<&'a [u8]> {
        let value = |pair: &'a str| match pair.strip_prefix(name)?.as_bytes() {
            [b'=', value @ ..] => Some(value),
            [] => Some(&[][..]),
            _ => None,
        };
        query.split('&').filter_map(value).collect()
    }

    #[test]
    fn finds_what_splitting_every_pair_finds() {
        for name in ["f", "aff", "fa", "afaf"].map(|name| Parameter::new(name.into())) {
            let mut queries = vec![String::new()];
            for _ in 0..8 {
                for query in &queries {
                    let values: Vec<_> = name.values(query).collect();
                    assert_eq!(values, values_by_splitting(&name.name, query), "{query}");
                }
                let longer = |query: &String| ['a', 'f', '=', '&'].map(|c| format!("{query}{c}"));
                queries = queries.iter().flat_map(longer).collect();
            }
        }
    }

    #[test]
    fn finds_a_name_longer_than_a_step() {
        let name = "x".repeat(600) + "y";
        let query = format!("{}&{name}=K", "z".repeat(700));
        let parameter = Parameter::new(name.into());
        assert_eq!(parameter.values(&query).collect::<Vec<_>>(), [b"K"]);
    }
}
