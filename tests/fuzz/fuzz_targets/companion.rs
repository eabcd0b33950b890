//! Any companion cookie. The first byte chooses the policy. The first line is a cookie without our
//! signature; the raw rest is a record that is signed with our key.
#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Method, Request, Response, Uri};
use libfuzzer_sys::fuzz_target;
use sha2::Sha256;
use tower_partnero::capture::companion::SigningKeys;
use tower_partnero::{Attribution, Outcome, ReferralContext, ReferralKey, Referrals};

const SECRET: [u8; 32] = [7; 32];
const NAME: &str = "__Host-partnero_referral_touches";
const WINDOW: Duration = Duration::from_secs(30 * 24 * 60 * 60);

static POLICIES: LazyLock<[Referrals; 2]> = LazyLock::new(|| {
    [Attribution::LastTouch, Attribution::FirstTouch].map(|attribution| {
        let keys = SigningKeys::new(SECRET).unwrap();
        let builder = Referrals::builder().companion(keys);
        builder.attribution(attribution).build().unwrap()
    })
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let choice = usize::from(*choice) % POLICIES.len();
    let referrals = &POLICIES[choice];
    let mut parts = data.splitn(2, |&byte| byte == b'\n');
    let strangers = parts.next().unwrap_or_default();
    let inner = parts.next().unwrap_or_default();

    if let Some(jar) = jar(strangers, "anna-7") {
        let context = read(referrals, &jar, SystemTime::now());
        assert_eq!(context.outcome, Outcome::Remembered);
        let last = context.last_touch().unwrap();
        assert_eq!((last.key().as_str(), last.at()), ("anna-7", None));
    }

    let Some(record) = record(inner) else {
        let jar = jar(sealed(inner).as_bytes(), "anna-7").unwrap();
        let context = read(referrals, &jar, SystemTime::now());
        assert_eq!(context.outcome, Outcome::Remembered);
        assert_eq!(context.last_touch().unwrap().at(), None);
        return;
    };
    let (counted, at) = &record[1 - choice];
    let jar = jar(sealed(inner).as_bytes(), &escaped(counted)).unwrap();
    let age = |context: &ReferralContext| {
        let touches = [context.first_touch(), context.last_touch()];
        let touches = touches.map(|touch| touch.unwrap());
        let touches = touches.map(|touch| (touch.key().clone(), touch.at().unwrap()));
        assert_eq!(touches[..], record[..2]);
    };
    if let Some(last) = at.checked_add(WINDOW) {
        let context = read(referrals, &jar, last);
        age(&context);
        assert_eq!(
            (context.outcome, context.referral),
            (Outcome::Expired, None)
        );
        let context = read(referrals, &jar, last - Duration::from_secs(1));
        age(&context);
        assert_eq!(context.outcome, Outcome::Remembered);
        assert_eq!(context.referral.unwrap().key(), counted);
    }

    // A companion that is accepted is written again as it was read.
    let now = read(referrals, &jar, SystemTime::now());
    let mut response = Response::new(());
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = jar;
    referrals.renew(&parts).apply(&mut response);
    let lines = response.headers().get_all(SET_COOKIE).iter();
    let mut lines = lines.map(|line| line.to_str().unwrap().split("; ").next().unwrap());
    let again = lines.find_map(|pair| pair.strip_prefix(NAME)?.strip_prefix('='));
    let is_remembered = now.outcome == Outcome::Remembered;
    assert_eq!(
        again,
        is_remembered.then(|| sealed(&written(&record))).as_deref()
    );
});

fn read(referrals: &Referrals, jar: &HeaderMap, now: SystemTime) -> ReferralContext {
    referrals.evaluate_at(&Method::GET, &Uri::from_static("/"), jar, now)
}

fn jar(companion: &[u8], key: &str) -> Option<HeaderMap> {
    let plain = format!("; partnero_referral={key}");
    let line = [NAME.as_bytes(), b"=", companion, plain.as_bytes()].concat();
    let line = HeaderValue::from_bytes(&line).ok()?;
    // Input that ends the pair writes other cookies; another fuzz target has those.
    (!companion.contains(&b';')).then(|| HeaderMap::from_iter([(COOKIE, line)]))
}

fn escaped(key: &ReferralKey) -> String {
    let key =
        percent_encoding::utf8_percent_encode(key.as_str(), percent_encoding::NON_ALPHANUMERIC);
    key.to_string()
}

/// Reads a record as the docs describe it, without the library's code: the first touch, the last one,
/// and up to three between them.
fn record(bytes: &[u8]) -> Option<Vec<(ReferralKey, SystemTime)>> {
    let time = |bytes: &[u8]| {
        let seconds = u64::from_be_bytes(bytes.try_into().unwrap());
        UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    };
    let key = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse().ok();
    if bytes.first() != Some(&2) {
        return None;
    }
    let mut touches = Vec::new();
    let mut start = 1;
    while start < bytes.len() {
        let end = start + 9 + usize::from(*bytes.get(start + 8)?);
        let key = key(bytes.get(start + 9..end)?)?;
        touches.push((key, time(&bytes[start..start + 8])?));
        start = end;
    }
    // The longest is as long as two touches with the longest keys.
    let fits = bytes.len() <= 1 + 2 * (9 + 255);
    (fits && (2..=5).contains(&touches.len())).then_some(touches)
}

/// A record in the one form that is written: reading a key has dropped the blanks around it.
fn written(record: &[(ReferralKey, SystemTime)]) -> Vec<u8> {
    let mut bytes = vec![2];
    for (key, at) in record {
        let at = at.duration_since(UNIX_EPOCH).unwrap().as_secs();
        bytes.extend_from_slice(&at.to_be_bytes());
        bytes.push(key.as_str().len().try_into().unwrap());
        bytes.extend_from_slice(key.as_str().as_bytes());
    }
    bytes
}

/// Makes the signature without the library's code.
fn sealed(inner: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&SECRET).unwrap();
    for part in [b"tower-partnero companion", NAME.as_bytes(), b"", inner] {
        mac.update(&u64::try_from(part.len()).unwrap().to_be_bytes());
        mac.update(part);
    }
    let tag = mac.finalize().into_bytes();
    URL_SAFE_NO_PAD.encode([inner, &tag[..16]].concat())
}
