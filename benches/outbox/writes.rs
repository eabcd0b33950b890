//! What a sign-up makes the database write. It is counted, not timed, so it repeats from run to run.

use sqlx::postgres::{PgPool, Postgres};
use sqlx::query::Query;
use tower_partnero::NewCustomer;
use tower_partnero::delivery::Outbox;

use super::enqueue::{USER, sign_up};
use super::expect;
use super::places::{Engine, Place, Pool};
use crate::Failure;

/// Sign-ups in one count. The trees of the indexes grow with them, and with the trees what a split
/// writes: counts of other numbers of rows differ by a tenth.
const SIGN_UPS: i32 = 2_000;

/// What is written for each sign-up.
struct Written {
    user: f64,
    report: f64,
}

/// Counts for an engine what the user row writes, and what the report adds to it.
pub(super) async fn count(engine: &Engine) -> Result<(), Failure> {
    let place = engine.open().await?;
    let (written, unit, most) = match &place.pool {
        Pool::Sqlite(..) => {
            let user = pages(&place, false).await?;
            let both = pages(&engine.open().await?, true).await?;
            let report = both - user;
            (Written { user, report }, "pages in the log", 6.5)
        }
        Pool::Postgres(pool) => (bytes(&place.outbox, pool).await?, "bytes of log", 660.0),
    };
    let both = written.user + written.report;
    println!(
        "{}: {unit} per sign-up: {both:.2}, of them for the user row: {:.2}",
        engine.name(),
        written.user
    );
    expect(both <= most, "a sign-up writes more than it may")
}

async fn pages(place: &Place, with_report: bool) -> Result<f64, Failure> {
    place.begin_counting().await?;
    for number in 0..SIGN_UPS {
        sign_up(place, number.into(), with_report).await?;
    }
    Ok(f64::from(place.pages()?) / f64::from(SIGN_UPS))
}

/// By `EXPLAIN`, which counts what one statement writes. The end of the log would count what others
/// write as well.
async fn bytes(outbox: &Outbox, pool: &PgPool) -> Result<Written, Failure> {
    let (mut users, mut reports) = (Vec::new(), Vec::new());
    let report = explain(Outbox::INSERT);
    let user = explain(USER);
    for id in 0..SIGN_UPS {
        let customer = NewCustomer::new(id).email(format!("{id}@shop.example"));
        let row = outbox.row(customer)?;
        let report = sqlx::query(sqlx::AssertSqlSafe(&*report))
            .bind(row.kind().as_str())
            .bind(row.key())
            .bind(row.customer())
            .bind(row.public_key())
            .bind(row.payload())
            .bind(row.program());
        let user = sqlx::query(sqlx::AssertSqlSafe(&*user)).bind(i64::from(id));
        users.extend(logged(pool, user).await?);
        reports.extend(logged(pool, report).await?);
    }
    let mean = |counts: Vec<f64>| {
        let number = counts.len();
        Ok::<_, Failure>(counts.into_iter().sum::<f64>() / f64::from(u32::try_from(number)?))
    };
    Ok(Written {
        user: mean(users)?,
        report: mean(reports)?,
    })
}

fn explain(statement: &str) -> String {
    format!("EXPLAIN (ANALYZE, WAL, COSTS OFF, TIMING OFF, SUMMARY OFF) {statement}")
}

/// The bytes that a statement has logged, by the line `WAL: records=5 bytes=519`. `None` if a whole
/// page is among them, as of each page that is changed for the first time after a checkpoint.
async fn logged(
    pool: &PgPool,
    query: Query<'_, Postgres, sqlx::postgres::PgArguments>,
) -> Result<Option<f64>, Failure> {
    use sqlx::Row;

    for line in query.fetch_all(pool).await? {
        let line: String = line.try_get(0)?;
        let Some(counts) = line.trim_start().strip_prefix("WAL: ") else {
            continue;
        };
        let count = |name| counts.split(' ').find_map(|count| count.strip_prefix(name));
        let bytes: f64 = count("bytes=").ok_or("no bytes")?.parse()?;
        return Ok(count("fpi=").is_none().then_some(bytes));
    }
    Err("no line about the log".into())
}
