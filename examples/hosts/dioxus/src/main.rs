//! Dioxus fullstack: a server function asks who referred the visitor. The sign-up is a route of axum
//! beside the server functions, because their context takes only one header of each name
//! (`add_response_header`), and a sign-up removes several cookies.
//!
//! This is the server's half alone.

use std::process::ExitCode;

use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use axum::{Extension, Form, Router};
use dioxus::prelude::*;
use dioxus::server::{DioxusRouterExt, FullstackState};
use tokio::net::TcpListener;
use tower_partnero::{
    Client, FromExtension, NewCustomer, Referral, Referrals, SignupHook, Signups,
};
use visitor::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    visitor::run("dioxus-host", serve).await
}

async fn serve(listener: TcpListener, client: Client) -> std::result::Result<(), Failure> {
    let referrals = Referrals::builder().secure(false).build()?;
    let app = Router::<FullstackState>::new()
        .route("/signup", post(sign_up))
        .register_server_functions()
        .with_state(FullstackState::headless())
        .layer(Extension(Signups::new(referrals.clone(), client)))
        .layer(referrals.layer());
    std::result::Result::Ok(axum::serve(listener, app).await?)
}

#[get("/", FromExtension(referral): FromExtension<std::option::Option<Referral>>)]
async fn inviter() -> Result<String> {
    let key = referral.map(|referral| referral.key().to_string());
    Ok(format!("{} sent you", key.as_deref().unwrap_or("nobody")))
}

#[derive(serde::Deserialize)]
struct NewUser {
    email: String,
}

async fn sign_up(
    FromExtension(hook): FromExtension<SignupHook>,
    Form(user): Form<NewUser>,
) -> impl IntoResponse {
    let customer = NewCustomer::new(&user.email).email(&user.email);
    (hook.sign_up(customer).await, Redirect::to("/"))
}

#[tokio::test]
async fn a_sign_up_is_credited() {
    visitor::check(serve).await;
}
