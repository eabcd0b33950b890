//! A sign-up through sqlx 0.8 on PostgreSQL. `cargo run -p sqlx-0-8-shop` proves that no sign-up is
//! lost, in a schema of its own in the database that `DATABASE_URL` names.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use shop::{AppError, Failure};
use sqlx::PgPool;
use tower_partnero::{
    DeliveryWorker, FromExtension, NewCustomer, Outbox, Referrals, SignupHook, Signups,
};

#[derive(serde::Deserialize)]
struct NewUser {
    email: String,
}

struct AppState {
    db: PgPool,
    outbox: Outbox,
}

async fn open(url: &str) -> Result<PgPool, Failure> {
    let db = PgPool::connect(url).await?;
    // An app with `sqlx::migrate!` puts both texts into a file of its own.
    let users = "CREATE TABLE users (id BIGSERIAL PRIMARY KEY, email TEXT NOT NULL UNIQUE);";
    sqlx::raw_sql(users).execute(&db).await?;
    sqlx::raw_sql(Outbox::SCHEMA_POSTGRES).execute(&db).await?;
    Ok(db)
}

async fn sign_up(
    State(state): State<Arc<AppState>>,
    FromExtension(hook): FromExtension<SignupHook>,
    Form(user): Form<NewUser>,
) -> Result<impl IntoResponse, AppError> {
    let mut transaction = state.db.begin().await?;
    let id: i64 = sqlx::query_scalar("INSERT INTO users (email) VALUES ($1) RETURNING id")
        .bind(&user.email)
        .fetch_one(&mut *transaction)
        .await?;
    let (row, spent) = hook.row(NewCustomer::new(id).email(&user.email))?;
    sqlx::query(Outbox::INSERT)
        .bind(row.kind().as_str())
        .bind(row.key())
        .bind(row.customer())
        .bind(row.public_key())
        .bind(row.payload())
        .bind(row.program())
        .execute(&mut *transaction)
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
    let url = shop::empty_schema("sqlx").await?;
    let db = open(&url).await?;
    let outbox = Outbox::postgres_url(&url).await?; // checks what the migration has made
    let (sandbox, client) = shop::partnero().await?;
    let worker = DeliveryWorker::start(outbox.clone(), client)?;
    let state = AppState {
        db,
        outbox: outbox.clone(),
    };
    shop::prove("sqlx 0.8", app(state)?, &sandbox, &outbox).await?;
    worker.stop(Duration::from_secs(5)).await;
    Ok(())
}
