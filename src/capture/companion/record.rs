//! The bytes of the companion cookie that are signed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::context::{RunnersUp, Touch, Touches};
use crate::referral::ReferralKey;
use crate::signing::seconds;

const VERSION: u8 = 2;

/// The version, and the first and the last touch with keys of any length. The touches between them
/// are kept as far as there is room, so that the cookie stays small.
pub(super) const LONGEST: usize = 1 + 2 * (BEFORE_KEY + ReferralKey::MAX_LEN);

/// A touch is its time, the length of its key, and the key.
const BEFORE_KEY: usize = size_of::<u64>() + 1;

/// A touch without a known time gets `now`.
pub(super) fn encode(touches: &Touches, now: SystemTime) -> Vec<u8> {
    let mut record = Vec::with_capacity(LONGEST);
    record.push(VERSION);
    let ends = [&touches.first, &touches.last];
    for touch in ends.into_iter().chain(&touches.between) {
        let key = touch.key.as_str().as_bytes();
        if record.len() + BEFORE_KEY + key.len() <= LONGEST {
            let at = seconds(touch.at.unwrap_or(now));
            record.extend_from_slice(&at.to_be_bytes());
            record.push(u8::try_from(key.len()).expect("a key has at most 255 bytes"));
            record.extend_from_slice(key);
        }
    }
    record
}

/// `None` for bytes that [`encode`] never makes. They may still be signed, by another version.
pub(super) fn decode(record: &[u8]) -> Option<Touches> {
    let ([VERSION], rest) = record.split_first_chunk()? else {
        return None;
    };
    let (first, rest) = touch(rest)?;
    let (last, mut rest) = touch(rest)?;
    let mut between = Vec::new();
    while !rest.is_empty() && between.len() < RunnersUp::MOST {
        let (one, others) = touch(rest)?;
        between.push(one);
        rest = others;
    }
    rest.is_empty().then_some(Touches {
        first,
        last,
        between,
        is_news: false,
    })
}

/// The touch at the start of these bytes, and the bytes behind it.
fn touch(bytes: &[u8]) -> Option<(Touch, &[u8])> {
    let (at, rest) = bytes.split_first_chunk()?;
    let ([len], rest) = rest.split_first_chunk()?;
    let (key, rest) = rest.split_at_checked(usize::from(*len))?;
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(u64::from_be_bytes(*at)))?;
    let touch = Touch {
        key: ReferralKey::from_bytes(key).ok()?,
        at: Some(at),
    };
    Some((touch, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touches(first: &str, last: &str, between: &[&str]) -> Touches {
        let touch = |key: &str, at| Touch {
            key: key.parse().unwrap(),
            at: Some(UNIX_EPOCH + Duration::from_secs(at)),
        };
        let between = between.iter().zip(1..);
        Touches {
            first: touch(first, 1_700_000_000),
            last: touch(last, 1_700_000_060),
            between: between
                .map(|(key, ago)| touch(key, 1_700_000_060 - ago))
                .collect(),
            is_news: false,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let long = "k".repeat(255);
        for (first, last, between) in [
            ("anna-7", "ben", &[][..]),
            ("a", "a", &["c"]),
            ("é 😀", &long, &["é 😀", "b"]),
            (&long, &long, &[]),
            ("a", "b", &["c", "d", &long]),
        ] {
            let touches = touches(first, last, between);
            let record = encode(&touches, UNIX_EPOCH);
            assert!(record.len() <= LONGEST);
            assert_eq!(decode(&record), Some(touches));
        }
    }

    #[test]
    fn what_has_no_room_is_left_out() {
        let long = "k".repeat(255);
        let full = touches("a", &long, &["b", &long, "c"]);
        let record = encode(&full, UNIX_EPOCH);
        assert!(record.len() <= LONGEST);
        let read = decode(&record).unwrap();
        let keys: Vec<_> = read
            .between
            .iter()
            .map(|touch| touch.key.as_str())
            .collect();
        assert_eq!(keys, ["b", "c"]);
        assert_eq!((read.first, read.last), (full.first, full.last));
    }

    #[test]
    fn a_time_that_nobody_saw_is_now() {
        let mut touches = touches("anna-7", "ben", &[]);
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        touches.last.at = None;
        let read = decode(&encode(&touches, now)).unwrap();
        assert_eq!((read.first, read.last.at), (touches.first, Some(now)));
    }

    #[test]
    fn what_is_never_written_is_not_read() {
        let record = encode(&touches("anna-7", "ben", &["carla"]), UNIX_EPOCH);
        let without = encode(&touches("anna-7", "ben", &[]), UNIX_EPOCH);
        for end in (0..record.len()).filter(|end| *end != without.len()) {
            assert_eq!(decode(&record[..end]), None, "{end}");
        }
        let four = touches("a", "b", &["c", "d", "e", "f"]);
        assert_eq!(decode(&encode(&four, UNIX_EPOCH)), None, "too many");
        let changed = |index: usize, byte| {
            let mut record = record.clone();
            record[index] = byte;
            decode(&record)
        };
        assert_eq!(changed(0, 1), None, "another version");
        assert_eq!(changed(1, 0xff), None, "a time that is none");
        assert_eq!(changed(9, 0), None, "an empty key");
        assert_eq!(changed(9, 200), None, "no room for the other key");
        assert_eq!(changed(12, b'\n'), None, "a control character");
    }
}
