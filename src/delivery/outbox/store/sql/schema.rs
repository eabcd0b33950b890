//! Makes the tables, and checks those that exist.

use std::collections::BTreeSet;

use super::{BEGIN, Connection, FACTS, LOCK_MIGRATIONS, Pool, SCHEMA, SCHEMA_NAME};
use crate::delivery::outbox::{OutboxError, OutboxErrorKind};

/// The version of the tables that this crate works with. The schema's last statement writes it down.
const CURRENT: i64 = 1;

const MAIN: &str = "table partnero_outbox";
const HISTORY: &str = "table partnero_outbox_migrations";

statements! {
    VERSION = "SELECT COALESCE(MAX(version), 0) FROM partnero_outbox_migrations";
}

/// Makes the tables if they do not exist. If they exist, this only reads: the app's role need not
/// own them.
pub(crate) async fn migrate(pool: &Pool) -> Result<(), OutboxError> {
    if is_made(&mut *pool.acquire().await?).await? {
        return Ok(());
    }
    let mut transaction = pool.begin_with(BEGIN).await?;
    sqlx::query(LOCK_MIGRATIONS)
        .execute(&mut *transaction)
        .await?;
    // Another process may have made them before this one got the lock.
    if !is_made(&mut transaction).await? {
        sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// Whether the tables exist.
///
/// # Errors
///
/// They are of a newer version or lack something, as after a migration of the app's own that differs
/// from the schema.
async fn is_made(connection: &mut Connection) -> Result<bool, OutboxError> {
    let refuse = |message| Err(OutboxError::new(OutboxErrorKind::Schema).with_message(message));
    let found = sqlx::query_scalar(FACTS)
        .fetch_all(&mut *connection)
        .await?;
    let found: BTreeSet<String> = found.into_iter().collect();
    let version = if found.contains(HISTORY) {
        let query = sqlx::query_scalar(VERSION.as_str());
        query.fetch_one(&mut *connection).await?
    } else {
        0_i64
    };
    // A newer crate in the same fleet may have changed what a column means, so this one does not
    // touch the table.
    if version > CURRENT {
        return refuse(format!(
            "the table has version {version}, this crate knows {CURRENT}"
        ));
    }
    if version == 0 && !found.contains(MAIN) {
        return Ok(false);
    }
    let mut missing = facts(SCHEMA);
    missing.retain(|fact| !found.contains(fact));
    #[cfg(feature = "tracing")]
    for index in missing.iter().filter(|fact| fact.starts_with("index ")) {
        tracing::warn!(
            index = index.trim_start_matches("index "),
            "the outbox's table lacks an index, and becomes slow as it grows: create the index as \
             `{SCHEMA_NAME}` does"
        );
    }
    // Without a table, its columns need no mention; without a column, neither does its default.
    for what in ["table ", "column ", ""] {
        let of_kind = missing.iter().filter(|fact| !fact.starts_with("index "));
        let lacking: Vec<&str> = of_kind
            .map(String::as_str)
            .filter(|fact| fact.starts_with(what))
            .collect();
        if !lacking.is_empty() {
            let lacking = lacking.join("; ");
            return refuse(format!(
                "the database lacks: {lacking}. The app's own migration must run the whole of \
                 `{SCHEMA_NAME}`"
            ));
        }
    }
    if version == 0 {
        return refuse(format!(
            "the table `partnero_outbox_migrations` holds no version. The app's own migration must \
             run the whole of `{SCHEMA_NAME}`"
        ));
    }
    Ok(true)
}

/// What a schema makes, in the words of the statement `FACTS`.
fn facts(schema: &str) -> Vec<String> {
    let mut facts = Vec::new();
    // A parser for these two texts alone, which have one column on each line. A test holds that it
    // finds every fact that a database then reports.
    for statement in schema.split(";\n") {
        if let Some(index) = statement.strip_prefix("CREATE INDEX ") {
            facts.push(format!("index {}", first_word(index)));
        }
        if let Some(trigger) = statement.strip_prefix("CREATE TRIGGER ") {
            facts.push(format!("trigger {}", first_word(trigger)));
        }
        let Some(table) = statement.strip_prefix("CREATE TABLE ") else {
            continue;
        };
        let (name, columns) = table.split_once(" (\n").unwrap_or_default();
        facts.push(format!("table {name}"));
        for line in columns.trim_end_matches("\n)").split(",\n") {
            let line = line.trim_start();
            if let Some(columns) = line.strip_prefix("UNIQUE (") {
                facts.push(format!("a unique key of {name} ({columns}"));
                continue;
            }
            let (column, rest) = line.split_once(' ').unwrap_or_default();
            if column.chars().any(char::is_uppercase) {
                continue; // `CHECK`
            }
            let kind = first_word(rest.trim_start()).to_lowercase();
            facts.push(format!("column {name}.{column} of type {kind}"));
            if ["DEFAULT", "GENERATED", "INTEGER PRIMARY KEY"]
                .iter()
                .any(|word| line.contains(word))
            {
                facts.push(format!("a default of {name}.{column}"));
            }
            if !line.contains("NOT NULL") && !line.contains("PRIMARY KEY") {
                facts.push(format!("NULL allowed in {name}.{column}"));
            }
        }
    }
    facts
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_read_as_the_check_needs_it() {
        let facts = facts(SCHEMA);
        for fact in [
            MAIN,
            HISTORY,
            "a unique key of partnero_outbox (key, kind, program)",
            "column partnero_outbox.payload of type text",
            "NULL allowed in partnero_outbox.payload",
            "a default of partnero_outbox.due_at",
            "a default of partnero_outbox.id",
            "index partnero_outbox_receipts",
        ] {
            assert!(facts.iter().any(|known| known == fact), "{fact}: {facts:?}");
        }
        for (word, statement) in [("table ", "CREATE TABLE "), ("index ", "CREATE INDEX ")] {
            let read = facts.iter().filter(|fact| fact.starts_with(word)).count();
            assert_eq!(read, SCHEMA.matches(statement).count());
        }
    }
}
