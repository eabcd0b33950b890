//! What the companion says to what is stored, and what it learns from this request.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::consent::{Consent, RequestHead};
use super::super::cookie::Attribution;
use super::super::decide::{decide, read_link};
use super::super::policy::Policy;
use super::super::read::Reading;
use super::kept::Companion;
use crate::context::{NotStored, Outcome, ReferralContext, Touch, Touches};
use crate::referral::ReferralKey;
use crate::signing::seconds;

/// What is known before a request is decided.
#[derive(Debug, Default)]
struct Journey {
    /// The browser sent a companion, ours or not.
    found: bool,
    /// The touches that led to the stored key.
    stored: Option<Touches>,
    is_over: bool,
}

impl Companion {
    /// Decides as without a companion, once what is too old has been taken from what is stored.
    pub(in crate::capture) fn decide(
        &self,
        policy: &Policy,
        request: &RequestHead<'_>,
        veto: impl Fn() -> Option<NotStored>,
        now: SystemTime,
    ) -> ReferralContext {
        // As precise as what is kept, so that a handler sees what the next one will see.
        let now = UNIX_EPOCH + Duration::from_secs(seconds(now));
        let mut journey = Journey::default();
        let read = || {
            let headers = request.headers;
            let mut stored = policy.cookie.read(headers);
            let (found, known) = self.read(headers);
            if stored.conflicting {
                let keys = || policy.cookie.keys(headers);
                // A companion that is shared by `Domain` may come from a sibling host as well, and
                // the key beside it from Partnero's script.
                let is_captured = |key: &_| self.is_of_host() && self.counts_in(&known, key, now);
                let is_in_time = |key: &_| !self.is_over(&self.date(key, &known, now), now);
                let counts = keys().find(is_captured).or_else(|| keys().find(is_in_time));
                stored.key = counts.or(stored.key);
            }
            journey = self.journey(&mut stored, found, &known, now);
            stored
        };
        let mut context = decide(policy, request, read, &veto);
        if context.consent == Consent::Granted {
            context.has_cookie |= journey.found;
            let link = || read_link(policy, request).key;
            let touches = self.arrive(journey, &context, link, now);
            context.touches = touches.map(|touches| {
                let is_news = touches.is_news && veto().is_none();
                Box::new(Touches { is_news, ..touches })
            });
        }
        context
    }

    /// Whether the link of this key was followed here, and not too long ago. Of several keys that
    /// one counts: the others may come from a sibling host.
    fn counts_in(&self, known: &[Touches], key: &ReferralKey, now: SystemTime) -> bool {
        let counts =
            |touches: &Touches| self.counted(touches).key == *key && !self.is_over(touches, now);
        known.iter().any(counts)
    }

    fn journey(
        &self,
        stored: &mut Reading,
        found: bool,
        known: &[Touches],
        now: SystemTime,
    ) -> Journey {
        let touches = stored.key.as_ref().map(|key| self.date(key, known, now));
        let is_over = |touches: &Touches| self.is_over(touches, now);
        let is_over = touches.as_ref().is_some_and(is_over);
        if is_over {
            stored.key = None;
            stored.expired = true;
        }
        Journey {
            found,
            stored: touches,
            is_over,
        }
    }

    /// The touches that led to the stored key. Of several companions the newest that knows it
    /// counts, so that an old one, planted beside it, takes nothing away.
    fn date(&self, key: &ReferralKey, known: &[Touches], now: SystemTime) -> Touches {
        let dates_it = |touches: &Touches| self.counted(touches).key == *key;
        let newest = |touches: &&Touches| (dates_it(touches), self.counted(touches).at);
        let best = known.iter().max_by_key(newest);
        if let Some(touches) = best.filter(|touches| dates_it(touches)) {
            return touches.clone();
        }
        let last = Touch {
            key: key.clone(),
            at: None,
        };
        let goes_on = |touches: &&Touches| {
            self.attribution == Attribution::LastTouch && !self.is_over(touches, now)
        };
        let first = best.filter(goes_on).map(|touches| touches.first.clone());
        Touches {
            first: first.unwrap_or_else(|| last.clone()),
            last,
            is_news: false,
        }
    }

    /// The touches with this request's own.
    fn arrive(
        &self,
        journey: Journey,
        context: &ReferralContext,
        link: impl FnOnce() -> Option<ReferralKey>,
        now: SystemTime,
    ) -> Option<Touches> {
        let touch = |key: &ReferralKey| Touch {
            key: key.clone(),
            at: Some(now),
        };
        match (context.outcome, &context.referral) {
            (Outcome::Captured | Outcome::NotStored(_), Some(referral)) => {
                let last = touch(referral.key());
                let goes_on = !journey.is_over && self.attribution == Attribution::LastTouch;
                let first = journey.stored.filter(|_| goes_on);
                let first = first.map_or_else(|| last.clone(), |touches| touches.first);
                Some(Touches {
                    first,
                    last,
                    is_news: false,
                })
            }
            (Outcome::Unchanged | Outcome::FirstTouchKept, _) => {
                let (stored, link) = (journey.stored?, link()?);
                let has_time = self.counted(&stored).at.is_some();
                if has_time && stored.last.key == link {
                    return Some(stored);
                }
                Some(Touches {
                    first: stored.first,
                    last: touch(&link),
                    is_news: true,
                })
            }
            _ => journey.stored,
        }
    }
}
