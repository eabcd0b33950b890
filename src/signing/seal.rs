//! Signs content, and checks the signature before it gives the content back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::keys::SigningKeys;

/// The bytes of a signature: half of the hash, the least that RFC 2104 (section 5) advises.
const TAG: usize = 16;

/// The keys, and what the content is signed for. Another seal does not open the same content.
pub(crate) struct Seal<'a> {
    pub(crate) keys: &'a SigningKeys,
    /// The kind of thing that is signed, and two more parts that only the opener of the same seal
    /// has.
    pub(crate) bound_to: [&'a [u8]; 3],
}

/// Why sealed text was not opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BrokenSeal {
    /// The text is too long, not base64, or too short for a signature.
    Malformed,
    /// The signature was not made with these keys for this purpose.
    Forged,
}

impl Seal<'_> {
    #[cfg(any(feature = "detour", test))]
    pub(crate) fn close(&self, content: Vec<u8>) -> String {
        URL_SAFE_NO_PAD.encode(self.signed(content))
    }

    /// Seals the content behind what `text` holds already. Saves an allocation where the sealed text
    /// is a part of a longer one.
    #[cfg(feature = "companion")]
    pub(crate) fn close_onto(&self, text: &mut Vec<u8>, content: Vec<u8>) {
        let start = text.len();
        text.resize(start + Self::sealed_len(content.len()), 0);
        let content = self.signed(content);
        let written = URL_SAFE_NO_PAD.encode_slice(content, &mut text[start..]);
        written.expect("the room is made for this text");
    }

    /// The bytes of the text that seals so many bytes of content.
    #[cfg(feature = "companion")]
    pub(crate) fn sealed_len(content: usize) -> usize {
        base64::encoded_len(content + TAG, false).expect("contents are short")
    }

    /// The content, and its signature behind it.
    fn signed(&self, mut content: Vec<u8>) -> Vec<u8> {
        let tag = self.sign(self.keys.current(), &content);
        let tag = tag.finalize().into_bytes();
        content.extend_from_slice(&tag[..TAG]);
        content
    }

    /// Gives back the content, of at most `longest` bytes. A longer text is refused before it is
    /// decoded, so that a stranger cannot make us decode megabytes.
    pub(crate) fn open(
        &self,
        sealed: impl AsRef<[u8]>,
        longest: usize,
    ) -> Result<Vec<u8>, BrokenSeal> {
        let sealed = sealed.as_ref();
        let longest = base64::encoded_len(longest + TAG, false);
        // Asked before anything is decoded, so that a text of megabytes costs nothing.
        if longest.is_none_or(|longest| sealed.len() > longest) {
            return Err(BrokenSeal::Malformed);
        }
        // Not `decode`, which asks the allocator for zeroed bytes: that takes glibc longer.
        let mut content = Vec::new();
        URL_SAFE_NO_PAD
            .decode_vec(sealed, &mut content)
            .map_err(|_| BrokenSeal::Malformed)?;
        let (signed, tag) = content
            .split_last_chunk::<TAG>()
            .ok_or(BrokenSeal::Malformed)?;
        let is_signed_with = |key| self.sign(key, signed).verify_truncated_left(tag).is_ok();
        if !self.keys.all().any(is_signed_with) {
            return Err(BrokenSeal::Forged);
        }
        content.truncate(content.len() - TAG);
        Ok(content)
    }

    /// Signs the length of each part before the part. Otherwise the parts `ab`, `c` and `a`, `bc`
    /// would have the same signature.
    fn sign(&self, mut mac: Hmac<Sha256>, content: &[u8]) -> Hmac<Sha256> {
        for part in self.bound_to.into_iter().chain([content]) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: [&[u8]; 3] = [b"kind", b"purpose", b"context"];

    fn open(sealed: &str, bound_to: [&[u8]; 3], longest: usize) -> Result<Vec<u8>, BrokenSeal> {
        let keys = &SigningKeys::new([1; 32]).unwrap();
        Seal { keys, bound_to }.open(sealed, longest)
    }

    fn close(content: &[u8]) -> String {
        let keys = &SigningKeys::new([1; 32]).unwrap();
        let bound_to = PLACE;
        Seal { keys, bound_to }.close(content.to_vec())
    }

    #[test]
    fn opens_only_for_what_it_is_bound_to() {
        let sealed = close(b"anna");
        assert_eq!(open(&sealed, PLACE, 4).unwrap(), b"anna");
        for elsewhere in [
            [&b"kind"[..], b"purpose", b"another"],
            [b"kind", b"another", b"context"],
            [b"another", b"purpose", b"context"],
            [b"kind", b"purpose", b""],
            // The same bytes, cut elsewhere.
            [b"kindpurpose", b"", b"context"],
            [b"kind", b"purposec", b"ontext"],
        ] {
            assert_eq!(open(&sealed, elsewhere, 4), Err(BrokenSeal::Forged));
        }
    }

    #[test]
    fn no_changed_bit_is_believed() {
        let sealed = close(b"anna");
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(open(&changed, PLACE, 4), Err(BrokenSeal::Forged));
        }
        for end in 0..sealed.len() {
            assert!(open(&sealed[..end], PLACE, 4).is_err(), "{end}");
        }
    }

    #[test]
    fn what_is_longer_than_it_may_be_is_not_looked_at() {
        let sealed = close(b"anna");
        assert!(open(&sealed, PLACE, 4).is_ok());
        assert_eq!(open(&sealed, PLACE, 3), Err(BrokenSeal::Malformed));
        for junk in ["", "=", "a b", "%", &"A".repeat(10_000)] {
            assert_eq!(open(junk, PLACE, 4), Err(BrokenSeal::Malformed));
        }
    }
}
