//! The extractor that takes its handle from the request's extensions.

use axum_core::extract::{FromRequest, FromRequestParts, Request};
use http::Extensions;
use http::request::Parts;

use super::missing::{ExtensionMissing, FromExtensionRejection};
use super::of_program::OfProgram;
use crate::capture::Referrals;
use crate::context::{ReferralContext, ReferralLayerMissing};
use crate::referral::Referral;
#[cfg(feature = "client")]
use crate::signup::{SignupHook, Signups};
#[cfg(feature = "webhook")]
use crate::webhook::{Event, WebhookError, WebhookVerifier};

/// Extracts `T` with a handle from the request's extensions, where axum's `Extension` layer puts it.
///
/// It is for apps whose state type is not their own, as `Arc<AppState>` is not: for such a type no app
/// can write the `FromRef` by which the other extractors find their handle.
///
/// | `T` | Handle |
/// |---|---|
/// | [`ReferralContext`], `Option<`[`Referral`]`>` | [`Referrals`], or [`Signups`](crate::Signups) |
/// | [`SignupHook`](crate::SignupHook) | [`Signups`](crate::Signups) |
/// | [`Event`](crate::Event), the last argument | [`WebhookVerifier`](crate::WebhookVerifier) |
/// | [`OfProgram<P, T>`](OfProgram) | `P` |
///
/// Axum cannot say while it compiles that the `Extension` layer is missing. A handler of a route
/// without it answers with 500, and an error event says what to write ([`ExtensionMissing`]).
///
/// ```
/// use std::sync::Arc;
///
/// use axum::response::{IntoResponse, Redirect};
/// use axum::{Extension, Router, routing::post};
/// use tower_partnero::{Client, FromExtension, NewCustomer, Referrals, SignupHook, Signups};
///
/// struct AppState {
///     name: String,
/// }
///
/// async fn sign_up(FromExtension(hook): FromExtension<SignupHook>) -> impl IntoResponse {
///     let outcome = hook.sign_up(NewCustomer::new(42)).await;
///     (outcome, Redirect::to("/welcome"))
/// }
///
/// fn app(state: Arc<AppState>, client: Client) -> Result<Router, tower_partnero::ConfigError> {
///     let referrals = Referrals::builder().build()?;
///     Ok(Router::new()
///         .route("/signup", post(sign_up))
///         .layer(Extension(Signups::new(referrals.clone(), client)))
///         .layer(referrals.layer())
///         .with_state(state))
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a handler takes it apart in the pattern of its argument"
)]
pub struct FromExtension<T>(pub T);

impl<S> FromRequestParts<S> for FromExtension<ReferralContext>
where
    S: Send + Sync,
{
    type Rejection = FromExtensionRejection<ReferralLayerMissing>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let context = referrals(&parts.extensions)?.context(parts);
        context.map(Self).map_err(FromExtensionRejection::Refused)
    }
}

impl<S> FromRequestParts<S> for FromExtension<Option<Referral>>
where
    S: Send + Sync,
{
    type Rejection = FromExtensionRejection<ReferralLayerMissing>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let referral = referrals(&parts.extensions)?.referral(parts);
        referral.map(Self).map_err(FromExtensionRejection::Refused)
    }
}

#[cfg(feature = "client")]
impl<S> FromRequestParts<S> for FromExtension<SignupHook>
where
    S: Send + Sync,
{
    type Rejection = FromExtensionRejection<ReferralLayerMissing>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let hook = find::<Signups>(&parts.extensions)?.hook(parts);
        hook.map(Self).map_err(FromExtensionRejection::Refused)
    }
}

/// The last argument of a handler, because it takes the body.
#[cfg(feature = "webhook")]
impl<S> FromRequest<S> for FromExtension<Event>
where
    S: Send + Sync,
{
    type Rejection = FromExtensionRejection<WebhookError>;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let verifier = find::<WebhookVerifier>(request.extensions())?.clone();
        let event = Event::from_request(request, &verifier).await;
        event.map(Self).map_err(FromExtensionRejection::Refused)
    }
}

impl<S, P, T> FromRequestParts<S> for FromExtension<OfProgram<P, T>>
where
    S: Send + Sync,
    P: Clone + Send + Sync + 'static,
    T: FromRequestParts<P>,
{
    type Rejection = FromExtensionRejection<T::Rejection>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let program = find::<P>(&parts.extensions)?.clone();
        let extracted = T::from_request_parts(parts, &program).await;
        let extracted = extracted.map_err(FromExtensionRejection::Refused)?;
        Ok(Self(OfProgram(program, extracted)))
    }
}

/// The last argument of a handler, because it takes the body.
impl<S, P, T> FromRequest<S> for FromExtension<OfProgram<P, T>>
where
    S: Send + Sync,
    P: Clone + Send + Sync + 'static,
    T: FromRequest<P>,
{
    type Rejection = FromExtensionRejection<T::Rejection>;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let program = find::<P>(request.extensions())?.clone();
        let extracted = T::from_request(request, &program).await;
        let extracted = extracted.map_err(FromExtensionRejection::Refused)?;
        Ok(Self(OfProgram(program, extracted)))
    }
}

/// [`Signups`] holds the policy too, so that an app with sign-ups needs one `Extension` alone.
fn referrals(extensions: &Extensions) -> Result<&Referrals, ExtensionMissing> {
    #[cfg(feature = "client")]
    if let Some(signups) = extensions.get::<Signups>() {
        return Ok(extensions.get().unwrap_or(signups.referrals()));
    }
    find(extensions)
}

fn find<H: Send + Sync + 'static>(extensions: &Extensions) -> Result<&H, ExtensionMissing> {
    extensions.get().ok_or_else(ExtensionMissing::logged::<H>)
}
