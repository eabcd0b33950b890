//! The decision of a policy with a companion: it depends on the time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;

use super::super::cookie::Attribution;
use super::super::decide::{Asker, decide};
use super::super::head::RequestHead;
use super::super::policy::Policy;
use super::super::read::Reading;
use super::kept::Companion;
use crate::context::{Consent, Outcome, ReferralContext, RunnersUp, Touch, Touches};
use crate::referral::ReferralKey;
use crate::signing::seconds;

/// Decides as without a companion, after a stored key that is too old was taken out.
pub(in crate::capture) fn decide_at(
    policy: &Policy,
    companion: &Companion,
    request: &RequestHead<'_>,
    asker: Asker,
    now: SystemTime,
) -> ReferralContext {
    let mut journey = Journey {
        companion,
        // Whole seconds, as the cookie keeps them, so that this handler and the next one see the
        // same time.
        now: UNIX_EPOCH + Duration::from_secs(seconds(now)),
        found: false,
        known: Vec::new(),
        stored: None,
        is_over: false,
    };
    let date = |stored| journey.date_stored(policy, request.headers, stored);
    let mut context = decide(policy, request, asker, date);
    if context.consent == Consent::Granted {
        context.has_cookie |= journey.found;
        let link = || {
            policy
                .links
                .read(request.uri.query(), || request.uri.path())
                .key
        };
        let now = journey.now;
        if let Some(mut touches) = journey.arrive(&context, link) {
            // A request that may not write the cookie may not write its companion either.
            touches.is_news = touches.is_news && asker.veto(policy, request).is_none();
            let runners_up = context.referral.as_ref().and_then(|referral| {
                let others = companion.others(&touches, referral.key(), now).into_iter();
                let keys = others.map(|touch| touch.key);
                RunnersUp::known(keys.filter(|key| policy.cookie.accepts(key)))
            });
            let beside = context.beside_mut();
            beside.runners_up = runners_up;
            beside.touches = Some(touches);
        }
    }
    context
}

/// The links that a visitor followed until this request, as far as the companion knows them.
struct Journey<'a> {
    companion: &'a Companion,
    now: SystemTime,
    /// The browser sent a companion, ours or not.
    found: bool,
    /// What the companions with a valid signature say.
    known: Vec<Touches>,
    /// The touches that led to the stored key.
    stored: Option<Touches>,
    /// The stored key is older than the window.
    is_over: bool,
}

impl Journey<'_> {
    /// Reads the age of the stored key. A key that is too old does not count.
    fn date_stored(
        &mut self,
        policy: &Policy,
        headers: &HeaderMap,
        mut stored: Reading,
    ) -> Reading {
        (self.found, self.known) = self.companion.open_all(headers);
        if stored.conflicting {
            let keys = || policy.cookie.keys(headers);
            // A companion that is shared by `Domain` may come from a sibling host as well, and
            // the key beside it from Partnero's script.
            let is_captured = |key: &_| self.companion.is_of_host() && self.is_known(key);
            let is_in_time = |key: &_| !self.is_too_old(&self.date(key));
            let counts = keys().find(is_captured).or_else(|| keys().find(is_in_time));
            stored.key = counts.or(stored.key);
        }
        self.stored = stored.key.as_ref().map(|key| self.date(key));
        self.is_over = self.stored.as_ref().is_some_and(|it| self.is_too_old(it));
        if self.is_over {
            stored.key = None;
            stored.expired = true;
        }
        stored
    }

    /// Whether the link of this key was followed here, and not too long ago. Of several stored keys
    /// such a key counts, because the others may come from a sibling host.
    fn is_known(&self, key: &ReferralKey) -> bool {
        let mut known = self.known.iter();
        known.any(|touches| self.counted(touches).key == *key && !self.is_too_old(touches))
    }

    /// The touches that led to the stored key. Of several companions with this key the newest
    /// counts, so that an old companion which somebody planted takes nothing away.
    fn date(&self, key: &ReferralKey) -> Touches {
        let dates_it = |touches: &Touches| self.counted(touches).key == *key;
        // `false` comes before `true`: the newest one of those that know the key, else the newest
        // one at all.
        let newest = |touches: &&Touches| (dates_it(touches), self.counted(touches).at);
        let best = self.known.iter().max_by_key(newest);
        if let Some(touches) = best.filter(|touches| dates_it(touches)) {
            return touches.clone();
        }
        let last = Touch {
            key: key.clone(),
            at: None,
        };
        match best {
            Some(touches)
                if self.companion.attribution == Attribution::LastTouch
                    && !self.is_too_old(touches) =>
            {
                self.companion.go_on(touches.clone(), last, self.now)
            }
            best => self.companion.start(last, best, self.now),
        }
    }

    /// The touches with this request's own.
    fn arrive(
        self,
        context: &ReferralContext,
        link: impl FnOnce() -> Option<ReferralKey>,
    ) -> Option<Touches> {
        let touch = |key: &ReferralKey| Touch {
            key: key.clone(),
            at: Some(self.now),
        };
        match (context.outcome, &context.referral) {
            (Outcome::Captured | Outcome::NotStored(_), Some(referral)) => {
                let last = touch(referral.key());
                let companion = self.companion;
                let goes_on = !self.is_over && companion.attribution == Attribution::LastTouch;
                Some(match self.stored {
                    Some(stored) if goes_on => companion.go_on(stored, last, self.now),
                    stored => companion.start(last, stored.as_ref(), self.now),
                })
            }
            (Outcome::Unchanged | Outcome::FirstTouchKept, _) => {
                let (stored, link) = (self.stored?, link()?);
                let has_time = self.companion.counted(&stored).at.is_some();
                if has_time && stored.last.key == link {
                    return Some(stored);
                }
                Some(Touches {
                    is_news: true,
                    ..self.companion.go_on(stored, touch(&link), self.now)
                })
            }
            _ => self.stored,
        }
    }

    fn counted<'t>(&self, touches: &'t Touches) -> &'t Touch {
        self.companion.counted(touches)
    }

    fn is_too_old(&self, touches: &Touches) -> bool {
        self.companion.is_over(touches, self.now)
    }
}
