//! A small shop in an affiliate program, and a local Partnero behind it.
//!
//! ```text
//! cargo run --example affiliate
//! cargo run --example affiliate -- --port 8080
//! ```
//!
//! You need no account at Partnero. Open the link of the partner Pia, which the program prints, sign up
//! and buy something; then look at Partnero's view. Come once more without her link: that sign-up is not
//! sent.

#[path = "common/arguments.rs"]
mod arguments;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{FromRef, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use maud::{DOCTYPE, Markup, html};
use tokio::net::TcpListener;
use tower::BoxError;
use tower_partnero::client::{Amount, Money, NewPartner};
use tower_partnero::delivery::{Refund, Sale};
use tower_partnero::{
    ApiKey, Client, DeliveryWorker, NewCustomer, Outbox, Referral, Referrals, Sandbox, SignupHook,
    Signups,
};

use self::arguments::Arguments;

const HELP: &str = "\
usage: cargo run --example affiliate [-- --port PORT]

  --port PORT  where the server listens on 127.0.0.1; 3000 if absent, 0 for any free port
  --help       prints this text";

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_target(false).init();
    let arguments = Arguments::read(HELP, &["port"]);
    let port = match arguments.and_then(|arguments| arguments.port(3000)) {
        Ok(port) => port,
        Err(code) => return code,
    };
    match run(port).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a program tells its user what to open")]
async fn run(port: u16) -> Result<(), BoxError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.map_err(|error| {
        format!("port {port} cannot be used ({error}): stop the other program, or choose another port with `--port`")
    })?;
    let url = format!("http://{}/", listener.local_addr()?);

    // Instead of these two, a real shop has `Client::from_env()?.affiliate()`, and its partners
    // register in Partnero's portal.
    let sandbox = Sandbox::builder()
        .affiliate()
        .link_base(&url)
        .start()
        .await?;
    let client = Client::builder(ApiKey::new(sandbox.api_key())?)
        .base_url(sandbox.base_url())
        .affiliate()
        .build()?;
    let pia = NewPartner::new("pia@partner.example")
        .name("Pia")
        .key("pia-7");
    client.partners().create(&pia).await?;

    let referrals = Referrals::builder().affiliate().secure(false).build()?;
    // A real shop keeps the outbox in its database: `Outbox::postgres(pool)` or `sqlite_pool`.
    let outbox = Outbox::memory();
    let signups = Signups::new(referrals, outbox.clone());
    signups.check_program(&client).await?;
    let _worker = DeliveryWorker::start(outbox.clone(), client)?;

    println!("the shop          {url}");
    println!("Pia's link        {url}?aff=pia-7");
    println!("Partnero's view   {}", sandbox.page_url());
    println!("stop with ctrl-c");
    let ctrl_c = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, app(signups, outbox))
        .with_graceful_shutdown(ctrl_c)
        .await?;
    Ok(())
}

#[derive(Clone)]
struct AppState {
    signups: Signups,
    outbox: Outbox,
    /// The last number that a customer or an order got. A real shop takes it from its database.
    numbers: Arc<AtomicU64>,
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

impl AppState {
    fn next(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn app(signups: Signups, outbox: Outbox) -> Router {
    let layer = signups.referrals().layer();
    Router::new()
        .route("/", get(landing))
        .route("/signup", post(sign_up))
        .route("/customer/{id}", get(customer))
        .route("/customer/{id}/buy", post(buy))
        .route("/customer/{id}/return/{order}", post(give_back))
        .layer(layer)
        .with_state(AppState {
            signups,
            outbox,
            numbers: Arc::default(),
        })
}

async fn landing(referral: Option<Referral>) -> Html<String> {
    page(&html! {
        @match referral {
            Some(referral) => p { "You came by the link of the partner " b { (referral.key()) } "." },
            None => p { "No partner sent you here." },
        }
        form method="post" action="/signup" {
            label { "Your name " input name="name" required maxlength="50"; }
            button { "Sign up" }
        }
    })
}

#[derive(serde::Deserialize)]
struct NewUser {
    name: String,
}

/// A real shop stores the user and the report in one transaction: `hook.sign_up_in(...)`.
async fn sign_up(
    hook: SignupHook,
    State(state): State<AppState>,
    Form(user): Form<NewUser>,
) -> impl IntoResponse {
    let id = state.next();
    let outcome = hook.sign_up(NewCustomer::new(id).name(user.name)).await;
    (outcome, Redirect::to(&format!("/customer/{id}")))
}

#[derive(serde::Deserialize)]
struct Bought {
    order: Option<u64>,
}

async fn customer(Path(id): Path<u64>, Query(bought): Query<Bought>) -> Html<String> {
    page(&html! {
        p { "Hello, customer " (id) "!" }
        form method="post" action={ "/customer/" (id) "/buy" } {
            button { "Buy a pound of tea for 30 USD" }
        }
        @if let Some(order) = bought.order {
            form method="post" action={ "/customer/" (id) "/return/" (order) } {
                button { "Give order " (order) " back" }
            }
        }
    })
}

/// Every sale is reported, also of customers whom no partner brought.
async fn buy(Path(id): Path<u64>, State(state): State<AppState>) -> Result<Redirect, Failure> {
    let order = state.next();
    let price = Money::currency(Amount::major("30.00")?, "USD");
    state.outbox.enqueue(Sale::new(order, id, price)).await?;
    Ok(Redirect::to(&format!("/customer/{id}?order={order}")))
}

/// The refund also takes the partner's commission back.
async fn give_back(
    Path((id, order)): Path<(u64, u64)>,
    State(state): State<AppState>,
) -> Result<Redirect, Failure> {
    state.outbox.enqueue(Refund::new(order, id)).await?;
    Ok(Redirect::to(&format!("/customer/{id}")))
}

/// The visitor reads a short text, and the log has the rest.
struct Failure(BoxError);

impl<E: Into<BoxError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!(error = self.0, "a page failed");
        (StatusCode::INTERNAL_SERVER_ERROR, "Please try again.").into_response()
    }
}

fn page(content: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "The Tea Shop" } }
            body { h1 { "The Tea Shop" } (content) }
        }
    };
    Html(page.into_string())
}
