//! axum with aide, which describes the routes for OpenAPI.

use std::process::ExitCode;

use aide::axum::ApiRouter;
use aide::axum::routing::{get, post};
use aide::openapi::OpenApi;
use axum::extract::FromRef;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Router};
use schemars::JsonSchema;
use tokio::net::TcpListener;
use tower_partnero::{Client, NewCustomer, Referral, Referrals, SignupHook, Signups};
use visitor::Failure;

#[derive(Clone, FromRef)]
struct AppState {
    referrals: Referrals,
    signups: Signups,
}

#[derive(serde::Deserialize, JsonSchema)]
struct NewUser {
    email: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    visitor::run("aide-host", serve).await
}

async fn serve(listener: TcpListener, client: Client) -> Result<(), Failure> {
    Ok(axum::serve(listener, app(client, &mut OpenApi::default())?).await?)
}

fn app(client: Client, description: &mut OpenApi) -> Result<Router, Failure> {
    let referrals = Referrals::builder().secure(false).build()?;
    Ok(ApiRouter::new()
        .api_route("/", get(landing))
        .api_route("/signup", post(sign_up))
        .route("/welcome", axum::routing::get(async || "welcome"))
        .layer(referrals.layer())
        .with_state(AppState {
            signups: Signups::new(referrals.clone(), client),
            referrals,
        })
        .finish_api(description))
}

async fn landing(referral: Option<Referral>) -> String {
    let key = referral.map(|referral| referral.key().to_string());
    format!("{} sent you", key.as_deref().unwrap_or("nobody"))
}

/// Aide knows no tuples as answers, so this one becomes a response here.
async fn sign_up(hook: SignupHook, Form(user): Form<NewUser>) -> Response {
    let customer = NewCustomer::new(&user.email).email(&user.email);
    (hook.sign_up(customer).await, Redirect::to("/welcome")).into_response()
}

#[tokio::test]
async fn a_sign_up_is_credited() {
    visitor::check(serve).await;
}

#[tokio::test]
async fn the_routes_are_described() {
    let (_sandbox, client) = visitor::partnero().await.unwrap();
    let mut description = OpenApi::default();
    let _app = app(client, &mut description).unwrap();
    let paths = description.paths.unwrap().paths;
    assert!(paths.contains_key("/") && paths.contains_key("/signup"));
}
