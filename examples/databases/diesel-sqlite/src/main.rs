//! A sign-up through Diesel on SQLite. `cargo run -p diesel-sqlite-shop` proves that no sign-up is lost.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::get;
use axum::{Extension, Form, Router};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::sql_types::{Nullable, Text};
use shop::{AppError, Failure};
use tower_partnero::{
    DeliveryWorker, FromExtension, NewCustomer, Outbox, Referrals, SignupHook, Signups, Spent,
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

type Db = Pool<ConnectionManager<SqliteConnection>>;

struct AppState {
    db: Db,
    outbox: Outbox,
}

/// Diesel's own `busy_timeout` is 0: while the worker writes, a sign-up would fail at once with
/// "database is locked".
#[derive(Debug)]
struct Settings;

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for Settings {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        connection
            .batch_execute(
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
            )
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

fn open(file: &Path) -> Result<Db, Failure> {
    let manager = ConnectionManager::new(file.to_string_lossy());
    let db = Pool::builder()
        .connection_customizer(Box::new(Settings))
        .build(manager)?;
    // An app with `diesel_migrations` has this in an `up.sql`.
    db.get()?.batch_execute(
        "CREATE TABLE IF NOT EXISTS users (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            email TEXT NOT NULL UNIQUE
        );",
    )?;
    Ok(db)
}

fn store(
    connection: &mut SqliteConnection,
    hook: SignupHook,
    user: &NewUser,
) -> Result<Spent, AppError> {
    connection.immediate_transaction(|connection| {
        let id: i64 = diesel::insert_into(users::table)
            .values(user)
            .returning(users::id)
            .get_result(connection)?;
        let (row, spent) = hook.row(NewCustomer::new(id).email(&user.email))?;
        diesel::sql_query(Outbox::INSERT)
            .bind::<Text, _>(row.kind().as_str())
            .bind::<Text, _>(row.key())
            .bind::<Text, _>(row.customer())
            .bind::<Nullable<Text>, _>(row.public_key())
            .bind::<Text, _>(row.payload())
            .bind::<Text, _>(row.program())
            .execute(connection)?;
        Ok(spent)
    })
}

async fn form() -> Html<&'static str> {
    Html("<form method=post><input name=email><button>Sign up")
}

async fn sign_up(
    State(state): State<Arc<AppState>>,
    FromExtension(hook): FromExtension<SignupHook>,
    Form(user): Form<NewUser>,
) -> Result<impl IntoResponse, AppError> {
    let db = state.db.clone();
    let stored = tokio::task::spawn_blocking(move || store(&mut *db.get()?, hook, &user));
    let spent = stored.await??;
    state.outbox.wake(); // after the commit
    Ok((spent, Redirect::to("/welcome"))) // `spent` removes the cookie
}

fn app(state: AppState) -> Result<Router, tower_partnero::ConfigError> {
    let referrals = Referrals::builder().secure(false).build()?; // with https, leave `.secure(false)` out
    let signups = Signups::new(referrals.clone(), state.outbox.clone());
    Ok(Router::new()
        .route("/", get(async || "Welcome!"))
        .route("/signup", get(form).post(sign_up))
        .route("/welcome", get(async || "Welcome!"))
        .layer(Extension(signups)) // the extractor `FromExtension<SignupHook>` takes it from here
        .layer(referrals.layer())
        .with_state(Arc::new(state)))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("app.db");
    let db = open(&file)?;
    // The outbox's tables come from a migration.
    db.get()?.batch_execute(Outbox::SCHEMA_SQLITE)?;
    let outbox = Outbox::sqlite(&file).await?; // checks what the migration has made
    let (sandbox, client) = shop::partnero().await?;
    let worker = DeliveryWorker::start(outbox.clone(), client)?;
    let state = AppState {
        db,
        outbox: outbox.clone(),
    };
    shop::prove("Diesel on SQLite", app(state)?, &sandbox, &outbox).await?;
    worker.stop(Duration::from_secs(5)).await;
    Ok(())
}
