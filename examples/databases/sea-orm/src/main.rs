//! A sign-up through SeaORM 2 on SQLite. `cargo run -p sea-orm-shop` proves that no sign-up is lost.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Set,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use shop::{AppError, Failure};
use tower_partnero::{
    DeliveryWorker, FromExtension, NewCustomer, Outbox, Referrals, SignupHook, Signups,
};

mod user {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub email: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(serde::Deserialize)]
struct NewUser {
    email: String,
}

struct AppState {
    db: DatabaseConnection,
    outbox: Outbox,
}

async fn open(file: &Path) -> Result<DatabaseConnection, Failure> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", file.display()));
    options.max_connections(8).sqlx_logging(false);
    // The worker writes to the same file. A sign-up waits so long for it.
    options.map_sqlx_sqlite_opts(|options| {
        options
            .busy_timeout(Duration::from_secs(5))
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
    });
    let db = Database::connect(options).await?;
    let users =
        "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE);";
    let migration = db.begin().await?;
    migration.execute_unprepared(users).await?;
    migration.execute_unprepared(Outbox::SCHEMA_SQLITE).await?;
    migration.commit().await?;
    Ok(db)
}

async fn sign_up(
    State(state): State<Arc<AppState>>,
    FromExtension(hook): FromExtension<SignupHook>,
    Form(form): Form<NewUser>,
) -> Result<impl IntoResponse, AppError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = state.db.begin_with_options(options).await?;
    let user = user::ActiveModel {
        email: Set(form.email.clone()),
        ..Default::default()
    };
    let user = user.insert(&transaction).await?;
    let (row, spent) = hook.row(NewCustomer::new(user.id).email(form.email))?;
    let values = [
        row.kind().as_str().into(),
        row.key().into(),
        row.customer().into(),
        row.public_key().into(),
        row.payload().into(),
        row.program().into(),
    ];
    let backend = transaction.get_database_backend();
    let insert = Statement::from_sql_and_values(backend, Outbox::INSERT, values);
    transaction.execute_raw(insert).await?;
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
    let directory = tempfile::tempdir()?;
    let db = open(&directory.path().join("app.db")).await?;
    // SeaORM 2 is built on sqlx 0.9, so the worker can share its pool. This checks what the migration
    // has made.
    let outbox = Outbox::sqlite_pool(db.get_sqlite_connection_pool().clone()).await?;
    let (sandbox, client) = shop::partnero().await?;
    let worker = DeliveryWorker::start(outbox.clone(), client)?;
    let state = AppState {
        db,
        outbox: outbox.clone(),
    };
    shop::prove("SeaORM on SQLite", app(state)?, &sandbox, &outbox).await?;
    worker.stop(Duration::from_secs(5)).await;
    Ok(())
}
