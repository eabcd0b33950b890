//! Opens the outbox of an app.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tower_partnero::Outbox;

use crate::failure::Failure;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
const MISSING: &str = "there is no table `partnero_outbox` in this database. An app makes it when it \
     first starts with an outbox: is this the app's database?";

/// The options of a command that needs an outbox.
#[derive(clap::Args)]
pub(crate) struct Database {
    /// The app's database: `sqlite:app.db`, or `postgres://user@host/name`. An address with a
    /// password belongs in the environment variable
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true
    )]
    database: Option<String>,
    /// The Partnero program, if the app has several in one outbox
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    program: String,
}

impl Database {
    /// Opens an outbox that exists. It does not make one: a new outbox in a wrong database would be
    /// empty, and the operator would believe that all is well.
    pub(crate) async fn open(&self) -> Result<Outbox, Failure> {
        let url = self.database.as_deref().unwrap_or_default();
        if url.is_empty() {
            Err(Failure::mistake(
                "which database? Write --database sqlite:app.db or --database \
                 postgres://user@host/name, or set DATABASE_URL",
            ))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres(url, &self.program).await
        // A plain path is taken for SQLite, but not a text such as `host=db user=app`, which libpq
        // reads.
        } else if url.starts_with("sqlite:") || !url.contains(['=', '@', ':']) {
            sqlite(url, &self.program).await
        } else {
            // The address is left out, because it may hold a password.
            Err(Failure::mistake(
                "this is no address of a database: write sqlite:FILE or postgres://user@host/name",
            ))
        }
    }
}

fn of_program(program: &str, outbox: &Outbox) -> Result<Outbox, Failure> {
    let outbox = outbox.program(program);
    outbox.map_err(|error| Failure::mistake(error.to_string()))
}

/// Another program that has reports in this outbox, if the asked program has none. A row of the
/// program `(deleted)` is no report: it only keeps the greatest id in SQLite.
const ANOTHER: &str = "SELECT program FROM partnero_outbox WHERE program <> '(deleted)' \
     AND NOT EXISTS (SELECT 1 FROM partnero_outbox WHERE program = $1) LIMIT 1";

/// A program of another name would look like an outbox in which all is well.
fn refuse_another(asked: &str, found: Option<String>) -> Result<(), Failure> {
    let Some(found) = found else { return Ok(()) };
    let write = if found.is_empty() {
        "leave --program out".to_owned()
    } else {
        format!("write --program {found:?}")
    };
    Err(Failure::mistake(format!(
        "no report in this outbox is of the program {asked:?}: {write}"
    )))
}

async fn sqlite(url: &str, program: &str) -> Result<Outbox, Failure> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(Failure::mistake(
            "an outbox in memory belongs to its own process: write sqlite:FILE",
        ));
    }
    let options = if url.starts_with("sqlite:") {
        SqliteConnectOptions::from_str(url)
            .map_err(|error| Failure::of("the address cannot be read", &error))?
    } else {
        SqliteConnectOptions::new().filename(url)
    };
    let file = options.get_filename();
    // SQLite's own error for a missing file says only that it is unable to open it.
    check(file)?;
    let tried = format!("{} cannot be opened", file.display());
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        // A mistyped name must not leave an empty database behind.
        .connect_with(options.create_if_missing(false))
        .await
        .map_err(|error| Failure::of(&tried, &error))?;
    // Asked before `Outbox` opens the database, because `Outbox` would make the table.
    let found = "SELECT COUNT(*) > 0 FROM sqlite_schema WHERE name = 'partnero_outbox'";
    let found = sqlx::query_scalar(found).fetch_one(&pool).await;
    if !found.map_err(|error| Failure::of(&tried, &error))? {
        return Err(Failure::new(MISSING));
    }
    let outbox = of_program(program, &Outbox::sqlite_pool(pool.clone()).await?)?;
    let another = sqlx::query_scalar(ANOTHER).bind(program);
    refuse_another(program, another.fetch_optional(&pool).await?)?;
    Ok(outbox)
}

fn check(file: &Path) -> Result<(), Failure> {
    let problem = match std::fs::metadata(file) {
        Ok(found) if found.is_file() => return Ok(()),
        Ok(_) => "is no file",
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "does not exist",
        Err(error) => {
            return Err(Failure::of(
                &format!("{} cannot be read", file.display()),
                &error,
            ));
        }
    };
    Err(Failure::new(format!(
        "{} {problem}: write the path of the app's database, as in sqlite:app.db",
        file.display()
    )))
}

async fn postgres(url: &str, program: &str) -> Result<Outbox, Failure> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| Failure::of("the address cannot be read", &error))?
        // So that `pg_stat_activity` tells the operator's connections from the app's.
        .application_name("partnero");
    // A single connection first, because its error says what is wrong. A pool would try again until
    // its time is up, and say only that.
    let first = sqlx::PgConnection::connect_with(&options);
    let mut first = tokio::time::timeout(PATIENCE, first)
        .await
        .map_err(|_| Failure::new("PostgreSQL does not answer at this address"))?
        .map_err(|error| Failure::of("PostgreSQL cannot be reached", &error))?;
    // Along the `search_path` of this connection, as the app's own statements find the table.
    let found = "SELECT to_regclass('partnero_outbox') IS NOT NULL";
    let found: bool = sqlx::query_scalar(found).fetch_one(&mut first).await?;
    first.close().await?;
    if !found {
        return Err(Failure::new(MISSING));
    }
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await?;
    let outbox = of_program(program, &Outbox::postgres(pool.clone()).await?)?;
    let another = sqlx::query_scalar(ANOTHER).bind(program);
    refuse_another(program, another.fetch_optional(&pool).await?)?;
    Ok(outbox)
}
