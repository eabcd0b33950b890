//! The shop: what an app has to write to take part in refer-a-friend.
//!
//! Nobody logs in here, so that you can look at everybody's page: whoever opens `/account/1` acts
//! as Anna. A real shop takes the account from its session, and its forms then need a defence
//! against forms on other sites (CSRF). The forms here need none: they carry nobody's authority,
//! and a browser does not send the cookie with the referral along from another site, because the
//! cookie is `SameSite=Lax`.

use std::error::Error;
use std::net::Ipv4Addr;

use axum::extract::{FromRef, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use sqlx::SqlitePool;
use tokio::net::TcpStream;
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::delivery::{Credited, Registration};
use tower_partnero::{
    ApiKey, Client, ErrorKind, NewCustomer, Referral, ReferralContext, Referrals, Sandbox,
    SignupHook, SignupOutcome, Signups, Snippet,
};

use crate::pages::Partnero;
use crate::rewards::{self, Rewards};
use crate::users::Users;
use crate::{clicks, pages, sales};

/// The public key of the customer who is there from the start.
pub(crate) const ANNA: &str = "anna-7";

#[derive(Clone)]
pub(crate) struct AppState {
    signups: Signups,
    pub(crate) client: Client,
    pub(crate) users: Users,
    pub(crate) rewards: Rewards,
    snippet: Option<Snippet>,
    /// Only so that a visitor can take Partnero down; a real shop has no such field.
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

/// What the shop does with referral links; a real one names its `.domain(...)`, leaves `secure` as
/// it is, and asks for `.consent(...)`.
pub(crate) fn policy() -> ReferralsBuilder {
    Referrals::builder().secure(false) // this shop is on plain http
}

/// The shop, to be served at `url`; with a `snippet`, Partnero counts the clicks on links.
pub(crate) async fn app(
    sandbox: &Sandbox,
    url: &str,
    database: SqlitePool,
    referrals: Referrals,
    snippet: Option<Snippet>,
) -> Result<Router, Box<dyn Error>> {
    let client = Client::builder(ApiKey::new(sandbox.api_key())?)
        .base_url(sandbox.base_url())
        .build()?;
    let users = Users::default();
    let anna = users.add("Anna", "anna@shop.example");
    let customer = NewCustomer::new(anna)
        .key(ANNA)
        .name("Anna")
        .email("anna@shop.example");
    match client.customers().create(&customer).await {
        // After a restart Partnero knows her.
        Err(error) if !matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Invalid) => {
            return Err(error.into());
        }
        _ => {}
    }
    users.set_report(anna, "not_referred".to_owned(), Some(ANNA.to_owned()));

    let rewards = Rewards::subscribe(&client, url, database).await?;

    Ok(Router::new()
        .route("/", get(landing))
        .route("/signup", get(sign_up_form).post(sign_up))
        .route("/account/{id}", get(account))
        .route("/account/{id}/report", post(report_again))
        .route("/account/{id}/buy", post(sales::buy))
        .route("/account/{id}/refund/{order}", post(sales::refund))
        .route("/webhook", post(rewards::receive))
        .route("/partnero/down", post(take_down))
        .route("/partnero/up", post(bring_up))
        .layer(referrals.layer())
        .with_state(AppState {
            signups: Signups::new(referrals, client.clone()),
            client,
            users,
            rewards,
            snippet,
            sandbox: sandbox.clone(),
        }))
}

async fn landing(visitor: ReferralContext, State(state): State<AppState>) -> impl IntoResponse {
    let friend = |referral: &Referral| state.users.friend_name(referral.key().as_str());
    let friend = visitor.referral.as_ref().map(friend);
    let snippet = state.snippet.as_ref();
    let tag = snippet.and_then(|snippet| clicks::tag(snippet, &visitor));
    let partnero = partnero(&state.sandbox).await;
    let users = state.users.all();
    let page = pages::landing(friend.as_deref(), &users, &partnero, tag.as_ref());
    (tag.map(|tag| tag.policy), page)
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
    keep(&state.users, id, &outcome);
    (outcome, Redirect::to(&format!("/account/{id}")))
}

/// The same report once more, for an account that Partnero has not heard of.
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
    keep(&state.users, id, &outcome);
    (outcome, Redirect::to(&format!("/account/{id}"))).into_response()
}

/// Keeps what the account's page shows of the report.
fn keep(users: &Users, id: u64, outcome: &SignupOutcome) {
    users.set_report(id, describe(outcome), key(outcome));
    let why = why_another_link(users, outcome);
    users.change(id, |user| user.why = why);
}

/// The public key of the new customer's own link.
fn key(outcome: &SignupOutcome) -> Option<String> {
    outcome.customer()?.key.clone()
}

/// Why Partnero has credited another link than the visitor's last one.
fn why_another_link(users: &Users, outcome: &SignupOutcome) -> Option<String> {
    let Some(Registration::Referred(Credited::RunnerUp)) = outcome.registration() else {
        return None;
    };
    let last = outcome.context().referral.as_ref()?.key();
    let friend = users.friend_name(outcome.credited()?.as_str());
    Some(format!(
        "Your last link came from {last}, and Partnero knows no such customer. \
         The link of {friend} was remembered, and {friend} is credited."
    ))
}

fn describe(outcome: &SignupOutcome) -> String {
    match outcome.result() {
        Ok(registration) => registration.as_str().to_owned(),
        Err(error) => with_causes(error),
    }
}

/// The text of an error and of its causes: the first says what failed, the last says why.
fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

async fn account(State(state): State<AppState>, Path(id): Path<u64>) -> Response {
    let Some(user) = state.users.get(id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let customers = state.client.customers();
    let id_text = id.to_string();
    let Ok(earnings) = state.rewards.of(id).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let (customer, friends) = tokio::join!(customers.get(&id_text), customers.referrals(&id_text));
    let (customer, friends) = (customer.ok(), friends.unwrap_or_default());
    pages::account(&user, customer.as_ref(), &friends, &earnings).into_response()
}

async fn partnero(sandbox: &Sandbox) -> Partnero {
    let address = (Ipv4Addr::LOCALHOST, sandbox.port());
    Partnero {
        page_url: sandbox.page_url(),
        is_up: TcpStream::connect(address).await.is_ok(),
    }
}

async fn take_down(State(state): State<AppState>) -> Redirect {
    state.sandbox.go_down().await;
    Redirect::to("/")
}

async fn bring_up(State(state): State<AppState>) -> Result<Redirect, (StatusCode, String)> {
    match state.sandbox.come_back().await {
        Ok(()) => Ok(Redirect::to("/")),
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}
