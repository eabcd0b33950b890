//! What a request says about its referral, and why: values for handlers, without any cookie.

use crate::referral::{InvalidReferralKey, ProgramKind, Referral, ReferralKey, ReferralSource};

mod beside;
mod consent;
mod missing;
mod outcome;
mod reach;
mod runners_up;
#[cfg(feature = "companion")]
mod touch;

use self::beside::Beside;
pub use self::consent::Consent;
pub use self::missing::ReferralLayerMissing;
pub use self::outcome::{NotStored, Outcome};
pub(crate) use self::reach::Reach;
pub(crate) use self::runners_up::RunnersUp;
#[cfg(feature = "companion")]
pub use self::touch::Touch;
#[cfg(feature = "companion")]
pub(crate) use self::touch::Touches;

/// Everything one request says about its referral.
///
/// With the feature `axum` this is an extractor; it takes the [`Referrals`](crate::Referrals)
/// handle from the app's state through `FromRef`. Without axum,
/// [`Referrals::context`](crate::Referrals::context) makes it from the request's parts.
///
/// # Example
///
/// ```
/// use axum::{Router, extract::FromRef, routing::get};
/// use tower_partnero::{Referral, ReferralContext, Referrals};
///
/// #[derive(Clone)]
/// struct AppState {
///     referrals: Referrals,
/// }
///
/// impl FromRef<AppState> for Referrals {
///     fn from_ref(state: &AppState) -> Self {
///         state.referrals.clone()
///     }
/// }
///
/// async fn landing(referral: Option<Referral>) -> String {
///     match referral {
///         Some(referral) => format!("{} invited you", referral.key()),
///         None => "Welcome".to_owned(),
///     }
/// }
///
/// async fn why(context: ReferralContext) -> &'static str {
///     context.outcome.as_str()
/// }
///
/// let referrals = Referrals::builder().build()?;
/// let app: Router = Router::<AppState>::new()
///     .route("/", get(landing))
///     .route("/why", get(why))
///     .layer(referrals.layer())
///     .with_state(AppState { referrals });
/// # Ok::<_, tower_partnero::ConfigError>(())
/// ```
///
/// A state without the handle does not compile. The compiler then says that the trait bound
/// `Handler<_, _>` is not satisfied for a handler that asks for the context. It says the same where
/// the feature `axum` is off:
///
/// ```compile_fail,E0277
/// # use axum::{Router, routing::get};
/// # use tower_partnero::{ReferralContext, Referrals};
/// # async fn why(context: ReferralContext) -> &'static str { context.outcome.as_str() }
/// #[derive(Clone)]
/// struct AppState {
///     referrals: Referrals,
/// }
///
/// let referrals = Referrals::builder().build()?;
/// let app: Router = Router::<AppState>::new() // `FromRef` is not implemented
///     .route("/why", get(why))
///     .layer(referrals.layer())
///     .with_state(AppState { referrals });
/// # Ok::<_, tower_partnero::ConfigError>(())
/// ```
///
/// A router without a state does not compile either:
///
/// ```compile_fail,E0277
/// # use axum::{Router, routing::get};
/// # use tower_partnero::{ReferralContext, Referrals};
/// # async fn why(context: ReferralContext) -> &'static str { context.outcome.as_str() }
/// let referrals = Referrals::builder().build()?;
/// let app: Router = Router::new()
///     .route("/why", get(why))
///     .layer(referrals.layer());
/// # Ok::<_, tower_partnero::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReferralContext {
    /// The referral that counts for this request.
    pub referral: Option<Referral>,
    /// What became of the referral, and why.
    pub outcome: Outcome,
    /// Why the first malformed key was rejected. Also set if another, valid key counts.
    pub ignored: Option<InvalidReferralKey>,
    /// The link, or the cookies, held several different valid keys. One of them was used.
    pub conflicting: bool,
    /// What the visitor allows the app to store. Always granted if the policy has no consent rule.
    pub consent: Consent,
    /// The kind of program whose policy was asked. In an affiliate program the key is a partner's.
    pub program: ProgramKind,
    /// The browser sent our cookie, valid or not, so [`Spent`](crate::Spent) must remove it.
    pub(crate) has_cookie: bool,
    /// One box for all of it: every context is moved a few times and dropped, and each further field
    /// would make that slower.
    pub(crate) beside: Option<Box<Beside>>,
}

impl ReferralContext {
    /// Takes a referral that the app found by its own code: a code the visitor typed
    /// ([`Referral::from_code`]), or the key in a signed token. `None` changes nothing.
    ///
    /// One request can have several referrals. The first of this list counts, independent of the order in
    /// which the app hands them in:
    ///
    /// 1. the customer whom the app names by `NewCustomer::referring_customer`,
    /// 2. a code the visitor typed,
    /// 3. a token,
    /// 4. the link of this request: its query, else its path,
    /// 5. the cookie (before 4 under [`FirstTouch`](crate::Attribution::FirstTouch)),
    /// 6. the address of the page before, where the policy reads it.
    ///
    /// A referral that is handed in counts for this request even if the visitor has withdrawn
    /// consent or has not answered: the visitor gave it on purpose, and nothing is stored. To store
    /// it, use [`Referrals::store`](crate::Referrals::store).
    ///
    /// The referral that it replaces becomes the newest of the [`runners_up`](Self::runners_up): if
    /// Partnero does not know the key that was handed in, the sign-up is credited to the link.
    #[must_use]
    pub fn with_referral(mut self, referral: impl Into<Option<Referral>>) -> Self {
        let typed = self.referral.as_ref().map(Referral::source) == Some(ReferralSource::Code);
        // A typed code is the most deliberate act of all, so only another code takes its place.
        if let Some(referral) = referral.into()
            && (!typed || referral.source() == ReferralSource::Code)
        {
            let replaced = self.referral.take();
            if replaced.is_some() || self.known_runners_up().is_some() {
                RunnersUp::remember(&mut self.beside_mut().runners_up, replaced, referral.key());
            }
            self.referral = Some(referral);
            self.outcome = Outcome::HandedIn;
        }
        self
    }

    /// The keys of other links that this visitor followed, the newest first: three at most, and never
    /// the key that counts. Other programs use the parameter `ref` as well. If Partnero does not know
    /// the key that counts, the sign-up is credited to the first of these keys that Partnero knows.
    ///
    /// Empty without consent. The context of a sign-up hook always has these keys. Without
    /// a companion, the context of another handler has them only for a request that is no `GET` or
    /// that replaces a key, because reading them costs a second search of the cookies.
    #[must_use]
    pub fn runners_up(&self) -> &[ReferralKey] {
        self.known_runners_up()
            .map_or(&[], |runners_up| &runners_up.keys)
    }

    /// The first link that this visitor followed, as the
    /// [`companion`](crate::capture::companion) cookie says. The link of this request is included.
    /// `None` without a companion or a referral, and without consent.
    #[cfg(feature = "companion")]
    #[must_use]
    pub fn first_touch(&self) -> Option<&Touch> {
        self.touches().map(|touches| &touches.first)
    }

    /// The last link that this visitor followed; see [`first_touch`](Self::first_touch).
    #[cfg(feature = "companion")]
    #[must_use]
    pub fn last_touch(&self) -> Option<&Touch> {
        self.touches().map(|touches| &touches.last)
    }

    /// See [`Beside::reach`].
    pub(crate) fn reach(&self) -> Option<&Reach> {
        self.beside.as_ref()?.reach.as_ref()
    }

    /// `None` if nobody has looked for runners-up, or there are none.
    pub(crate) fn known_runners_up(&self) -> Option<&RunnersUp> {
        self.beside.as_ref()?.runners_up.as_ref()
    }

    #[cfg(feature = "companion")]
    pub(crate) fn touches(&self) -> Option<&Touches> {
        self.beside.as_ref()?.touches.as_ref()
    }

    pub(crate) fn beside_mut(&mut self) -> &mut Beside {
        self.beside.get_or_insert_default()
    }
}
