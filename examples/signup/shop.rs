//! The shop: what an app has to write to take part in refer-a-friend, or in an affiliate program.
//!
//! Nobody logs in here, so that you can look at everybody's page: whoever opens `/account/1` acts
//! as Anna. A real shop takes the account from its session, and its forms then need a defence
//! against forms on other sites (CSRF). The forms here need none: they carry nobody's authority,
//! and a browser does not send the cookie with the referral along from another site, because the
//! cookie is `SameSite=Lax`.

use std::error::Error;
use std::time::Duration;

use axum::extract::{FromRef, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use sqlx::SqlitePool;
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::client::NewPartner;
use tower_partnero::inviter::{Inviter, Inviters};
use tower_partnero::{
    ApiKey, Client, DeliveryWorker, NewCustomer, Outbox, ProgramKind, Referral, ReferralContext,
    Referrals, Sandbox, SignupHook, Signups, Snippet,
};

use crate::pages::Words;
use crate::partnero::{self, Partnero};
use crate::rewards::{self, Rewards};
use crate::{accounts, answers, clicks, pages, sales, timeline};

/// The public key of the customer who is there from the start; in an affiliate program, of the partner.
pub(crate) const ANNA: &str = "anna-7";
const ANNAS_EMAIL: &str = "anna@shop.example";

/// The shop's pages, and the worker that sends what waits in the outbox.
pub(crate) struct Shop {
    pub(crate) pages: Router,
    pub(crate) worker: DeliveryWorker,
}

#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) database: SqlitePool,
    pub(crate) outbox: Outbox,
    signups: Signups,
    inviters: Inviters,
    pub(crate) client: Client,
    pub(crate) rewards: Rewards,
    url: String,
    snippet: Option<Snippet>,
    /// Only so that a visitor can take Partnero down; a real shop has no such field.
    pub(crate) sandbox: Sandbox,
}

impl AppState {
    pub(crate) fn program(&self) -> ProgramKind {
        self.signups.referrals().program_kind()
    }
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

impl FromRef<AppState> for Inviters {
    fn from_ref(state: &AppState) -> Self {
        state.inviters.clone()
    }
}

/// What the shop does with referral links; a real one names its `.domain(...)`, leaves `secure` as
/// it is, and asks for `.consent(...)`.
pub(crate) fn policy(program: ProgramKind) -> ReferralsBuilder {
    let policy = Referrals::builder().secure(false); // this shop is on plain http
    match program {
        ProgramKind::Affiliate => policy.affiliate(),
        _ => policy,
    }
}

/// The link with Anna's key.
pub(crate) fn annas_link(url: &str, program: ProgramKind) -> String {
    let parameter = Words::of(program).parameter;
    format!("{url}/?{parameter}={ANNA}")
}

/// The shop, to be served at `url`; with a `snippet`, Partnero counts the clicks on links.
pub(crate) async fn open(
    sandbox: &Sandbox,
    url: &str,
    database: SqlitePool,
    referrals: Referrals,
    snippet: Option<Snippet>,
) -> Result<Shop, Box<dyn Error + Send + Sync>> {
    let client = Client::builder(ApiKey::new(sandbox.api_key())?).base_url(sandbox.base_url());
    let client = match referrals.program_kind() {
        ProgramKind::Affiliate => client.affiliate().build()?,
        _ => client.build()?,
    };
    let outbox = Outbox::sqlite_pool(database.clone()).await?;
    let signups = Signups::new(referrals.clone(), outbox.clone());
    signups.check_program(&client).await?;
    match referrals.program_kind() {
        ProgramKind::Affiliate => add_partner(&client, &database).await?,
        _ => add_customer(&database, &outbox).await?,
    }
    // A real shop keeps the defaults: `DeliveryWorker::start(outbox, client)` and
    // `Inviters::new(client)`. Here you sit and wait, so the worker tries again after a second, and
    // a key that Partnero does not know is asked for again after three seconds, not after minutes.
    let seconds = Duration::from_secs;
    let worker = DeliveryWorker::builder(outbox.clone(), client.clone())
        .retries(seconds(1), seconds(2))
        .probes(seconds(1), seconds(2))
        .referrer_grace(seconds(3))
        .start()?;
    let inviters = Inviters::builder(client.clone());
    let inviters = inviters.unknown_for(seconds(3)).build()?;
    let rewards = Rewards::subscribe(&client, url, database.clone()).await?;

    let pages = Router::new()
        .route("/", get(landing))
        .route("/signup", get(sign_up_form).post(sign_up))
        .route("/account/{id}", get(account))
        .route("/account/{id}/buy", post(sales::buy))
        .route("/account/{id}/return/{order}", post(sales::refund))
        .route("/webhook", post(rewards::receive))
        .route("/partnero/down", post(partnero::take_down))
        .route("/partnero/up", post(partnero::bring_back))
        .fallback(not_found)
        .layer(referrals.layer())
        .with_state(AppState {
            database,
            signups,
            outbox,
            inviters,
            client,
            rewards,
            url: url.to_owned(),
            snippet,
            sandbox: sandbox.clone(),
        })
        .merge(pages::files());
    Ok(Shop { pages, worker })
}

/// Anna chose her key herself, so that her link is the same each time.
async fn add_customer(
    database: &SqlitePool,
    outbox: &Outbox,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut transaction = database.begin_with("BEGIN IMMEDIATE").await?;
    let Some(id) = accounts::add(&mut transaction, "Anna", ANNAS_EMAIL, None).await? else {
        return Ok(()); // the shop was started before
    };
    let key = sqlx::query("UPDATE accounts SET public_key = $2 WHERE id = $1");
    key.bind(id).bind(ANNA).execute(&mut *transaction).await?;
    let what = "The shop opened, and Anna was its first customer.";
    accounts::note(&mut transaction, id, what).await?;
    let anna = NewCustomer::new(id).key(ANNA).name("Anna");
    let anna = anna.email(ANNAS_EMAIL);
    outbox.enqueue_in(&mut transaction, anna).await?;
    transaction.commit().await?;
    Ok(())
}

/// The partners of a real shop register in Partnero's portal, and have no account in the shop. Anna has
/// one here, so that you see what she earns.
async fn add_partner(
    client: &Client,
    database: &SqlitePool,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut connection = database.acquire().await?;
    let Some(id) = accounts::add(&mut connection, "Anna", ANNAS_EMAIL, None).await? else {
        return Ok(()); // the shop was started before
    };
    let anna = NewPartner::new(ANNAS_EMAIL).id(id).key(ANNA).name("Anna");
    let anna = client.partners().create(&anna).await?;
    let keep = "UPDATE accounts SET is_partner = TRUE, public_key = $2, link = $3 WHERE id = $1";
    let keep = sqlx::query(keep).bind(id).bind(ANNA);
    let keep = keep.bind(anna.referral_link);
    keep.execute(&mut *connection).await?;
    let what = "Became a partner of the shop, at Partnero.";
    accounts::note(&mut connection, id, what).await?;
    Ok(())
}

async fn landing(
    visitor: ReferralContext,
    inviter: Option<Inviter>,
    State(state): State<AppState>,
) -> Result<Response, Failure> {
    answers::fetch(&state.client, &state.database).await;
    let snippet = state.snippet.as_ref();
    let tag = snippet.and_then(|snippet| clicks::tag(snippet, &visitor));
    let partnero = Partnero::look(&state).await?;
    let accounts = accounts::all(&state.database).await?;
    let link = annas_link(&state.url, state.program());
    let invitation = visitor.referral.as_ref().zip(inviter.as_ref());
    let page = pages::landing(invitation, &accounts, &link, &partnero, tag.as_ref());
    Ok((tag.map(|tag| tag.policy), page).into_response())
}

async fn sign_up_form(
    referral: Option<Referral>,
    inviter: Option<Inviter>,
    State(state): State<AppState>,
) -> Result<Html<String>, Failure> {
    let invitation = referral.as_ref().zip(inviter.as_ref());
    let partnero = Partnero::look(&state).await?;
    Ok(pages::sign_up(
        invitation,
        &NewUser::default(),
        None,
        &partnero,
    ))
}

#[derive(Default, serde::Deserialize)]
pub(crate) struct NewUser {
    pub(crate) name: String,
    pub(crate) email: String,
}

/// The account, its report and its history are committed together, or not at all. Partnero is not
/// called, so it makes no difference here whether it is down.
async fn sign_up(
    hook: SignupHook,
    inviter: Option<Inviter>,
    State(state): State<AppState>,
    Form(form): Form<NewUser>,
) -> Result<Response, Failure> {
    let (name, email) = (form.name.trim(), form.email.trim());
    let visitor = hook.context().clone();
    let came_with = visitor
        .referral
        .as_ref()
        .map(|referral| referral.key().as_str());
    let mut transaction = state.database.begin_with("BEGIN IMMEDIATE").await?;
    let Some(id) = accounts::add(&mut transaction, name, email, came_with).await? else {
        drop(transaction);
        // Nothing is reported, and the cookie stays: the next try is credited.
        let invitation = visitor.referral.as_ref().zip(inviter.as_ref());
        let partnero = Partnero::look(&state).await?;
        let problem = "There is an account with this e-mail address already, so nothing was \
            reported. An invitation is not lost: it counts when you sign up with another address.";
        let page = pages::sign_up(invitation, &form, Some(problem), &partnero);
        return Ok((StatusCode::CONFLICT, page).into_response());
    };
    let words = Words::of(state.program());
    timeline::note_arrival(&mut transaction, id, &visitor, &words).await?;
    let customer = NewCustomer::new(id).name(name).email(email);
    let outcome = hook.sign_up_in(&mut transaction, customer).await?;
    transaction.commit().await?;
    // The outcome removes the cookie: one invitation credits one sign-up.
    Ok((outcome, Redirect::to(&format!("/account/{id}"))).into_response())
}

async fn account(State(state): State<AppState>, Path(id): Path<i64>) -> Result<Response, Failure> {
    answers::fetch(&state.client, &state.database).await;
    let database = &state.database;
    let Some(account) = accounts::get(database, id).await? else {
        return not_found(State(state)).await;
    };
    let inviter = accounts::inviter(database, &account).await?;
    let words = Words::of(state.program());
    let page = pages::AccountPage {
        timeline: timeline::of(database, &account, inviter.as_deref(), &words).await?,
        orders: sales::orders(database, id).await?,
        brought: accounts::brought_by(database, id).await?,
        earnings: state.rewards.of(id).await?,
        inviter,
        account,
    };
    let partnero = Partnero::look(&state).await?;
    Ok(pages::account(&page, &partnero).into_response())
}

async fn not_found(State(state): State<AppState>) -> Result<Response, Failure> {
    let page = pages::not_found(&Partnero::look(&state).await?);
    Ok((StatusCode::NOT_FOUND, page).into_response())
}

/// The shop's own failure, as of its database: the visitor reads a short text, the log has the rest.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = self.0;
        tracing::error!(error, "a page failed");
        let text = "The shop has a problem of its own. Please try again.";
        (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
    }
}
