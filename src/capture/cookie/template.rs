//! The lines that set and remove a cookie, made from one template, and the reading of the cookie.

use std::fmt;

use cookie::time::Duration;
use http::header::{COOKIE, HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_encode};

use super::super::head::RequestHead;
use super::super::read::Reading;
use super::super::read::{Encoding, KeyRule, decode_bytes};
use super::host;
use super::name::CookieName;
use super::removal;
use super::scopes::Scope;
use super::settings::CookieSettings;
use crate::context::Reach;
#[cfg(feature = "companion")]
use crate::referral::ReferralKey;
use crate::referral::ReferralSource;
use crate::response::Line;

/// The characters that `encodeURIComponent` escapes, so that a script reads the value by
/// `decodeURIComponent`.
///
/// Every character that could end a cookie value is among them (RFC 6265, section 4.1.1).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The bytes that nearly every key consists of. None of them is [`ESCAPED`].
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        plain[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        byte += 1;
    }
    plain
};

pub(crate) fn escape(value: &str) -> PercentEncode<'_> {
    percent_encode(value.as_bytes(), ESCAPED)
}

#[inline]
pub(crate) fn append_escaped(line: &mut Vec<u8>, value: &str) {
    // Most keys have nothing to escape, and this sees it with fewer instructions.
    if value.bytes().all(|byte| PLAIN[usize::from(byte)]) {
        line.extend_from_slice(value.as_bytes());
    } else {
        escape(value).for_each(|part| line.extend_from_slice(part.as_bytes()));
    }
}

/// The parts of the cookie that are the same for every request.
pub(crate) struct CookieTemplate {
    name: CookieName,
    /// The name and its `=`.
    assignment: String,
    /// The attributes of a cookie that is set, from the first `;` on.
    attributes: String,
    removal: HeaderValue,
    /// Remove the cookies of the same name that Partnero's script may have written: for this host
    /// only, with our path or with `/`. Our own scope is not among them.
    twin_removals: Vec<HeaderValue>,
    other_removals: removal::Others,
    settings: CookieSettings,
    rule: KeyRule,
}

impl CookieTemplate {
    /// The lines that set and remove the cookie come from the same settings. A browser removes a
    /// cookie only if path and domain are the same (RFC 6265, section 5.3).
    pub(crate) fn new(settings: &CookieSettings) -> Self {
        let mut set = settings.to_cookie();
        // Only `Max-Age`, no `Expires`: the attributes are made once, and an `Expires` would have
        // to be made for each response.
        set.set_max_age(Duration::seconds(settings.max_age_seconds()));
        let attributes = set.to_string().split_off(settings.name.len() + "=".len());
        let mut twins = twin_scopes(&settings.path).to_vec();
        twins.dedup();
        let other_removals = removal::Others::new(settings);
        Self {
            name: CookieName::new(&settings.name),
            assignment: format!("{}=", settings.name),
            attributes,
            removal: removal::own(settings),
            twin_removals: other_removals.lines(twins.into_iter()).collect(),
            other_removals,
            settings: settings.clone(),
            rule: KeyRule::default(),
        }
    }

    /// Reads only keys that the app accepts.
    pub(crate) fn accepting(mut self, rule: KeyRule) -> Self {
        self.rule = rule;
        self
    }

    /// For a cookie whose values are much longer than a key.
    #[cfg(feature = "companion")]
    pub(crate) fn with_long_values(mut self) -> Self {
        self.name.expect_long_values();
        self
    }

    /// Whether browsers refuse the cookie from the host of this request.
    pub(crate) fn is_outside_domain(&self, request: &RequestHead<'_>) -> bool {
        let domain = self.domain();
        domain.is_some_and(|domain| host::is_outside(domain, request))
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(crate) fn domain(&self) -> Option<&str> {
        self.settings.domain.as_deref()
    }

    /// The `Set-Cookie` line that stores a value.
    pub(crate) fn set(&self, value: &str) -> Line {
        self.set_by(value.len(), |line| append_escaped(line, value))
    }

    /// As [`set`](Self::set), where `write` appends the escaped value.
    #[inline]
    pub(crate) fn set_by(&self, value_len: usize, write: impl FnOnce(&mut Vec<u8>)) -> Line {
        // The exact length if nothing is escaped; this saves a second allocation.
        let exact = self.assignment.len() + value_len + self.attributes.len();
        let mut line = Vec::with_capacity(exact);
        line.extend_from_slice(self.assignment.as_bytes());
        write(&mut line);
        line.extend_from_slice(self.attributes.as_bytes());
        line.into()
    }

    /// The `Set-Cookie` line that removes the cookie.
    pub(crate) fn removal(&self) -> &HeaderValue {
        &self.removal
    }

    /// As [`removal`](Self::removal), for the cookies of our name that Partnero's script writes.
    pub(crate) fn twin_removals(&self) -> &[HeaderValue] {
        &self.twin_removals
    }

    /// As [`removal`](Self::removal), for the cookies of our name that other hosts may have set, as
    /// far as a response has room for lines. None without a reach.
    pub(crate) fn removals_within<'a>(
        &'a self,
        reach: Option<&'a Reach>,
        most_bytes: usize,
    ) -> impl Iterator<Item = HeaderValue> {
        let reach = reach.into_iter();
        reach.flat_map(move |reach| self.other_removals.within(reach, most_bytes, |_| true))
    }

    /// As [`removals_within`](Self::removals_within), without the
    /// [`twin_removals`](Self::twin_removals).
    pub(crate) fn removals_beside_twins<'a>(
        &'a self,
        reach: Option<&'a Reach>,
        most_bytes: usize,
    ) -> impl Iterator<Item = HeaderValue> {
        let is_twin = |&scope: &Scope<'_>| twin_scopes(&self.settings.path).contains(&scope);
        let reach = reach.into_iter();
        reach.flat_map(move |reach| {
            let is_other = move |scope: &Scope<'_>| !is_twin(scope);
            self.other_removals.within(reach, most_bytes, is_other)
        })
    }

    /// Reads every cookie of our name, in the order the browser sent them.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a call, and the reading moved out of it, would cost every read thirty instructions"
    )]
    pub(crate) fn read_cookies(&self, headers: &HeaderMap) -> Reading {
        let mut reading = Reading::new(ReferralSource::Cookie);
        let mut lines = headers.get_all(&COOKIE).iter();
        // Asked before the loop, so that a request without cookies does not prepare the search.
        let mut next = lines.next();
        while let Some(line) = next {
            let (line, mut searched) = (line.as_bytes(), 0);
            while let Some(start) = self.name.start_in(line, searched) {
                self.add_value_at(&mut reading, line, start);
                searched = self.name.behind(start);
            }
            next = lines.next();
        }
        reading
    }

    /// Adds the value of the pair whose name starts here, if it is our cookie.
    ///
    /// Not inlined: most requests have no cookie of ours, and would pay for it.
    #[inline(never)]
    fn add_value_at(&self, reading: &mut Reading, line: &[u8], start: usize) {
        if let Some(raw) = self.name.value_at(line, start) {
            reading.add(decode_bytes(unquote(raw), Encoding::Percent), &self.rule);
        }
    }

    /// Whether the browser sent a cookie of our name, valid or not.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        self.name.values(headers).next().is_some()
    }

    /// The values of all cookies of our name, unquoted but not decoded.
    pub(crate) fn raw_values<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.name.values(headers).map(unquote)
    }

    #[cfg(feature = "companion")]
    pub(crate) fn accepts(&self, key: &ReferralKey) -> bool {
        !self.rule.refuses(key)
    }

    /// The valid keys of all cookies of our name.
    #[cfg(feature = "companion")]
    pub(crate) fn keys<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = ReferralKey> + 'a {
        let values = self.raw_values(headers);
        let keys = values.filter_map(|value| decode_bytes(value, Encoding::Percent).ok());
        keys.filter(|key| self.accepts(key))
    }
}

impl fmt::Debug for CookieTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = String::from_utf8_lossy(self.name.as_bytes());
        write!(f, "{name}=...{}", self.attributes)
    }
}

/// Where Partnero's script may have written its cookie: for this host only.
fn twin_scopes(path: &str) -> [Scope<'_>; 2] {
    [(None, path), (None, "/")]
}

fn unquote(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::referral::{InvalidReferralKey, ReferralKey};

    fn template() -> CookieTemplate {
        CookieTemplate::new(&CookieSettings::default())
    }

    fn read(lines: &[&[u8]]) -> Reading {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        template().read_cookies(&headers)
    }

    fn text(line: Line) -> String {
        String::from_utf8(line.into()).unwrap()
    }

    fn key(lines: &[&[u8]]) -> Option<String> {
        read(lines).key.map(|key| key.to_string())
    }

    #[test]
    fn finds_the_cookie_in_any_line_and_place() {
        for lines in [
            &[&b"partnero_referral=K"[..]][..],
            &[b"a=1; partnero_referral=K; b=2"],
            &[b"a=1;partnero_referral=K;b=2"],
            &[b" \tpartnero_referral = K ; b"],
            &[b"a=1", b"b=2", b"partnero_referral=K"],
            &[b"partnero_referral=\"K\""],
            &[b"partnero_referral=%4b"],
            &[b"broken\xff\xfe=\x80; ;;==; partnero_referral=K"],
            &[b"x=partnero_referral; partnero_referral=K"],
            &[b"partnero_referral_old=1; partnero_referral=K"],
        ] {
            assert_eq!(key(lines).as_deref(), Some("K"), "{lines:?}");
        }
    }

    #[test]
    fn a_name_within_another_pair_is_not_ours() {
        for line in [
            &b"xpartnero_referral=K"[..],
            b"partnero_referral2=K",
            b"a=partnero_referral=K",
            b"partnero_referral",
            b"Partnero_Referral=K",
        ] {
            assert_eq!(key(&[line]), None);
            assert_eq!(read(&[line]).found, 0);
        }
    }

    #[test]
    fn the_first_valid_of_several_is_used_and_a_conflict_reported() {
        let reading = read(&[
            b"partnero_referral=; partnero_referral=A",
            b"partnero_referral=B",
        ]);
        assert_eq!(reading.key.unwrap().as_str(), "A");
        assert!(reading.conflicting);
        assert_eq!(reading.invalid, Some(InvalidReferralKey::Empty));
    }

    #[test]
    fn set_and_removal_repeat_path_and_domain() {
        let settings = CookieSettings {
            domain: Some("shop.example".into()),
            path: "/shop".into(),
            ..CookieSettings::default()
        };
        let template = CookieTemplate::new(&settings);
        assert_eq!(
            text(template.set("K")),
            "partnero_referral=K; SameSite=Lax; Secure; Path=/shop; Domain=shop.example; Max-Age=2592000"
        );
        assert_eq!(
            template.removal(),
            "partnero_referral=; SameSite=Lax; Secure; Path=/shop; Domain=shop.example; Max-Age=0; \
             Expires=Thu, 01 Jan 1970 00:00:00 GMT"
        );
    }

    #[test]
    fn no_byte_of_a_key_can_end_the_value() {
        let hostile: ReferralKey = "a;b,c=d\"e\\f g%h@é".parse().unwrap();
        let line = text(template().set(hostile.as_str()));
        let value = line.split_once("; ").unwrap().0;
        assert_eq!(
            value,
            "partnero_referral=a%3Bb%2Cc%3Dd%22e%5Cf%20g%25h%40%C3%A9"
        );
        assert_eq!(key(&[value.as_bytes()]).as_deref(), Some(hostile.as_str()));
    }
}
