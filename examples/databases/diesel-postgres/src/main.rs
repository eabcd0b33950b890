//! A sign-up through Diesel on PostgreSQL, with diesel-async. `cargo run -p diesel-postgres-shop` proves
//! that no sign-up is lost, in a schema of its own in the database that `DATABASE_URL` names.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use shop::{AppError, Failure};
use tower_partnero::{
    DeliveryWorker, FromExtension, NewCustomer, Outbox, Referrals, SignupHook, Signups,
};

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Text,
    }
}

#[derive(Insertable, serde::Deserialize)]
#[diesel(table_name = users)]
struct NewUser {
    email: String,
}

type Db = Pool<AsyncPgConnection>;

struct AppState {
    db: Db,
    outbox: Outbox,
}

async fn open(url: &str) -> Result<Db, Failure> {
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
    let db = Pool::builder(manager).build()?;
    // An app with `diesel_migrations` puts both texts into an `up.sql`.
    let users = "CREATE TABLE users (id BIGSERIAL PRIMARY KEY, email TEXT NOT NULL UNIQUE);";
    let mut connection = db.get().await?;
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
    let stored = connection.transaction(async move |connection| {
        let id: i64 = diesel::insert_into(users::table)
            .values(&user)
            .returning(users::id)
            .get_result(connection)
            .await?;
        let (row, spent) = hook.row(NewCustomer::new(id).email(&user.email))?;
        diesel::sql_query(Outbox::INSERT)
            .bind::<Text, _>(row.kind().as_str())
            .bind::<Text, _>(row.key())
            .bind::<Text, _>(row.customer())
            .bind::<Nullable<Text>, _>(row.public_key())
            .bind::<Text, _>(row.payload())
            .bind::<Text, _>(row.program())
            .execute(connection)
            .await?;
        Ok::<_, AppError>(spent)
    });
    let spent = stored.await?;
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
    let url = shop::empty_schema("diesel").await?;
    let db = open(&url).await?;
    let outbox = Outbox::postgres_url(&url).await?; // checks what the migration has made
    let (sandbox, client) = shop::partnero().await?;
    let worker = DeliveryWorker::start(outbox.clone(), client)?;
    let state = AppState {
        db,
        outbox: outbox.clone(),
    };
    shop::prove("Diesel on PostgreSQL", app(state)?, &sandbox, &outbox).await?;
    worker.stop(Duration::from_secs(5)).await;
    Ok(())
}
