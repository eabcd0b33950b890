//! The shop's database, in SQLite: its accounts, their orders, and what happened to each account.

use std::path::Path;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{FromRow, Row};

/// Times are milliseconds since 1970, as in the table of the outbox.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS accounts (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL UNIQUE COLLATE NOCASE,
    came_with  TEXT,     -- the key of the link that counted at the sign-up
    public_key TEXT,     -- the key in this account's own link
    link       TEXT,     -- that link, which Partnero tells
    referrer   INTEGER,  -- the account that Partnero has credited
    is_told    INTEGER NOT NULL DEFAULT 0, -- whether Partnero has told these three
    is_partner INTEGER NOT NULL DEFAULT 0  -- in an affiliate program: brings customers, and is none
);
CREATE TABLE IF NOT EXISTS orders (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     INTEGER NOT NULL,
    is_returned INTEGER NOT NULL DEFAULT 0,
    reward      TEXT     -- what the sale earned the friend or partner, which Partnero tells
);
CREATE TABLE IF NOT EXISTS history (
    id      INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    at      INTEGER, -- NULL for what happened before the account was there
    what    TEXT NOT NULL
)";

/// Opens the database. The outbox shares it, and wants these settings: with them, what was
/// committed survives a power cut.
pub(crate) async fn open(file: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePool::connect_with(options).await?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;
    Ok(pool)
}

pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) came_with: Option<String>,
    pub(crate) public_key: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) referrer: Option<i64>,
    pub(crate) is_partner: bool,
}

impl FromRow<'_, SqliteRow> for Account {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            came_with: row.try_get("came_with")?,
            public_key: row.try_get("public_key")?,
            link: row.try_get("link")?,
            referrer: row.try_get("referrer")?,
            is_partner: row.try_get("is_partner")?,
        })
    }
}

/// The id of a new account; `None` if somebody has this e-mail address already.
pub(crate) async fn add(
    database: &mut SqliteConnection,
    name: &str,
    email: &str,
    came_with: Option<&str>,
) -> Result<Option<i64>, sqlx::Error> {
    let insert = "INSERT INTO accounts (name, email, came_with) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING RETURNING id";
    let insert = sqlx::query_scalar(insert).bind(name).bind(email);
    insert.bind(came_with).fetch_optional(database).await
}

pub(crate) async fn get(database: &SqlitePool, id: i64) -> Result<Option<Account>, sqlx::Error> {
    let query = sqlx::query_as("SELECT * FROM accounts WHERE id = $1");
    query.bind(id).fetch_optional(database).await
}

/// The id and the name of each account, and how many reports about it wait in the outbox.
pub(crate) async fn all(database: &SqlitePool) -> Result<Vec<(i64, String, i64)>, sqlx::Error> {
    let query = "SELECT id, name, (SELECT COUNT(*) FROM partnero_outbox
        WHERE customer = CAST(accounts.id AS TEXT) AND state NOT IN ('done', 'dead'))
        FROM accounts ORDER BY id";
    sqlx::query_as(query).fetch_all(database).await
}

/// The name of the friend or partner whom Partnero has credited for this account. As long as Partnero
/// has not told it: of the one with whose link the account came.
pub(crate) async fn inviter(
    database: &SqlitePool,
    account: &Account,
) -> Result<Option<String>, sqlx::Error> {
    let query =
        "SELECT name FROM accounts WHERE CASE WHEN $1 THEN id = $1 ELSE public_key = $2 END";
    let query = sqlx::query_scalar(query).bind(account.referrer);
    let query = query.bind(&account.came_with);
    query.fetch_optional(database).await
}

/// The names of those whom this account has brought, as far as Partnero has credited them.
pub(crate) async fn brought_by(database: &SqlitePool, id: i64) -> Result<Vec<String>, sqlx::Error> {
    let query = sqlx::query_scalar("SELECT name FROM accounts WHERE referrer = $1 ORDER BY id");
    query.bind(id).fetch_all(database).await
}

/// The name of the account with this public key.
pub(crate) async fn name_by_key(
    database: &mut SqliteConnection,
    key: &str,
) -> Result<Option<String>, sqlx::Error> {
    let query = sqlx::query_scalar("SELECT name FROM accounts WHERE public_key = $1");
    query.bind(key).fetch_optional(database).await
}

/// Writes down what has just happened to an account, in plain words.
pub(crate) async fn note(
    database: &mut SqliteConnection,
    account: i64,
    what: &str,
) -> Result<(), sqlx::Error> {
    let insert = "INSERT INTO history (account, what, at)
        VALUES ($1, $2, CAST(unixepoch('subsec') * 1000 AS INTEGER))";
    let insert = sqlx::query(insert).bind(account).bind(what);
    insert.execute(database).await?;
    Ok(())
}

/// Writes down what a visitor did before the account was there. The time of it is not known.
pub(crate) async fn note_earlier(
    database: &mut SqliteConnection,
    account: i64,
    what: &str,
) -> Result<(), sqlx::Error> {
    let insert = sqlx::query("INSERT INTO history (account, what) VALUES ($1, $2)");
    insert.bind(account).bind(what).execute(database).await?;
    Ok(())
}
