//! There is no state: all handles are in `Extension` layers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use tower_partnero::{
    Client, FromExtension, NewCustomer, Referral, Referrals, SignupHook, Signups,
};
use visitor::Failure;

/// The users of the app. A real one has a database.
#[derive(Clone, Default)]
pub(crate) struct Users(Arc<AtomicU64>);

impl Users {
    pub(crate) fn next_id(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

#[derive(serde::Deserialize)]
pub(crate) struct NewUser {
    pub(crate) email: String,
}

pub(crate) fn app(client: Client) -> Result<Router, Failure> {
    let referrals = Referrals::builder().secure(false).build()?;
    Ok(Router::new()
        .route("/", get(landing))
        .route("/signup", post(sign_up))
        .route("/welcome", get(async || "welcome"))
        .layer(Extension(Users::default()))
        .layer(Extension(Signups::new(referrals.clone(), client)))
        .layer(referrals.layer()))
}

async fn landing(FromExtension(referral): FromExtension<Option<Referral>>) -> String {
    let key = referral.map(|referral| referral.key().to_string());
    format!("{} sent you", key.as_deref().unwrap_or("nobody"))
}

async fn sign_up(
    FromExtension(hook): FromExtension<SignupHook>,
    Extension(users): Extension<Users>,
    Form(user): Form<NewUser>,
) -> impl IntoResponse {
    let customer = NewCustomer::new(users.next_id()).email(user.email);
    (hook.sign_up(customer).await, Redirect::to("/welcome"))
}
