//! Leptos: the page and the sign-up are server functions. These see no response, so the sign-up hands
//! its headers over.
//!
//! This is the server's half alone. In an app that also builds for the browser, this crate is a
//! dependency of the server's half, and the bodies of server functions are compiled for the server
//! only.

use std::process::ExitCode;

use axum::routing::{get, post};
use axum::{Extension, Router};
use leptos::prelude::*;
use leptos_axum::{ResponseOptions, extract, handle_server_fns, render_app_async};
use tokio::net::TcpListener;
use tower_partnero::{
    Client, FromExtension, NewCustomer, Referral, Referrals, SignupHook, Signups,
};
use visitor::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    visitor::run("leptos-host", serve).await
}

async fn serve(listener: TcpListener, client: Client) -> Result<(), Failure> {
    // Leptos does this by itself where its router makes the list of the routes. Only the first call
    // of a process succeeds.
    let _ = any_spawner::Executor::init_tokio();
    let referrals = Referrals::builder().secure(false).build()?;
    let app = Router::new()
        .route("/", get(render_app_async(Landing)))
        .route("/signup", post(handle_server_fns))
        .layer(Extension(Signups::new(referrals.clone(), client)))
        .layer(referrals.layer());
    Ok(axum::serve(listener, app).await?)
}

#[component]
fn Landing() -> impl IntoView {
    let inviter = Resource::new(|| (), |()| inviter());
    view! {
        <Suspense>{move || Suspend::new(async move { inviter.await.ok() })}</Suspense>
    }
}

#[server]
async fn inviter() -> Result<String, ServerFnError> {
    let FromExtension(referral) = extract::<FromExtension<Option<Referral>>>().await?;
    let key = referral.map(|referral| referral.key().to_string());
    Ok(format!("{} sent you", key.as_deref().unwrap_or("nobody")))
}

#[server(prefix = "", endpoint = "signup")]
async fn sign_up(email: String) -> Result<String, ServerFnError> {
    let FromExtension(hook) = extract::<FromExtension<SignupHook>>().await?;
    let outcome = hook.sign_up(NewCustomer::new(&email).email(&email)).await;
    let said = outcome.as_str().to_owned();
    let response = expect_context::<ResponseOptions>();
    for (name, value) in &outcome.into_headers() {
        response.append_header(name.clone(), value.clone());
    }
    Ok(said)
}

#[tokio::test]
async fn a_sign_up_is_credited() {
    visitor::check(serve).await;
}
