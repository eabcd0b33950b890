//! The cookie that keeps the keys which lost to the referral that counts.
//!
//! `ref` is a parameter of many websites. A newsletter's `?ref=` would take the place of a
//! friend's key, although nobody at Partnero has it. So the key that loses is remembered in a
//! cookie beside ours, and the sign-up asks for it when Partnero does not know the key that counts.

use std::fmt;

use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode;

use super::cookie::{CookieSettings, CookieTemplate, append_escaped, escape};
use super::read::KeyRule;
use crate::context::{Reach, RunnersUp};
use crate::referral::ReferralKey;
use crate::response::Line;

/// Stands between two keys. No key contains it, because it is a control character; in the cookie it
/// is percent-encoded.
const SEPARATOR: char = '\n';
const ESCAPED_SEPARATOR: &[u8] = b"%0A";

/// Most bytes of the cookie's value, and of the lines that remove planted cookies of this name. The
/// lines of the referral's cookie come beside them, and proxies refuse responses with larger headers.
const MOST_BYTES: usize = 600;

pub(super) struct RunnersUpCookie {
    cookie: CookieTemplate,
    rule: KeyRule,
}

impl RunnersUpCookie {
    pub(super) fn new(settings: &CookieSettings, rule: KeyRule) -> Self {
        Self {
            cookie: CookieTemplate::new(&settings.for_runners_up()),
            rule,
        }
    }

    /// The runners-up of a request, the newest first: the keys that lose now, and the stored ones.
    /// `None` if there are none and the browser sent no such cookie.
    #[cold]
    pub(super) fn of(
        &self,
        headers: &HeaderMap,
        counts: Option<&ReferralKey>,
        lose: &[ReferralKey],
    ) -> Option<RunnersUp> {
        let stored = self.stored(headers);
        let in_cookie = stored.is_some();
        let stored = stored.unwrap_or_default();
        let (mut keys, mut room) = (Vec::new(), MOST_BYTES);
        // The key that loses now is the newest, so it stands first; the oldest ones fall out.
        for key in lose.iter().chain(&stored) {
            let is_new = Some(key) != counts && !keys.contains(key);
            if let Some(left) = room.checked_sub(encoded_len(key))
                && is_new
                && keys.len() < RunnersUp::MOST
            {
                room = left;
                keys.push(key.clone());
            }
        }
        if counts.is_none() {
            // There is no referral that these keys could stand in for.
            keys.clear();
        }
        // A cookie is written only if it changes: each `Set-Cookie` keeps the page out of shared
        // caches.
        let is_news = counts.is_some() && keys != stored;
        (in_cookie || !keys.is_empty()).then_some(RunnersUp {
            keys,
            in_cookie,
            is_news,
        })
    }

    /// The keys in the cookies of this name; `None` if the browser sent no such cookie.
    fn stored(&self, headers: &HeaderMap) -> Option<Vec<ReferralKey>> {
        let values = self.cookie.raw_values(headers);
        // Anybody can send a longer value than we ever write.
        let decoded = values.map(|value| {
            let longest = RunnersUp::MOST * (ReferralKey::MAX_LEN + 1);
            percent_decode(value).take(longest).collect::<Vec<u8>>()
        });
        let mut decoded = decoded.peekable();
        decoded.peek()?;
        let mut keys = Vec::new();
        for value in decoded {
            let parts = value
                .split(|&byte| char::from(byte) == SEPARATOR)
                .take(RunnersUp::MOST);
            let valid = parts.filter_map(|key| ReferralKey::from_bytes(key).ok());
            keys.extend(valid.filter(|key| !self.rule.refuses(key)));
            if keys.len() >= RunnersUp::MOST {
                break;
            }
        }
        keys.truncate(RunnersUp::MOST);
        Some(keys)
    }

    /// The `Set-Cookie` line that stores the runners-up, or removes the last of them.
    pub(super) fn line(&self, runners_up: &RunnersUp) -> Line {
        let Some((newest, others)) = runners_up.keys.split_first() else {
            return self.cookie.removal().as_bytes().into();
        };
        let behind = others.iter().map(encoded_len).sum::<usize>();
        self.cookie.set_by(newest.as_str().len() + behind, |line| {
            append_escaped(line, newest.as_str());
            for key in others {
                line.extend_from_slice(ESCAPED_SEPARATOR);
                append_escaped(line, key.as_str());
            }
        })
    }

    /// The lines that go before [`line`](Self::line): they remove the cookies of this name that
    /// another host may have stored, because a browser would send them beside ours.
    pub(super) fn lines_before<'a>(
        &'a self,
        runners_up: &RunnersUp,
        reach: Option<&'a Reach>,
    ) -> impl Iterator<Item = HeaderValue> + use<'a> {
        let reach = reach.filter(|_| runners_up.in_cookie);
        self.cookie.removals_within(reach, MOST_BYTES)
    }

    /// The lines that remove the cookie from every scope it may have come from.
    pub(super) fn removals<'a>(
        &'a self,
        reach: Option<&'a Reach>,
    ) -> impl Iterator<Item = HeaderValue> + use<'a> {
        let others = self.cookie.removals_within(reach, MOST_BYTES);
        // Our own comes last: some clients take the removals of several paths for one, and keep the
        // cookie unless the last of them fits (curl 7.88).
        others.chain([self.cookie.removal().clone()])
    }

    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        self.cookie.is_in(headers)
    }

    /// Whether the browser sent more than one cookie of this name.
    pub(super) fn are_in(&self, headers: &HeaderMap) -> bool {
        self.cookie.raw_values(headers).nth(1).is_some()
    }
}

/// The bytes of a key and a separator in the cookie's value.
fn encoded_len(key: &ReferralKey) -> usize {
    escape(key.as_str()).map(str::len).sum::<usize>() + ESCAPED_SEPARATOR.len()
}

impl fmt::Debug for RunnersUpCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.cookie, f)
    }
}
