//! Reads a referral key from a path: `/ref/KEY`.

use super::decode::{Encoding, decode};
use super::reading::Reading;
use crate::referral::ReferralSource;

/// The raw key behind the segment, if this is the path of a link and nothing else.
pub(crate) fn raw_key<'a>(path: &'a str, segment: &str) -> Option<&'a str> {
    let rest = path.strip_prefix('/')?.strip_prefix(segment)?;
    let key = rest.strip_prefix('/')?;
    let key = key.strip_suffix('/').unwrap_or(key);
    (!key.contains('/')).then_some(key)
}

pub(crate) fn read(path: &str, segment: &str) -> Reading {
    let mut reading = Reading::new(ReferralSource::Path);
    if let Some(raw) = raw_key(path, segment) {
        reading.add(decode(raw, Encoding::Percent));
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::referral::ReferralKey;

    #[test]
    fn only_a_link_is_read() {
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
            let read = read(path, "ref").key;
            assert_eq!(read.as_ref().map(ReferralKey::as_str), key, "{path}");
        }
    }
}
