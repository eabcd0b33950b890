//! The state is a struct of the app's own: `derive(FromRef)` is all that the extractors need.

use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Form, Router};
use tower_partnero::{Client, NewCustomer, Referral, Referrals, SignupHook, Signups};
use visitor::Failure;

use crate::extension::{NewUser, Users};

#[derive(Clone, FromRef)]
struct AppState {
    users: Users,
    referrals: Referrals,
    signups: Signups,
}

pub(crate) fn app(client: Client) -> Result<Router, Failure> {
    let referrals = Referrals::builder().secure(false).build()?;
    Ok(Router::new()
        .route("/", get(landing))
        .route("/signup", post(sign_up))
        .route("/welcome", get(async || "welcome"))
        .layer(referrals.layer())
        .with_state(AppState {
            users: Users::default(),
            signups: Signups::new(referrals.clone(), client),
            referrals,
        }))
}

async fn landing(referral: Option<Referral>) -> String {
    let key = referral.map(|referral| referral.key().to_string());
    format!("{} sent you", key.as_deref().unwrap_or("nobody"))
}

async fn sign_up(
    hook: SignupHook,
    State(users): State<Users>,
    Form(user): Form<NewUser>,
) -> impl IntoResponse {
    let customer = NewCustomer::new(users.next_id()).email(user.email);
    (hook.sign_up(customer).await, Redirect::to("/welcome"))
}
