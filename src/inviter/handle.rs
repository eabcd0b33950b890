//! The handle for the app's state: what is remembered, and the calls that are under way.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::request::Parts;
use quick_cache::sync::Cache;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::answer::{Inviter, first_name};
use super::budget::Budget;
use super::settings::InvitersBuilder;
use crate::capture::Referrals;
use crate::client::{Client, CustomerRef, Error, ErrorKind, PartnerRef};
use crate::context::ReferralLayerMissing;
use crate::delivery::{keys_to_try, look_up, look_up_partner};
use crate::referral::{ProgramKind, Referral, ReferralKey};

/// How many calls are under way at once. Most of the client's places stay free for sign-ups.
const MOST_FLIGHTS: usize = 8;
/// How long one look-up may take, with all of its attempts.
const LONGEST_FLIGHT: Duration = Duration::from_secs(5);
/// For how long a key is not asked for again whose look-up has failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Tells who stands behind a referral. It is cheap to clone, and clones share what they remember.
///
/// See the [module docs](super) for what is guaranteed, and for an example.
#[derive(Clone)]
pub struct Inviters(Arc<Inner>);

struct Inner {
    client: Client,
    settings: InvitersBuilder,
    known: Cache<ReferralKey, Known>,
    calls: Mutex<Calls>,
}

/// An answer that is remembered.
#[derive(Clone)]
struct Known {
    inviter: Inviter,
    /// Until then nobody asks Partnero.
    fresh_until: Instant,
    /// Until then the answer counts if Partnero does not answer.
    usable_until: Instant,
}

struct Calls {
    flights: HashMap<ReferralKey, Flight>,
    budget: Budget,
}

/// The answer of a call that is under way.
type Flight = watch::Receiver<Option<Inviter>>;

impl Inviters {
    /// Asks Partnero through this client, with the defaults of [`InvitersBuilder`].
    #[must_use]
    pub fn new(client: Client) -> Self {
        let settings = InvitersBuilder::new(client.clone());
        Self::build(client, settings)
    }

    /// Starts from the defaults of [`InvitersBuilder`].
    pub fn builder(client: Client) -> InvitersBuilder {
        InvitersBuilder::new(client)
    }

    pub(super) fn build(client: Client, settings: InvitersBuilder) -> Self {
        let calls = Calls {
            flights: HashMap::new(),
            budget: Budget::new(settings.calls_per_second, Instant::now()),
        };
        Self(Arc::new(Inner {
            client,
            known: Cache::new(settings.capacity),
            calls: Mutex::new(calls),
            settings,
        }))
    }

    /// Who stands behind this referral, for a code that the visitor has typed
    /// ([`Referral::from_code`]): whoever has the key, or else the key without the punctuation around it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime. Handlers of axum and hyper run inside of one.
    pub async fn of(&self, referral: &Referral) -> Inviter {
        self.first_of(keys_to_try(referral.key(), &[])).await
    }

    /// Who is credited if the visitor of this request signs up; `None` for a visitor whom nobody
    /// referred. If Partnero knows nobody with the key that counts, it is asked for the same key without
    /// punctuation, then for the visitor's earlier links
    /// ([`ReferralContext::runners_up`](crate::ReferralContext::runners_up)), as at the sign-up. With
    /// axum a handler takes `Option<Inviter>` instead.
    ///
    /// # Errors
    ///
    /// As [`Referrals::context`].
    ///
    /// # Panics
    ///
    /// As [`of`](Self::of).
    pub async fn of_visitor(
        &self,
        referrals: &Referrals,
        parts: &Parts,
    ) -> Result<Option<Inviter>, ReferralLayerMissing> {
        let context = referrals.context_with_runners_up(parts)?;
        let Some(referral) = &context.referral else {
            return Ok(None);
        };
        let keys = keys_to_try(referral.key(), context.runners_up());
        Ok(Some(self.first_of(keys).await))
    }

    /// The first of these keys whom somebody has. Where an answer is missing, no later key counts: the
    /// sign-up may credit the earlier one.
    async fn first_of(&self, keys: Vec<ReferralKey>) -> Inviter {
        // All keys together have one wait.
        let until = Instant::now() + self.0.settings.wait;
        for key in &keys {
            let inviter = self.until(key, until).await;
            if !inviter.is_nobody() {
                return inviter;
            }
        }
        Inviter::Nobody
    }

    async fn until(&self, key: &ReferralKey, until: Instant) -> Inviter {
        let now = Instant::now();
        let known = self.0.known.get(key);
        if let Some(known) = &known
            && now < known.fresh_until
        {
            return known.inviter.clone();
        }
        // Visitors of the same link wait for one call together.
        let in_time = match self.flight(key, now) {
            Some(mut flight) => {
                let landed = flight.wait_for(Option::is_some);
                let landed = timeout_at(until, landed).await;
                landed
                    .ok()
                    .and_then(Result::ok)
                    .and_then(|answer| answer.clone())
            }
            None => None,
        };
        // A name of some minutes ago is better than a page without a name.
        let earlier = known.filter(|known| now < known.usable_until);
        match in_time {
            Some(answer) if answer != Inviter::Pending => answer,
            _ => earlier.map_or(Inviter::Pending, |known| known.inviter),
        }
    }

    /// The call for this key that is under way, or a new one; `None` if there must not be a new one.
    fn flight(&self, key: &ReferralKey, now: Instant) -> Option<Flight> {
        let mut calls = self.0.calls();
        if let Some(flight) = calls.flights.get(key) {
            return Some(flight.clone());
        }
        // Anybody can ask for invented keys. The limits keep this from using up Partnero's rate
        // limit, which the sign-ups need.
        if calls.flights.len() >= MOST_FLIGHTS || !calls.budget.take(now) {
            return None;
        }
        let (sender, flight) = watch::channel(None);
        calls.flights.insert(key.clone(), flight.clone());
        let landing = Landing {
            inner: Arc::clone(&self.0),
            key: key.clone(),
        };
        // Without a runtime the task is dropped at once, and with it the landing, which takes this lock.
        drop(calls);
        // In a task of its own: a visitor who closes the page, or waits no longer, does not end it.
        tokio::spawn(async move {
            let answer = landing.inner.ask(&landing.key).await;
            sender.send_replace(Some(answer));
        });
        Some(flight)
    }
}

impl Inner {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        // No change leaves the calls half written, not even one that panics.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks Partnero, and remembers the answer.
    async fn ask(&self, key: &ReferralKey) -> Inviter {
        let asked = timeout(LONGEST_FLIGHT, self.look_up(key)).await;
        let now = Instant::now();
        let inviter = match asked {
            Ok(Ok(inviter)) => inviter,
            Ok(Err(error)) => return self.failed(key, now, Some(&error)),
            Err(_) => return self.failed(key, now, None),
        };
        self.calls().budget.succeeded();
        // An unknown key is forgotten sooner: its customer may be created in the next minute.
        let memory = if inviter.is_nobody() {
            self.settings.unknown_for
        } else {
            self.settings.known_for
        };
        let known = Known {
            inviter: inviter.clone(),
            fresh_until: now + memory,
            usable_until: now + memory * 2,
        };
        self.known.insert(key.clone(), known);
        inviter
    }

    async fn look_up(&self, key: &ReferralKey) -> Result<Inviter, Error> {
        let shown = match self.client.program_kind() {
            ProgramKind::ReferAFriend => {
                let found = look_up(&self.client, &CustomerRef::from(key)).await?;
                let found = found.filter(|customer| !customer.is_deleted());
                found.map(|customer| (self.settings.name)(&customer))
            }
            ProgramKind::Affiliate => {
                let found = look_up_partner(&self.client, &PartnerRef::key(key.as_str())).await?;
                let found = found.filter(|partner| !partner.is_gone());
                found.map(|partner| first_name(partner.name.as_deref()))
            }
        };
        let key = key.clone();
        Ok(shown.map_or(Inviter::Nobody, |name| Inviter::Known { name, key }))
    }

    /// Leaves the key alone for a while. The answer from before counts meanwhile.
    fn failed(&self, key: &ReferralKey, now: Instant, error: Option<&Error>) -> Inviter {
        #[cfg(feature = "tracing")]
        tracing::debug!(
            error = error.map(tracing::field::display),
            "partnero did not say who invited a visitor"
        );
        let retry_after = error.and_then(|error| match error.kind() {
            ErrorKind::RateLimited => Some(error.retry_after().unwrap_or_default()),
            _ => error.retry_after(),
        });
        self.calls().budget.failed(now, retry_after);
        let earlier = self.known.get(key);
        // The failure is remembered for a moment, so that not every visitor waits for the next one.
        let known = match earlier.filter(|known| now < known.usable_until) {
            Some(known) => Known {
                fresh_until: now + AFTER_FAILURE,
                ..known
            },
            None => Known {
                inviter: Inviter::Pending,
                fresh_until: now + AFTER_FAILURE,
                usable_until: now + AFTER_FAILURE,
            },
        };
        let inviter = known.inviter.clone();
        self.known.insert(key.clone(), known);
        inviter
    }
}

/// Takes a call off the list when it ends, also if the app's rule for the name panics.
struct Landing {
    inner: Arc<Inner>,
    key: ReferralKey,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.inner.calls().flights.remove(&self.key);
    }
}

impl fmt::Debug for Inviters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inviters")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
