//! Makes tokens, and opens them.

use std::time::{Duration, SystemTime};

use super::InvalidToken;
use crate::error::ConfigError;
use crate::referral::{Referral, ReferralKey, ReferralSource};
use crate::signing::{Seal, SigningKeys, seconds};

/// Makes and opens the tokens of one purpose, such as `oauth`. The [module docs](super) have an
/// example.
#[derive(Clone, Debug)]
#[must_use]
pub struct Detour {
    keys: SigningKeys,
    purpose: String,
    lifetime: Duration,
}

const VERSION: u8 = 1;
const HEAD: usize = size_of::<u8>() + size_of::<u64>();
const LONGEST_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Detour {
    /// Takes the keys that sign, and the purpose, such as `oauth` or `magic-link`. Only a detour of
    /// the same purpose opens its tokens. A token expires after one hour; see
    /// [`lifetime`](Self::lifetime).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the purpose is empty.
    pub fn new(keys: SigningKeys, purpose: impl Into<String>) -> Result<Self, ConfigError> {
        let purpose = purpose.into();
        if purpose.is_empty() {
            return Err(ConfigError::new(
                "purpose",
                "name what the tokens are for, as in `oauth`",
            ));
        }
        Ok(Self {
            keys,
            purpose,
            lifetime: Duration::from_secs(60 * 60),
        })
    }

    /// How long a token can be opened. Default: one hour. A fraction of a second is dropped.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for less than one second and for more than 30 days.
    pub fn lifetime(mut self, lifetime: Duration) -> Result<Self, ConfigError> {
        if lifetime < Duration::from_secs(1) || lifetime > LONGEST_LIFETIME {
            return Err(ConfigError::new(
                "lifetime",
                "write a duration from one second to 30 days",
            ));
        }
        self.lifetime = lifetime;
        Ok(self)
    }

    /// Makes a token that carries this key. It can be opened only with the same context.
    ///
    /// The token consists of letters, digits, `-` and `_`. For a key of 12 characters, as Partnero
    /// makes them, it has 50.
    #[must_use]
    pub fn token(&self, key: &ReferralKey, context: impl AsRef<[u8]>) -> String {
        self.token_at(key, context.as_ref(), SystemTime::now())
    }

    fn token_at(&self, key: &ReferralKey, context: &[u8], now: SystemTime) -> String {
        let expires = seconds(now).saturating_add(self.lifetime.as_secs());
        let mut token = vec![VERSION];
        token.extend_from_slice(&expires.to_be_bytes());
        token.extend_from_slice(key.as_str().as_bytes());
        self.seal(context).close(token)
    }

    /// Opens a token that came back. The context must be the one with which the token was made.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] says why the token is refused. An empty token is [`InvalidToken::Empty`].
    pub fn open(&self, token: &str, context: impl AsRef<[u8]>) -> Result<Referral, InvalidToken> {
        self.open_at(token, context.as_ref(), SystemTime::now())
    }

    fn open_at(
        &self,
        token: &str,
        context: &[u8],
        now: SystemTime,
    ) -> Result<Referral, InvalidToken> {
        if token.is_empty() {
            return Err(InvalidToken::Empty);
        }
        let longest = HEAD + ReferralKey::MAX_LEN;
        let opened = self.seal(context).open(token, longest)?;
        let Some(([VERSION], rest)) = opened.split_first_chunk() else {
            return Err(InvalidToken::Malformed);
        };
        let (expires, key) = rest.split_first_chunk().ok_or(InvalidToken::Malformed)?;
        if seconds(now) >= u64::from_be_bytes(*expires) {
            return Err(InvalidToken::Expired);
        }
        let key = ReferralKey::from_bytes(key).map_err(|_| InvalidToken::Malformed)?;
        Ok(Referral::new(key, ReferralSource::Token))
    }

    fn seal<'a>(&'a self, context: &'a [u8]) -> Seal<'a> {
        Seal {
            keys: &self.keys,
            bound_to: [b"tower-partnero detour", self.purpose.as_bytes(), context],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn detour(key: u8, purpose: &str) -> Detour {
        Detour::new(SigningKeys::new([key; 32]).unwrap(), purpose).unwrap()
    }

    fn anna() -> ReferralKey {
        "anna-7".parse().unwrap()
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + 20_000 * DAY
    }

    #[test]
    fn every_key_comes_back_byte_for_byte() {
        for key in ["a", "anna-7", "é 😀 &=%", &"k".repeat(255)] {
            let key: ReferralKey = key.parse().unwrap();
            let token = detour(1, "oauth").token_at(&key, b"nonce", now());
            let referral = detour(1, "oauth").open_at(&token, b"nonce", now()).unwrap();
            assert_eq!(
                (referral.key(), referral.source()),
                (&key, ReferralSource::Token)
            );
            assert!(
                token
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            );
        }
        assert!(
            detour(1, "oauth")
                .token(&"DHjU0cGYxMUG".parse().unwrap(), "n")
                .len()
                <= 50
        );
    }

    #[test]
    fn a_token_is_useless_elsewhere() {
        let token = detour(1, "oauth").token_at(&anna(), b"nonce", now());
        for (other, context) in [
            (detour(2, "oauth"), &b"nonce"[..]),
            (detour(1, "magic-link"), b"nonce"),
            (detour(1, "oauth"), b"another"),
            (detour(1, "oauth"), b""),
            // The same bytes, cut elsewhere.
            (detour(1, "oauthn"), b"once"),
        ] {
            assert_eq!(
                other.open_at(&token, context, now()),
                Err(InvalidToken::Forged)
            );
        }
    }

    #[test]
    fn an_unreferred_visitor_is_told_from_a_broken_token() {
        let open = |token| detour(1, "oauth").open(token, "nonce").unwrap_err();
        assert_eq!(open(""), InvalidToken::Empty);
        for token in [" ", "=", "AAAA"] {
            assert_eq!(open(token), InvalidToken::Malformed, "{token:?}");
        }
    }

    #[test]
    fn a_token_ends_with_its_lifetime() {
        let hour = Duration::from_secs(60 * 60);
        let detour = detour(1, "oauth");
        let token = detour.token_at(&anna(), b"", now());
        let last = now() + hour - Duration::from_secs(1);
        assert!(detour.open_at(&token, b"", last).is_ok());
        assert_eq!(
            detour.open_at(&token, b"", now() + hour),
            Err(InvalidToken::Expired)
        );
    }

    #[test]
    fn a_lifetime_is_set_within_its_bounds() {
        let second = Duration::from_secs(1);
        for lifetime in [second, 30 * DAY] {
            let detour = detour(1, "oauth").lifetime(lifetime).unwrap();
            let token = detour.token_at(&anna(), b"", now());
            assert!(
                detour
                    .open_at(&token, b"", now() + lifetime - second)
                    .is_ok()
            );
            let expired = detour.open_at(&token, b"", now() + lifetime);
            assert_eq!(expired, Err(InvalidToken::Expired), "{lifetime:?}");
        }
    }

    #[test]
    fn what_is_never_made_is_malformed_whoever_signed_it() {
        let detour = detour(1, "oauth");
        let sealed = |content: &[u8]| detour.seal(b"").close(content.to_vec());
        let with = |version, key: &[u8]| sealed(&[&[version], &[0xff; 8][..], key].concat());
        assert!(
            detour
                .open_at(&with(VERSION, b"anna-7"), b"", now())
                .is_ok()
        );
        for (token, what) in [
            (sealed(b""), "nothing"),
            (sealed(&[VERSION, 0xff]), "half a time"),
            (with(VERSION + 1, b"anna-7"), "another version"),
            (with(VERSION, b""), "no key"),
            (with(VERSION, b"a\nb"), "a control character"),
            (with(VERSION, &[b'k'; 256]), "a key too long"),
            ("A".repeat(400), "longer than any token"),
        ] {
            let opened = detour.open_at(&token, b"", now());
            assert_eq!(opened, Err(InvalidToken::Malformed), "{what}");
        }
    }

    #[test]
    fn the_key_before_is_believed_and_signs_no_more() {
        let old = detour(1, "oauth");
        let keys = SigningKeys::new([2; 32])
            .unwrap()
            .previous([1; 32])
            .unwrap();
        let rotated = Detour::new(keys, "oauth").unwrap();
        let token = old.token_at(&anna(), b"", now());
        assert!(rotated.open_at(&token, b"", now()).is_ok());
        let token = rotated.token_at(&anna(), b"", now());
        assert_eq!(old.open_at(&token, b"", now()), Err(InvalidToken::Forged));
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        assert_eq!(
            SigningKeys::new([1; 31]).unwrap_err().setting(),
            "signing_keys"
        );
        let keys = SigningKeys::new([7; 32]).unwrap();
        assert!(keys.clone().previous("short").is_err());
        assert_eq!(format!("{keys:?}"), "SigningKeys([redacted])");
        assert_eq!(Detour::new(keys, "").unwrap_err().setting(), "purpose");
        for lifetime in [
            Duration::from_nanos(999_999_999),
            30 * DAY + Duration::from_nanos(1),
        ] {
            assert_eq!(
                detour(1, "x").lifetime(lifetime).unwrap_err().setting(),
                "lifetime"
            );
        }
    }
}
