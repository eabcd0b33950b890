//! The bytes of the companion cookie that are signed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::context::{Touch, Touches};
use crate::referral::ReferralKey;
use crate::signing::seconds;

const VERSION: u8 = 1;

/// The version, two times, the length of the first key, and both keys.
pub(super) const LONGEST: usize = 1 + 2 * size_of::<u64>() + 1 + 2 * ReferralKey::MAX_LEN;

/// A touch without a known time gets `now`.
pub(super) fn encode(touches: &Touches, now: SystemTime) -> Vec<u8> {
    let Touches { first, last, .. } = touches;
    let mut record = Vec::with_capacity(LONGEST);
    record.push(VERSION);
    for touch in [first, last] {
        let at = seconds(touch.at.unwrap_or(now));
        record.extend_from_slice(&at.to_be_bytes());
    }
    let first_key = first.key.as_str().as_bytes();
    // The length of the first key alone: the last key is the rest.
    record.push(u8::try_from(first_key.len()).expect("a key has at most 255 bytes"));
    record.extend_from_slice(first_key);
    record.extend_from_slice(last.key.as_str().as_bytes());
    record
}

/// `None` for bytes that [`encode`] never makes. They may still be signed, by another version.
pub(super) fn decode(record: &[u8]) -> Option<Touches> {
    let ([VERSION], rest) = record.split_first_chunk()? else {
        return None;
    };
    let (first_at, rest) = rest.split_first_chunk()?;
    let (last_at, rest) = rest.split_first_chunk()?;
    let ([first_len], keys) = rest.split_first_chunk()?;
    let (first, last) = keys.split_at_checked(usize::from(*first_len))?;
    Some(Touches {
        first: touch(first, *first_at)?,
        last: touch(last, *last_at)?,
        is_news: false,
    })
}

fn touch(key: &[u8], at: [u8; 8]) -> Option<Touch> {
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(u64::from_be_bytes(at)))?;
    Some(Touch {
        key: ReferralKey::from_bytes(key).ok()?,
        at: Some(at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touches(first: &str, last: &str) -> Touches {
        let touch = |key: &str, at| Touch {
            key: key.parse().unwrap(),
            at: Some(UNIX_EPOCH + Duration::from_secs(at)),
        };
        Touches {
            first: touch(first, 1_700_000_000),
            last: touch(last, 1_700_000_060),
            is_news: false,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let long = "k".repeat(255);
        for (first, last) in [
            ("anna-7", "ben"),
            ("a", "a"),
            ("é 😀", &long),
            (&long, &long),
        ] {
            let touches = touches(first, last);
            let record = encode(&touches, UNIX_EPOCH);
            assert!(record.len() <= LONGEST);
            assert_eq!(decode(&record), Some(touches));
        }
    }

    #[test]
    fn a_time_that_nobody_saw_is_now() {
        let mut touches = touches("anna-7", "ben");
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        touches.last.at = None;
        let read = decode(&encode(&touches, now)).unwrap();
        assert_eq!((read.first, read.last.at), (touches.first, Some(now)));
    }

    #[test]
    fn what_is_never_written_is_not_read() {
        let record = encode(&touches("anna-7", "ben"), UNIX_EPOCH);
        for end in 0..record.len() - 2 {
            assert_eq!(decode(&record[..end]), None, "{end}");
        }
        let changed = |index: usize, byte| {
            let mut record = record.clone();
            record[index] = byte;
            decode(&record)
        };
        assert_eq!(changed(0, 2), None, "another version");
        assert_eq!(changed(1, 0xff), None, "a time that is none");
        assert_eq!(changed(17, 0), None, "an empty key");
        assert_eq!(changed(17, 9), None, "no room for the other key");
        assert_eq!(changed(20, b'\n'), None, "a control character");
    }
}
