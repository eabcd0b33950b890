//! The cookie that keeps the keys which lost to the referral that counts.
//!
//! `ref` is a parameter of many websites. A newsletter's `?ref=` would take the place of a
//! friend's key, although nobody at Partnero has it. So the key that loses is remembered in a
//! cookie beside ours, and the sign-up asks for it when Partnero does not know the key that counts.

use std::fmt;

use http::HeaderMap;
use percent_encoding::percent_decode;

use super::cookie::{CookieSettings, CookieTemplate, escape};
use super::read::KeyRule;
use crate::context::{Reach, RunnersUp};
use crate::referral::ReferralKey;
use crate::response::Line;

/// Stands between two keys. No key contains it, because it is a control character; in the cookie it
/// is percent-encoded.
const SEPARATOR: u8 = b'\n';

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
    ) -> Option<Box<RunnersUp>> {
        let in_cookie = self.is_in(headers);
        let stored = self.stored(headers);
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
        (in_cookie || !keys.is_empty()).then(|| {
            Box::new(RunnersUp {
                keys,
                in_cookie,
                is_news,
            })
        })
    }

    fn stored(&self, headers: &HeaderMap) -> Vec<ReferralKey> {
        let values = self.cookie.raw_values(headers);
        // Anybody can send a longer value than we ever write.
        let decoded = values.map(|value| {
            let longest = RunnersUp::MOST * (ReferralKey::MAX_LEN + 1);
            percent_decode(value).take(longest).collect::<Vec<u8>>()
        });
        let mut keys = Vec::new();
        for value in decoded {
            let parts = value.split(|&byte| byte == SEPARATOR).take(RunnersUp::MOST);
            let valid = parts.filter_map(|key| ReferralKey::from_bytes(key).ok());
            keys.extend(valid.filter(|key| !self.rule.refuses(key)));
            if keys.len() >= RunnersUp::MOST {
                break;
            }
        }
        keys.truncate(RunnersUp::MOST);
        keys
    }

    /// The `Set-Cookie` lines that store the runners-up, or remove the last of them; ours comes last.
    /// The others remove the cookies of this name that another host may have stored, because a
    /// browser would send them beside ours.
    #[cold]
    pub(super) fn lines(&self, runners_up: &RunnersUp, reach: Option<&Reach>) -> Vec<Line> {
        let reach = reach.filter(|_| runners_up.in_cookie);
        let others = reach.map(|reach| self.cookie.removals_within(reach, MOST_BYTES));
        let mut lines = others.unwrap_or_default();
        lines.push(self.line(runners_up));
        lines
    }

    fn line(&self, runners_up: &RunnersUp) -> Line {
        if runners_up.keys.is_empty() {
            return self.cookie.removal();
        }
        let keys: Vec<_> = runners_up.keys.iter().map(ReferralKey::as_str).collect();
        self.cookie
            .set(&keys.join(&char::from(SEPARATOR).to_string()))
    }

    /// The lines that remove the cookie from every scope it may have come from.
    pub(super) fn removals(&self, reach: Option<&Reach>) -> Vec<Line> {
        let others = reach.map(|reach| self.cookie.removals_within(reach, MOST_BYTES));
        let mut lines = others.unwrap_or_default();
        // Our own comes last: some clients take the removals of several paths for one, and keep the
        // cookie unless the last of them fits (curl 7.88).
        lines.push(self.cookie.removal());
        lines
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
    escape(key.as_str()).map(str::len).sum::<usize>() + "%0A".len()
}

impl fmt::Debug for RunnersUpCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.cookie, f)
    }
}
