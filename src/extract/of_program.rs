//! The extractor for an app with several programs at Partnero.

use axum_core::extract::{FromRef, FromRequest, FromRequestParts, Request};
use http::request::Parts;

/// Extracts `T` with the handles of the program `P`, for an app with several programs at Partnero.
///
/// `P` is a type of the app's own that holds the handles of one program, as a state does: its fields
/// are found through `FromRef`. It is itself a part of the app's state. `T` is an extractor of this
/// crate, or any other one that takes `P` for the state.
///
/// Each program needs a policy of its own: another parameter in its links and another cookie. With
/// the same ones, a link of one program would count for both. Over an outbox, each needs a
/// [program name](crate::Outbox::program) and a worker with the program's API key.
///
/// ```
/// use axum::extract::FromRef;
/// use axum::response::{IntoResponse, Redirect};
/// use axum::{Router, routing::post};
/// use tower_partnero::{Client, NewCustomer, OfProgram, Referrals, SignupHook, Signups};
///
/// #[derive(Clone, FromRef)]
/// struct AppState {
///     shop: Shop,
///     academy: Academy,
/// }
///
/// #[derive(Clone, FromRef)]
/// struct Shop {
///     signups: Signups, // and `referrals: Referrals`, for `OfProgram<Shop, Option<Referral>>`
/// }
///
/// #[derive(Clone, FromRef)]
/// struct Academy {
///     signups: Signups,
/// }
///
/// async fn sign_up(OfProgram(_, hook): OfProgram<Shop, SignupHook>) -> impl IntoResponse {
///     (hook.sign_up(NewCustomer::new(42)).await, Redirect::to("/welcome"))
/// }
///
/// async fn enrol(OfProgram(_, hook): OfProgram<Academy, SignupHook>) -> impl IntoResponse {
///     (hook.sign_up(NewCustomer::new(42)).await, Redirect::to("/lessons"))
/// }
///
/// fn app(of_shop: Client, of_academy: Client) -> Result<Router, tower_partnero::ConfigError> {
///     let shop = Referrals::builder().build()?;
///     let academy = Referrals::builder()
///         .parameters(["pupil"])
///         .cookie_name("academy_referral")
///         .build()?;
///     Ok(Router::new()
///         .route("/signup", post(sign_up))
///         .route("/academy/enrol", post(enrol))
///         .layer(shop.layer())
///         .layer(academy.layer())
///         .with_state(AppState {
///             shop: Shop { signups: Signups::new(shop, of_shop) },
///             academy: Academy { signups: Signups::new(academy, of_academy) },
///         }))
/// }
/// ```
///
/// An app whose state type is not its own puts each program into an `Extension` layer, and asks for
/// [`FromExtension`](super::FromExtension)`<OfProgram<P, T>>`.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a handler takes it apart in the pattern of its argument"
)]
pub struct OfProgram<P, T>(
    /// The handles of the program.
    pub P,
    /// What was extracted.
    pub T,
);

impl<S, P, T> FromRequestParts<S> for OfProgram<P, T>
where
    S: Send + Sync,
    P: FromRef<S> + Send + Sync,
    T: FromRequestParts<P>,
{
    type Rejection = T::Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let program = P::from_ref(state);
        let extracted = T::from_request_parts(parts, &program).await?;
        Ok(Self(program, extracted))
    }
}

/// The last argument of a handler, because it takes the body.
impl<S, P, T> FromRequest<S> for OfProgram<P, T>
where
    S: Send + Sync,
    P: FromRef<S> + Send + Sync,
    T: FromRequest<P>,
{
    type Rejection = T::Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let program = P::from_ref(state);
        let extracted = T::from_request(request, &program).await?;
        Ok(Self(program, extracted))
    }
}
