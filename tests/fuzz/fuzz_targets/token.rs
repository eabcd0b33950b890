//! Any token that comes back. The first line of input is the context, the second a token without our
//! signature; the raw rest is a record that is signed with our key.
#![no_main]

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use sha2::Sha256;
use tower_partnero::detour::{Detour, InvalidToken, SigningKeys};
use tower_partnero::{ReferralKey, ReferralSource};

const SECRET: [u8; 32] = [7; 32];

static DETOUR: LazyLock<Detour> =
    LazyLock::new(|| Detour::new(SigningKeys::new(SECRET).unwrap(), "oauth").unwrap());

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |&byte| byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (context, strangers, inner) = (next(), next(), next());

    if let Ok(token) = std::str::from_utf8(strangers) {
        assert!(
            DETOUR.open(token, context).is_err(),
            "nobody guesses a signature"
        );
        if let Ok(key) = token.parse() {
            goes_its_own_way_only(&key, context, inner);
        }
    }

    // A record with a valid signature is checked as carefully.
    let signed = sealed(context, inner);
    match DETOUR.open(&signed, context) {
        Ok(referral) => {
            assert_eq!(referral.source(), ReferralSource::Token);
            assert!(is_alive(inner));
            // Reading a key drops the blanks around it.
            let text = std::str::from_utf8(&inner[9..]).unwrap();
            assert_eq!(text.parse::<ReferralKey>().as_ref(), Ok(referral.key()));
            if text == referral.key().as_str() {
                assert_eq!(DETOUR.token(referral.key(), context).len(), signed.len());
            }
        }
        Err(InvalidToken::Expired) => assert!(inner[0] == 1 && !is_alive(inner)),
        Err(InvalidToken::Malformed) => {
            let is_key = |key: &[u8]| {
                let text = std::str::from_utf8(key).ok();
                text.is_some_and(|text| text.parse::<ReferralKey>().is_ok())
            };
            // What is longer than our longest token is not read, even if a key with blanks is in it.
            let fits = inner.len() <= 9 + ReferralKey::MAX_LEN;
            assert!(!(fits && inner.first() == Some(&1) && inner.get(9..).is_some_and(is_key)));
        }
        Err(other) => panic!("{other:?} for a good signature"),
    }
});

/// Our token opens in the context that it was made for, in no other, and not after a change.
fn goes_its_own_way_only(key: &ReferralKey, context: &[u8], other: &[u8]) {
    let token = DETOUR.token(key, context);
    assert_eq!(DETOUR.open(&token, context).unwrap().key(), key);
    assert_eq!(DETOUR.open(&token, other).is_ok(), context == other);
    let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
    let place = other.len() * 31 % bytes.len();
    bytes[place] ^= 1 << (other.len() % 8);
    let changed = URL_SAFE_NO_PAD.encode(&bytes);
    assert_eq!(DETOUR.open(&changed, context), Err(InvalidToken::Forged));
}

fn is_alive(inner: &[u8]) -> bool {
    let expires = u64::from_be_bytes(inner[1..9].try_into().unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    expires > now.as_secs()
}

/// Makes the signature without the library's code.
fn sealed(context: &[u8], inner: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&SECRET).unwrap();
    for part in [b"tower-partnero detour", &b"oauth"[..], context, inner] {
        mac.update(&u64::try_from(part.len()).unwrap().to_be_bytes());
        mac.update(part);
    }
    let tag = mac.finalize().into_bytes();
    URL_SAFE_NO_PAD.encode([inner, &tag[..16]].concat())
}
