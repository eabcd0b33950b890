//! The signature of a body: how it is made, and how it is read from the headers.

use hmac::Mac;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::error::WebhookErrorKind;
use super::secret::WebhookSecret;

/// The header with the signature
/// (<https://docs.partnero.com/guides/webhooks/outgoing-webhooks>).
pub const SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// The header that an older version of the same page names.
pub const OLDER_SIGNATURE: HeaderName = HeaderName::from_static("x-partnero-signature");

const BYTES: usize = 32;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What Partnero puts in the header `Signature`: HMAC-SHA256 of the body, in lower-case hex.
///
/// For the tests of an app that receives webhooks.
///
/// ```
/// use tower_partnero::webhook::{WebhookSecret, sign};
///
/// let secret = WebhookSecret::new("key")?;
/// assert_eq!(
///     sign(&secret, "The quick brown fox jumps over the lazy dog"),
///     "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
/// );
/// # Ok::<_, tower_partnero::ConfigError>(())
/// ```
#[must_use]
pub fn sign(secret: &WebhookSecret, body: impl AsRef<[u8]>) -> String {
    let tag = secret.mac(body.as_ref()).finalize().into_bytes();
    hex(&tag)
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// The signature in the headers, or why there is none that can be checked.
pub(super) fn read(headers: &HeaderMap, older: bool) -> Result<[u8; BYTES], WebhookErrorKind> {
    let name = if older && !headers.contains_key(SIGNATURE) {
        OLDER_SIGNATURE
    } else {
        SIGNATURE
    };
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(WebhookErrorKind::MissingSignature)?;
    if values.next().is_some() {
        return Err(WebhookErrorKind::SeveralSignatures);
    }
    parse(value)
}

fn parse(value: &HeaderValue) -> Result<[u8; BYTES], WebhookErrorKind> {
    let text = value.as_bytes();
    if text.is_empty() {
        return Err(WebhookErrorKind::MissingSignature);
    }
    if !text.is_ascii() {
        return Err(WebhookErrorKind::SignatureNotAscii);
    }
    // One pass finds every class of bytes, so that the questions below may stand in any order.
    let classes = text.iter().fold(0, |all, byte| all | class(*byte));
    // From here on the errors only say what a person may have done wrong: a wrong signature is
    // refused in any case.
    if classes & LIST != 0 {
        return Err(WebhookErrorKind::SeveralSignatures);
    }
    if classes & PREFIX != 0 {
        return Err(WebhookErrorKind::SignaturePrefix);
    }
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != BYTES || !rest.is_empty() {
        return Err(WebhookErrorKind::SignatureLength);
    }
    if classes & NO_HEX != 0 {
        return Err(WebhookErrorKind::SignatureNotHex);
    }
    if classes & UPPER != 0 {
        return Err(WebhookErrorKind::SignatureUpperCase);
    }
    let mut tag = [0; BYTES];
    for (byte, [high, low]) in tag.iter_mut().zip(pairs) {
        *byte = class(*high) << 4 | class(*low);
    }
    Ok(tag)
}

/// What proxies put into a header that came twice (RFC 9110, section 5.3).
const LIST: u8 = 0x80;
/// What stands between a prefix and the signature.
const PREFIX: u8 = 0x40;
/// Anything else that is no digit.
const NO_HEX: u8 = 0x20;
/// An upper-case digit.
const UPPER: u8 = 0x10;

/// What a byte stands for: the value of a lower-case digit, or else one of the above.
fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// A table, because a chain of comparisons for each digit took as long as a short body's hash.
static CLASSES: [u8; 256] = {
    let mut classes = [NO_HEX; 256];
    classes[b',' as usize] = LIST;
    classes[b'=' as usize] = PREFIX;
    classes[b':' as usize] = PREFIX;
    let mut value = 0;
    while value < 16 {
        let digit = DIGITS[value as usize];
        classes[digit.to_ascii_uppercase() as usize] = UPPER;
        classes[digit as usize] = value;
        value += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use super::*;
    use WebhookErrorKind as Kind;

    const HEX: &str = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let values = values
            .iter()
            .map(|value| HeaderValue::from_bytes(value).unwrap());
        values.map(|value| (SIGNATURE, value)).collect()
    }

    #[test]
    fn lower_case_hex_is_read_and_written() {
        let tag = read(&headers(&[HEX.as_bytes()]), false).unwrap();
        assert_eq!(hex(&tag), HEX);
    }

    #[test]
    fn each_malformed_signature_has_a_kind_of_its_own() {
        let upper = HEX.to_uppercase();
        let doubled = format!("{HEX}, {HEX}");
        for (values, kind) in [
            (&[][..], Kind::MissingSignature),
            (&[""][..], Kind::MissingSignature),
            (&[HEX, HEX], Kind::SeveralSignatures),
            (&[HEX, ""], Kind::SeveralSignatures),
            (&[&doubled], Kind::SeveralSignatures),
            (&[&HEX[..63]], Kind::SignatureLength),
            (&[&HEX[..62]], Kind::SignatureLength),
            (&[&format!("{HEX}0")], Kind::SignatureLength),
            (&[&format!("{HEX}00")], Kind::SignatureLength),
            (&[&format!("0x{HEX}")], Kind::SignatureLength),
            (&[&upper], Kind::SignatureUpperCase),
            (&[&HEX.replacen('f', "F", 1)], Kind::SignatureUpperCase),
            (&[&format!("sha256={HEX}")], Kind::SignaturePrefix),
            (&[&format!("t=1;v1:{HEX}")], Kind::SignaturePrefix),
            (&["schlüssel"], Kind::SignatureNotAscii),
            (&[&HEX.replacen('f', "g", 1)], Kind::SignatureNotHex),
            (&[&HEX.replacen('f', "/", 1)], Kind::SignatureNotHex),
            (&[&HEX.replacen('f', "`", 1)], Kind::SignatureNotHex),
            (&[&HEX.replacen("7b", " \t", 1)], Kind::SignatureNotHex),
        ] {
            let values: Vec<_> = values.iter().map(|value| value.as_bytes()).collect();
            assert_eq!(read(&headers(&values), false), Err(kind), "{values:?}");
        }
    }

    #[test]
    fn the_older_header_counts_by_choice_and_never_before_the_newer_one() {
        let mut headers = HeaderMap::new();
        headers.insert(OLDER_SIGNATURE, HeaderValue::from_static(HEX));
        assert_eq!(read(&headers, false), Err(Kind::MissingSignature));
        assert!(read(&headers, true).is_ok());
        headers.insert(SIGNATURE, HeaderValue::from_static("short"));
        assert_eq!(read(&headers, true), Err(Kind::SignatureLength));
    }
}
