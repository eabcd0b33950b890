//! A sign-up through rusqlite. `cargo run -p rusqlite-shop` proves that no sign-up is lost.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use rusqlite::{Connection, TransactionBehavior, params};
use shop::{AppError, Failure};
use tower_partnero::{
    DeliveryWorker, FromExtension, NewCustomer, Outbox, Referrals, SignupHook, Signups, Spent,
};

#[derive(serde::Deserialize)]
struct NewUser {
    email: String,
}

type Db = Arc<Mutex<Connection>>;

struct AppState {
    db: Db,
    outbox: Outbox,
}

fn open(file: &Path) -> Result<Db, Failure> {
    let mut connection = Connection::open(file)?;
    // The worker writes to the same file. Without a time-out, a sign-up would then fail at once with
    // "database is locked".
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    let users =
        "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE);";
    let migration = connection.transaction()?;
    migration.execute_batch(users)?;
    migration.execute_batch(Outbox::SCHEMA_SQLITE)?;
    migration.commit()?;
    Ok(Arc::new(Mutex::new(connection)))
}

fn store(connection: &mut Connection, hook: SignupHook, user: &NewUser) -> Result<Spent, AppError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("INSERT INTO users (email) VALUES (?1)", [&user.email])?;
    let id = transaction.last_insert_rowid();
    let (row, spent) = hook.row(NewCustomer::new(id).email(&user.email))?;
    transaction.execute(
        Outbox::INSERT,
        params![
            row.kind().as_str(),
            row.key(),
            row.customer(),
            row.public_key(),
            row.payload(),
            row.program(),
        ],
    )?;
    transaction.commit()?;
    Ok(spent)
}

async fn sign_up(
    State(state): State<Arc<AppState>>,
    FromExtension(hook): FromExtension<SignupHook>,
    Form(user): Form<NewUser>,
) -> Result<impl IntoResponse, AppError> {
    let db = Arc::clone(&state.db);
    let stored = tokio::task::spawn_blocking(move || {
        let connection = &mut *db.lock().unwrap_or_else(PoisonError::into_inner);
        store(connection, hook, &user)
    });
    let spent = stored.await??;
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
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("app.db");
    let db = open(&file)?;
    let outbox = Outbox::sqlite(&file).await?; // checks what the migration has made
    let (sandbox, client) = shop::partnero().await?;
    let worker = DeliveryWorker::start(outbox.clone(), client)?;
    let state = AppState {
        db,
        outbox: outbox.clone(),
    };
    shop::prove("rusqlite", app(state)?, &sandbox, &outbox).await?;
    worker.stop(Duration::from_secs(5)).await;
    Ok(())
}
