//! The app: one effect for each event, however often it is told.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::routing::post;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tokio::net::TcpListener;
use tower_partnero::webhook::WebhookSecret;
use tower_partnero::webhook::inbox::sqlite;
use tower_partnero::{Event, WebhookVerifier};

use crate::Failure;

#[derive(Clone)]
struct App {
    verifier: WebhookVerifier,
    pool: SqlitePool,
    /// How many effects it may still have before it dies.
    left: Arc<AtomicU32>,
}

impl FromRef<App> for WebhookVerifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

pub(crate) async fn open(file: &str) -> Result<SqlitePool, Failure> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Without a wait for the disk at each commit: a process that is killed loses nothing by
        // that, only a machine would.
        .synchronous(SqliteSynchronous::Normal);
    let pool = SqlitePoolOptions::new().max_connections(4);
    let pool = pool.connect_with(options).await?;
    let mut connection = pool.acquire().await?;
    sqlite::create_table(&mut connection).await?;
    // Without a key: an effect that happens twice is to be seen.
    let effects = "CREATE TABLE IF NOT EXISTS effects (customer TEXT NOT NULL)";
    sqlx::raw_sql(effects).execute(&mut *connection).await?;
    drop(connection);
    Ok(pool)
}

/// Serves until it is killed, or until it has had so many effects; then it dies between the last
/// one's commit and its answer.
pub(crate) async fn run(file: &str, port: &str, secret: &str, last: &str) -> Result<(), Failure> {
    let app = App {
        verifier: WebhookVerifier::new(WebhookSecret::new(secret)?),
        pool: open(file).await?,
        left: Arc::new(AtomicU32::new(last.parse()?)),
    };
    let router = Router::new().route("/hook", post(take)).with_state(app);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse()?)).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

async fn take(State(app): State<App>, event: Event) -> StatusCode {
    match apply(&app, &event).await {
        Ok(()) => StatusCode::OK,
        Err(_busy) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn apply(app: &App, event: &Event) -> Result<(), sqlx::Error> {
    let mut transaction = app.pool.begin_with("BEGIN IMMEDIATE").await?;
    let seen = sqlite::record(&mut transaction, &event.digest()).await?;
    if seen.is_first() {
        sqlx::query("INSERT INTO effects (customer) VALUES ($1)")
            .bind(event.customer_id())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    if seen.is_first() && app.left.fetch_sub(1, Ordering::Relaxed) == 1 {
        std::process::abort();
    }
    Ok(())
}
