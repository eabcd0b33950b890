//! The shop: what an app has to write to take part in refer-a-friend.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRef, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use tokio::net::TcpStream;
use tower_partnero::{
    ApiKey, Client, NewCustomer, Referral, Referrals, Sandbox, SignupHook, SignupOutcome, Signups,
};

use crate::pages;

/// The public key of the customer who is there from the start.
pub(crate) const ANNA: &str = "anna-7";

#[derive(Clone)]
struct AppState {
    signups: Signups,
    client: Client,
    users: Users,
    /// Only for the page that shows what Partnero sees; a real shop has none.
    sandbox: Sandbox,
}

impl FromRef<AppState> for Signups {
    fn from_ref(state: &AppState) -> Self {
        state.signups.clone()
    }
}

impl FromRef<AppState> for Referrals {
    fn from_ref(state: &AppState) -> Self {
        state.signups.referrals().clone()
    }
}

pub(crate) async fn app(sandbox: &Sandbox) -> Result<Router, Box<dyn std::error::Error>> {
    let client = Client::builder(ApiKey::new(sandbox.api_key())?)
        .base_url(sandbox.base_url())
        .build()?;
    let referrals = Referrals::builder()
        .secure(false) // this shop is on plain http
        .build()?;

    let users = Users::default();
    let anna = users.add("Anna", "anna@shop.example");
    client
        .customers()
        .create(
            &NewCustomer::new(anna)
                .key(ANNA)
                .name("Anna")
                .email("anna@shop.example"),
        )
        .await?;
    users.set_report(anna, "not_referred".to_owned(), Some(ANNA.to_owned()));

    Ok(Router::new()
        .route("/", get(landing))
        .route("/signup", get(sign_up_form).post(sign_up))
        .route("/account/{id}", get(account))
        .route("/account/{id}/report", post(report_again))
        .route("/partnero", get(partnero))
        .route("/partnero/down", post(take_down))
        .route("/partnero/up", post(bring_up))
        .layer(referrals.layer())
        .with_state(AppState {
            signups: Signups::new(referrals, client.clone()),
            client,
            users,
            sandbox: sandbox.clone(),
        }))
}

async fn landing(referral: Option<Referral>, State(state): State<AppState>) -> Html<String> {
    let friend = referral.map(|referral| state.users.friend_name(&referral));
    pages::landing(friend.as_deref(), &state.users.all())
}

async fn sign_up_form(referral: Option<Referral>) -> Html<String> {
    pages::sign_up(referral.as_ref().map(|referral| referral.key().as_str()))
}

#[derive(serde::Deserialize)]
struct NewUser {
    name: String,
    email: String,
}

async fn sign_up(
    hook: SignupHook,
    State(state): State<AppState>,
    Form(form): Form<NewUser>,
) -> impl IntoResponse {
    let id = state.users.add(&form.name, &form.email);
    let outcome = hook
        .sign_up(NewCustomer::new(id).name(form.name).email(form.email))
        .await;
    state
        .users
        .set_report(id, describe(&outcome), key(&outcome));
    (outcome, Redirect::to(&format!("/account/{id}")))
}

/// The same report once more, for an account that Partnero has not heard of. A real shop would
/// take the account from the session of who is signed in.
async fn report_again(
    hook: SignupHook,
    State(state): State<AppState>,
    Path(id): Path<u64>,
) -> Response {
    let Some(user) = state.users.get(id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let outcome = hook
        .sign_up(NewCustomer::new(id).name(user.name).email(user.email))
        .await;
    state
        .users
        .set_report(id, describe(&outcome), key(&outcome));
    (outcome, Redirect::to(&format!("/account/{id}"))).into_response()
}

/// The public key of the new customer's own link.
fn key(outcome: &SignupOutcome) -> Option<String> {
    outcome.customer()?.key.clone()
}

fn describe(outcome: &SignupOutcome) -> String {
    match outcome.result() {
        Ok(registered) => registered.registration.as_str().to_owned(),
        Err(error) => error.to_string(),
    }
}

async fn account(State(state): State<AppState>, Path(id): Path<u64>) -> Response {
    let Some(user) = state.users.get(id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let customers = state.client.customers();
    let id_text = id.to_string();
    let (customer, friends) = tokio::join!(customers.get(&id_text), customers.referrals(&id_text));
    pages::account(&user, customer.ok().as_ref(), &friends.unwrap_or_default()).into_response()
}

async fn partnero(State(state): State<AppState>) -> Html<String> {
    let address = (Ipv4Addr::LOCALHOST, state.sandbox.port());
    let is_up = TcpStream::connect(address).await.is_ok();
    pages::partnero(&state.sandbox, is_up)
}

async fn take_down(State(state): State<AppState>) -> Redirect {
    state.sandbox.go_down().await;
    Redirect::to("/partnero")
}

async fn bring_up(State(state): State<AppState>) -> Result<Redirect, (StatusCode, String)> {
    match state.sandbox.come_back().await {
        Ok(()) => Ok(Redirect::to("/partnero")),
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}

/// One account of the shop.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) email: String,
    /// What came of the report to Partnero.
    pub(crate) report: String,
    /// The public key in this account's link, once Partnero has told it.
    key: Option<String>,
}

/// The shop's database.
#[derive(Clone, Default)]
struct Users(Arc<Mutex<BTreeMap<u64, User>>>);

impl Users {
    fn add(&self, name: &str, email: &str) -> u64 {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = users.len() as u64 + 1;
        let (name, email) = (name.to_owned(), email.to_owned());
        let report = "not yet reported".to_owned();
        users.insert(
            id,
            User {
                id,
                name,
                email,
                report,
                key: None,
            },
        );
        id
    }

    /// Who shares this key. It is looked for among keys alone: Partnero would also answer to
    /// identifiers and e-mail addresses, and tell a stranger whose they are.
    fn friend_name(&self, referral: &Referral) -> String {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Some(referral.key().as_str());
        let friend = users.values().find(|user| user.key.as_deref() == key);
        friend.map_or_else(|| "A friend".to_owned(), |friend| friend.name.clone())
    }

    fn set_report(&self, id: u64, report: String, key: Option<String>) {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(user) = users.get_mut(&id) {
            user.report = report;
            user.key = key.or(user.key.take());
        }
    }

    fn get(&self, id: u64) -> Option<User> {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        users.get(&id).cloned()
    }

    fn all(&self) -> Vec<User> {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        users.values().cloned().collect()
    }
}
