//! The state is `Arc<AppState>`, for which no app can write `FromRef`: the handles come from the
//! `Extension` layer instead.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use tower_partnero::{
    Client, FromExtension, NewCustomer, Referral, Referrals, SignupHook, Signups,
};
use visitor::Failure;

use crate::extension::{NewUser, Users};

#[derive(Default)]
struct AppState {
    users: Users,
}

pub(crate) fn app(client: Client) -> Result<Router, Failure> {
    let referrals = Referrals::builder().secure(false).build()?;
    Ok(Router::new()
        .route("/", get(landing))
        .route("/signup", post(sign_up))
        .route("/welcome", get(async || "welcome"))
        .layer(Extension(Signups::new(referrals.clone(), client)))
        .layer(referrals.layer())
        .with_state(Arc::new(AppState::default())))
}

async fn landing(FromExtension(referral): FromExtension<Option<Referral>>) -> String {
    let key = referral.map(|referral| referral.key().to_string());
    format!("{} sent you", key.as_deref().unwrap_or("nobody"))
}

async fn sign_up(
    FromExtension(hook): FromExtension<SignupHook>,
    State(state): State<Arc<AppState>>,
    Form(user): Form<NewUser>,
) -> impl IntoResponse {
    let customer = NewCustomer::new(state.users.next_id()).email(user.email);
    (hook.sign_up(customer).await, Redirect::to("/welcome"))
}
