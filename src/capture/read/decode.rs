//! From the raw bytes of a query or cookie value to a valid key.

use percent_encoding::percent_decode;

use crate::referral::{InvalidReferralKey, ReferralKey};

/// How a raw value is encoded in the place where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `application/x-www-form-urlencoded`: percent-encoding, and `+` stands for a space.
    Form,
    /// Percent-encoding alone, as `encodeURIComponent` writes cookies.
    Percent,
}

/// The most bytes of blanks around a key that are decoded and then dropped.
const MOST_BLANKS: usize = 32;

/// Decodes as the URL standard does: a `%` without two hex digits behind it stays a `%`. Drops the
/// blanks around the key, which were copied along with a link.
///
/// At most 33 bytes more than [`ReferralKey::MAX_LEN`] are decoded, also if `raw` is much longer.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "a call would cost a fifth of what the reading of a key costs"
)]
pub(super) fn decode(raw: &str, encoding: Encoding) -> Result<ReferralKey, InvalidReferralKey> {
    decode_known(raw, raw.bytes().all(is_plain), encoding)
}

/// As [`decode`], where the caller knows whether all bytes are [plain](is_plain).
#[inline(always)]
#[expect(clippy::inline_always, reason = "as for `decode`")]
pub(super) fn decode_known(
    raw: &str,
    is_plain: bool,
    encoding: Encoding,
) -> Result<ReferralKey, InvalidReferralKey> {
    if is_plain {
        return ReferralKey::from_printable(raw);
    }
    unescape(raw.as_bytes(), encoding)
}

/// Whether a byte is printable and needs no decoding in both encodings. Most keys have no others.
#[inline]
pub(super) const fn is_plain(byte: u8) -> bool {
    matches!(byte, b','..=b'~')
}

/// As [`decode`], for bytes that may not be UTF-8.
#[inline(always)]
#[expect(clippy::inline_always, reason = "as for `decode`")]
pub(crate) fn decode_bytes(
    raw: &[u8],
    encoding: Encoding,
) -> Result<ReferralKey, InvalidReferralKey> {
    // Of a short text, `utf8_chunks` takes half the instructions of `str::from_utf8`.
    match raw.utf8_chunks().next() {
        Some(chunk) if chunk.invalid().is_empty() => decode(chunk.valid(), encoding),
        Some(_) => unescape(raw, encoding),
        None => decode("", encoding),
    }
}

/// A function of its own, so that most keys need no stack for its buffer.
#[inline(never)]
fn unescape(raw: &[u8], encoding: Encoding) -> Result<ReferralKey, InvalidReferralKey> {
    let plus_is_space = encoding == Encoding::Form;
    let mut decoded = [0; ReferralKey::MAX_LEN + MOST_BLANKS];
    let mut len = 0;
    let mut push = |byte| {
        *decoded.get_mut(len).ok_or(InvalidReferralKey::TooLong)? = byte;
        len += 1;
        Ok(())
    };
    // A percent-encoded byte never contains a `+`, so the parts between them decode one by one.
    let parts = raw.split(|&byte| plus_is_space && byte == b'+');
    for (index, part) in parts.enumerate() {
        if index > 0 {
            push(b' ')?;
        }
        percent_decode(part).try_for_each(&mut push)?;
    }
    ReferralKey::from_bytes(&decoded[..len])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_each_encoding_by_its_own_rules() {
        for (raw, form, percent) in [
            ("anna-7", "anna-7", "anna-7"),
            ("(a) *b'!#$&", "(a) *b'!#$&", "(a) *b'!#$&"),
            ("caf\u{e9}+", "café", "café+"),
            ("+a%20%C2%A0", "a", "+a"),
            ("%E2%80%8Banna-7%EF%BB%BF", "anna-7", "anna-7"),
            ("anna-7%0D%0A", "anna-7", "anna-7"),
            ("a+b", "a b", "a+b"),
            ("a%2Bb", "a+b", "a+b"),
            ("caf%C3%a9", "café", "café"),
            ("50%", "50%", "50%"),
            ("%zz%4", "%zz%4", "%zz%4"),
            ("%%41", "%A", "%A"),
        ] {
            let decode_as = |encoding| decode(raw, encoding).unwrap().to_string();
            assert_eq!(decode_as(Encoding::Form), form);
            assert_eq!(decode_as(Encoding::Percent), percent);
        }
    }

    #[test]
    fn names_what_is_wrong_with_the_decoded_key() {
        let long = "%41".repeat(256);
        for (raw, error) in [
            ("", InvalidReferralKey::Empty),
            ("%00", InvalidReferralKey::ControlCharacter),
            ("a%0D%0Ab", InvalidReferralKey::ControlCharacter),
            ("%ff", InvalidReferralKey::NotUtf8),
            (&long, InvalidReferralKey::TooLong),
        ] {
            assert_eq!(decode(raw, Encoding::Form), Err(error));
        }
    }

    #[test]
    fn bytes_become_text_only_when_they_are_decoded() {
        let decode = |raw: &[u8]| decode_bytes(raw, Encoding::Percent);
        assert_eq!(decode(b"caf%C3\xa9").unwrap().as_str(), "café");
        assert_eq!(decode(b"caf\xe9"), Err(InvalidReferralKey::NotUtf8));
        assert_eq!(decode(&[0xe9; 256]), Err(InvalidReferralKey::TooLong));
    }

    #[test]
    fn length_counts_after_decoding() {
        let longest = "a".repeat(255);
        let blanks = format!("%20{longest}%E2%80%8B%0A");
        assert_eq!(decode(&blanks, Encoding::Form).unwrap().as_str(), longest);
        assert!(decode(&"%41".repeat(255), Encoding::Form).is_ok());
    }
}
