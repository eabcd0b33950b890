//! A sign-up through tokio-postgres with deadpool. `cargo run -p tokio-postgres-shop` proves that no
//! sign-up is lost, in a schema of its own in the database that `DATABASE_URL` names.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use deadpool_postgres::{Manager, Pool};
use shop::{AppError, Failure};
use tokio_postgres::NoTls;
use tower_partnero::{
    DeliveryWorker, FromExtension, NewCustomer, Outbox, Referrals, SignupHook, Signups,
};

#[derive(serde::Deserialize)]
struct NewUser {
    email: String,
}

struct AppState {
    db: Pool,
    outbox: Outbox,
}

async fn open(url: &str) -> Result<Pool, Failure> {
    let db = Pool::builder(Manager::new(url.parse()?, NoTls)).build()?;
    let users = "CREATE TABLE users (id BIGSERIAL PRIMARY KEY, email TEXT NOT NULL UNIQUE);";
    let connection = db.get().await?;
    connection.batch_execute(users).await?;
    connection.batch_execute(Outbox::SCHEMA_POSTGRES).await?;
    Ok(db)
}

async fn sign_up(
    State(state): State<Arc<AppState>>,
    FromExtension(hook): FromExtension<SignupHook>,
    Form(user): Form<NewUser>,
) -> Result<impl IntoResponse, AppError> {
    let mut connection = state.db.get().await?;
    let transaction = connection.transaction().await?;
    let insert = "INSERT INTO users (email) VALUES ($1) RETURNING id";
    let id: i64 = transaction.query_one(insert, &[&user.email]).await?.get(0);
    let (row, spent) = hook.row(NewCustomer::new(id).email(&user.email))?;
    let insert = transaction.prepare_cached(Outbox::INSERT).await?;
    transaction
        .execute(
            &insert,
            &[
                &row.kind().as_str(),
                &row.key(),
                &row.customer(),
                &row.public_key(),
                &row.payload(),
                &row.program(),
            ],
        )
        .await?;
    transaction.commit().await?;
    state.outbox.wake(); // after the commit
    Ok((spent, Redirect::to("/welcome"))) // `spent` removes the cookie
}

fn app(state: AppState) -> Result<Router, tower_partnero::ConfigError> {
    let referrals = Referrals::builder().build()?;
    let signups = Signups::new(referrals.clone(), state.outbox.clone());
    Ok(Router::new()
        .route("/", get(async || "welcome"))
        .route("/signup", post(sign_up))
        .layer(Extension(signups)) // the extractor `FromExtension<SignupHook>` takes it from here
        .layer(referrals.layer())
        .with_state(Arc::new(state)))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let url = shop::empty_schema("tokio").await?;
    let db = open(&url).await?;
    let outbox = Outbox::postgres_url(&url).await?; // checks what the migration has made
    let (sandbox, client) = shop::partnero().await?;
    let worker = DeliveryWorker::start(outbox.clone(), client)?;
    let state = AppState {
        db,
        outbox: outbox.clone(),
    };
    shop::prove("tokio-postgres", app(state)?, &sandbox, &outbox).await?;
    worker.stop(Duration::from_secs(5)).await;
    Ok(())
}
