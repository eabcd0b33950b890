//! The companion of a policy: its keys, its window, and the lines of its cookie.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};

use super::super::cookie::CookieTemplate;
use super::super::cookie::{Attribution, CookieSettings, LONGEST_MAX_AGE};
use super::record;
use crate::context::{Outcome, ReferralContext, RunnersUp, Touch, Touches};
use crate::error::ConfigError;
use crate::referral::ReferralKey;
use crate::response::{Line, header_value};
use crate::signing::{BrokenSeal, Seal, SigningKeys};

#[derive(Debug)]
pub(in crate::capture) struct Companion {
    keys: SigningKeys,
    cookie: CookieTemplate,
    name: String,
    domain: String,
    window: Duration,
    pub(super) attribution: Attribution,
}

/// Most signatures that are checked for one request.
///
/// We write one companion. Another subdomain can store cookies of the same name, which a browser
/// sends before ours, but only one for each domain and path that the request is below: a handful. A
/// program that is no browser can send more, and each check costs us about a microsecond.
const MOST_CHECKS: usize = 64;

const HOST_PREFIX: &str = "__Host-";

impl Companion {
    /// `cookie` are the settings of the referral's own cookie, already checked.
    pub(in crate::capture) fn new(
        keys: SigningKeys,
        cookie: &CookieSettings,
        attribution: Attribution,
    ) -> Result<Self, ConfigError> {
        let settings = settings(cookie)?;
        Ok(Self {
            keys,
            cookie: CookieTemplate::new(&settings).with_long_values(),
            name: settings.name,
            domain: settings.domain.unwrap_or_default(),
            window: cookie.max_age,
            attribution,
        })
    }

    /// The lines that store the companion together with the referral's own cookie.
    pub(in crate::capture) fn lines_with(
        &self,
        key: &ReferralKey,
        context: &ReferralContext,
        now: SystemTime,
    ) -> impl Iterator<Item = HeaderValue> {
        let touches = self.touches_with(key, context, now);
        let twins = self.cookie.twin_removals().iter().cloned();
        twins
            .filter(|_| context.has_cookie)
            .chain(header_value(self.line(&touches, now)))
    }

    /// The line that stores the companion where the referral's own cookie stays as it is; `None` if
    /// the companion has nothing new.
    pub(in crate::capture) fn line_alone(&self, context: &ReferralContext) -> Option<Line> {
        let touches = context.touches().filter(|touches| touches.is_news)?;
        let now = touches.last.at?;
        Some(self.line(touches, now))
    }

    pub(in crate::capture) fn removals(&self) -> impl Iterator<Item = HeaderValue> {
        let twins = self.cookie.twin_removals().iter().cloned();
        twins.chain([self.cookie.removal().clone()])
    }

    /// Whether the cookie belongs to this host only, so that no other host can write it.
    pub(super) fn is_of_host(&self) -> bool {
        self.domain.is_empty()
    }

    /// Whether the browser sent a cookie of this name, ours or not.
    pub(in crate::capture) fn is_in(&self, headers: &HeaderMap) -> bool {
        self.cookie.is_in(headers)
    }

    /// Whether the browser sent a cookie of this name, and what the cookies that we signed say.
    pub(super) fn open_all(&self, headers: &HeaderMap) -> (bool, Vec<Touches>) {
        let seal = self.seal();
        let (mut found, mut checks, mut opened) = (false, 0, Vec::new());
        for value in self.cookie.raw_values(headers) {
            // A program that is no browser can send any number of them.
            if checks == MOST_CHECKS {
                break;
            }
            found = true;
            let record = seal.open(value, record::LONGEST);
            if !matches!(record, Err(BrokenSeal::Malformed)) {
                checks += 1;
            }
            #[cfg(feature = "tracing")]
            if let Err(broken) = &record {
                tracing::debug!(?broken, "a companion cookie has no valid signature of ours");
            }
            opened.extend(record.ok().and_then(|record| record::decode(&record)));
        }
        (found, opened)
    }

    /// The touch that counts under this policy.
    pub(super) fn counted<'a>(&self, touches: &'a Touches) -> &'a Touch {
        match self.attribution {
            Attribution::FirstTouch => &touches.first,
            Attribution::LastTouch => &touches.last,
        }
    }

    /// Whether the touch that counts is older than the window, to the second in which the browser
    /// would drop the referral's own cookie. A time in the future counts as now: it comes from a
    /// server whose clock is ahead of ours.
    pub(super) fn is_over(&self, touches: &Touches, now: SystemTime) -> bool {
        self.is_too_old(self.counted(touches), now)
    }

    fn is_too_old(&self, touch: &Touch, now: SystemTime) -> bool {
        let age = touch.at.map(|at| now.duration_since(at));
        age.is_some_and(|age| age.unwrap_or_default() >= self.window)
    }

    /// The newest touches of other keys than this one, one of each, that are not too old.
    pub(super) fn others(
        &self,
        touches: &Touches,
        key: &ReferralKey,
        now: SystemTime,
    ) -> Vec<Touch> {
        let mut others: Vec<Touch> = Vec::new();
        for touch in touches.newest_first() {
            let is_other = touch.key != *key && others.iter().all(|it| it.key != touch.key);
            if is_other && others.len() < RunnersUp::MOST && !self.is_too_old(touch, now) {
                others.push(touch.clone());
            }
        }
        others
    }

    /// The same journey with one more touch.
    pub(super) fn go_on(&self, touches: Touches, last: Touch, now: SystemTime) -> Touches {
        let mut between = self.others(&touches, &last.key, now);
        between.retain(|touch| *touch != touches.first);
        Touches {
            last,
            between,
            ..touches
        }
    }

    /// The same journey with one more touch, which loses to the stored one.
    pub(in crate::capture) fn lose(
        &self,
        touches: Touches,
        key: ReferralKey,
        now: SystemTime,
    ) -> Touches {
        let touch = Touch { key, at: Some(now) };
        Touches {
            is_news: true,
            ..self.go_on(touches, touch, now)
        }
    }

    /// A new journey, which still knows the other keys of the one before.
    pub(super) fn start(&self, touch: Touch, before: Option<&Touches>, now: SystemTime) -> Touches {
        let others = before.map(|before| self.others(before, &touch.key, now));
        Touches {
            first: touch.clone(),
            last: touch,
            between: others.unwrap_or_default(),
            is_news: false,
        }
    }

    fn touches_with(
        &self,
        key: &ReferralKey,
        context: &ReferralContext,
        now: SystemTime,
    ) -> Touches {
        let touch = Touch {
            key: key.clone(),
            at: Some(now),
        };
        let known = context.touches();
        let is_touch = matches!(context.outcome, Outcome::Unchanged | Outcome::HandedIn);
        match known {
            // A touch that is too old begins nothing: the next link is a first touch again.
            Some(touches) if self.is_over(touches, now) => self.start(touch, known, now),
            Some(touches) if is_touch && self.attribution == Attribution::LastTouch => {
                self.go_on(touches.clone(), touch, now)
            }
            Some(touches) if self.counted(touches).key == *key => touches.clone(),
            _ => self.start(touch, known, now),
        }
    }

    fn line(&self, touches: &Touches, now: SystemTime) -> Line {
        let record = record::encode(touches, now);
        let sealed_len = Seal::sealed_len(record.len());
        let write = |line: &mut Vec<u8>| self.seal().close_onto(line, record);
        self.cookie.set_by(sealed_len, write)
    }

    fn seal(&self) -> Seal<'_> {
        Seal {
            keys: &self.keys,
            bound_to: [
                b"tower-partnero companion",
                self.name.as_bytes(),
                self.domain.as_bytes(),
            ],
        }
    }
}

fn settings(referral: &CookieSettings) -> Result<CookieSettings, ConfigError> {
    let is_of_host = referral.domain.is_none();
    if is_of_host && !(referral.secure && referral.path == "/") {
        return Err(ConfigError::new(
            "companion",
            "without a domain its name begins with `__Host-`, which browsers take only with `Secure` and the path `/`: \
             write `.secure(true)` and `.path(\"/\")`, or name the `.domain(...)`; on plain http, leave the companion out",
        ));
    }
    let has_prefix = referral
        .name
        .get(..HOST_PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(HOST_PREFIX));
    let prefix = if is_of_host && !has_prefix {
        HOST_PREFIX
    } else {
        ""
    };
    Ok(CookieSettings {
        name: format!("{prefix}{}_touches", referral.name),
        http_only: true,
        max_age: (referral.max_age * 2).min(LONGEST_MAX_AGE),
        ..referral.clone()
    })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::Referrals;
    use http::{Method, Uri};

    const FIRST: u64 = 1_700_000_000;
    const DAY: u64 = 24 * 60 * 60;

    fn touch((key, at): (&str, u64)) -> Touch {
        Touch {
            key: key.parse().unwrap(),
            at: Some(UNIX_EPOCH + Duration::from_secs(at)),
        }
    }

    fn touches(first: (&str, u64), last: (&str, u64)) -> Touches {
        Touches {
            first: touch(first),
            last: touch(last),
            between: Vec::new(),
            is_news: false,
        }
    }

    #[test]
    fn only_a_touch_starts_a_new_time() {
        use Attribution::{FirstTouch, LastTouch};
        use Outcome::{FirstTouchKept, HandedIn, Remembered, Unchanged};
        let (anna, ben) = (("anna", FIRST), ("ben", FIRST + DAY));
        let (soon, late) = (FIRST + 20 * DAY, FIRST + 31 * DAY);
        for (attribution, outcome, key, now, first, last) in [
            (LastTouch, Remembered, "ben", soon, anna, ben),
            (LastTouch, Unchanged, "ben", soon, anna, ("ben", soon)),
            (LastTouch, HandedIn, "ben", soon, anna, ("ben", soon)),
            (LastTouch, HandedIn, "carla", soon, anna, ("carla", soon)),
            (
                LastTouch,
                HandedIn,
                "ben",
                late,
                ("ben", late),
                ("ben", late),
            ),
            (FirstTouch, Remembered, "anna", soon, anna, ben),
            (FirstTouch, FirstTouchKept, "anna", soon, anna, ben),
            (FirstTouch, Unchanged, "anna", soon, anna, ben),
            (
                FirstTouch,
                HandedIn,
                "carla",
                soon,
                ("carla", soon),
                ("carla", soon),
            ),
            (
                FirstTouch,
                HandedIn,
                "anna",
                late,
                ("anna", late),
                ("anna", late),
            ),
        ] {
            let keys = SigningKeys::new([1; 32]).unwrap();
            let companion = Companion::new(keys, &CookieSettings::default(), attribution).unwrap();
            let plain = Referrals::builder().build().unwrap();
            let none = HeaderMap::new();
            let mut context = plain.evaluate(&Method::GET, &Uri::from_static("/"), &none);
            context.outcome = outcome;
            context.beside_mut().touches = Some(touches(anna, ben));
            let now = UNIX_EPOCH + Duration::from_secs(now);
            let stored = companion.touches_with(&key.parse().unwrap(), &context, now);
            assert_eq!(
                (stored.first, stored.last),
                (touch(first), touch(last)),
                "{attribution:?} {outcome:?} {key}"
            );
        }
    }
}
