//! How long the statements of app and worker take when the table holds many rows, as a ratio to
//! an empty table.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tower_partnero::NewCustomer;
use tower_partnero::client::{Amount, CustomerRef, Money};
use tower_partnero::delivery::{DeliveryWorker, Sale};

use super::partnero::Partnero;
use super::places::{Engine, Place, Pool};
use super::statements;
use crate::Failure;
use crate::harness::{Options, median};

/// The operations, and words of their statements. A statement belongs to the first operation whose words
/// it contains.
const OPERATIONS: [(&str, &[&str]); 6] = [
    ("enqueue", &["INSERT INTO partnero_outbox "]),
    ("look-up for the referrer", &["public_key BETWEEN"]),
    ("settle", &["SET state = 'done'"]),
    (
        "claim",
        &[
            "FROM partnero_outbox r WHERE r.program",
            "r.state = 'leased' FROM",
            "SET state = 'leased'",
        ],
    ),
    (REPAIR, &["WITH RECURSIVE lane", "w.id = r.waits_for"]),
    ("every other statement", &["partnero_outbox"]),
];

/// Runs once a minute, and not for each report.
const REPAIR: &str = "one step of a repair";

/// The customer whose sign-up Partnero answers with 500.
pub(super) const FAILING: &str = "the-failing-one";

/// The rows that are in the table beforehand.
#[derive(Clone, Copy)]
enum Past {
    Empty,
    /// So many receipts, and a tenth of that in dead rows.
    Receipts(usize),
    /// So many due sales of the failing customer.
    Queue(usize),
    /// The same, and a worker has put them aside.
    Aside(usize),
}

/// A table, and how many seconds each statement took in it each time.
struct Measured {
    past: Past,
    place: Place,
    times: HashMap<String, Vec<f64>>,
}

/// Prints the table of an engine.
pub(super) async fn table(engine: &Engine, options: &Options) -> Result<(), Failure> {
    let (receipts, waiting, rounds, reports) = if options.is_short() {
        (20_000, 500, 2, 10)
    } else {
        (1_000_000, 50_000, 20, 20)
    };
    statements::listen();
    let partnero = Partnero::start(FAILING)?;
    let mut tables = Vec::new();
    for past in [
        Past::Empty,
        Past::Receipts(receipts),
        Past::Queue(waiting),
        Past::Aside(waiting),
    ] {
        let place = engine.open().await?;
        prepare(&place, past).await?;
        tables.push(Measured {
            past,
            place,
            times: HashMap::new(),
        });
    }
    // The tables take turns, so that something else on the machine slows all of them.
    for round in 0..rounds {
        for table in &mut tables {
            // SQLite reads its file faster than a long log.
            table.place.begin_counting().await?;
            statements::told();
            deliver(&table.place, &partnero, round, reports).await?;
            for (statement, seconds) in statements::told() {
                table.times.entry(statement).or_default().push(seconds);
            }
        }
    }
    println!(
        "{}: time in the database, over that with an empty table",
        engine.name()
    );
    let (empty, others) = tables.split_first().ok_or("no table")?;
    let empty = empty.medians();
    for other in others {
        match other.past {
            Past::Empty => {}
            Past::Receipts(count) => {
                println!("  beside {count} receipts and {} dead rows", count / 10);
            }
            Past::Queue(count) => println!("  beside {count} due rows of one failing customer"),
            Past::Aside(count) => println!("  beside {count} such rows that were put aside"),
        }
        compare(&empty, &other.medians())?;
    }
    println!();
    Ok(())
}

impl Measured {
    fn medians(&self) -> HashMap<&str, f64> {
        let times = self.times.iter();
        let medians = times.map(|(statement, times)| (&**statement, median(times.clone())));
        medians.collect()
    }
}

/// Prints a line for each operation. Only statements that also run with the empty table count: the
/// others put rows aside.
fn compare(empty: &HashMap<&str, f64>, full: &HashMap<&str, f64>) -> Result<(), Failure> {
    let mut report = (0.0, 0.0);
    for (operation, _) in OPERATIONS {
        let own = empty.keys().filter(|text| full.contains_key(*text));
        let own = own.filter(|text| operation_of(text) == Some(operation));
        let own: Vec<&str> = own.copied().collect();
        let sum = |times: &HashMap<&str, f64>| own.iter().map(|text| times[text]).sum::<f64>();
        let (all, before) = (sum(full), sum(empty));
        if operation != REPAIR {
            report = (report.0 + all, report.1 + before);
        }
        let more = |text: &str| full[text] - empty[text];
        let most = own.iter().max_by(|a, b| more(a).total_cmp(&more(b)));
        let Some(most) = most else {
            return Err(format!("no statement has been seen for: {operation}").into());
        };
        println!(
            "    {operation:<28}{:>8.2}   {:>6.0} µs, most of the difference: {:.60}",
            all / before,
            all * 1e6,
            // sqlx sets a summary of a long statement before it.
            most.rsplit("\n\n").next().unwrap_or(most)
        );
    }
    println!(
        "    {:<28}{:>8.2}   {:>6.0} µs",
        "all but the repair",
        report.0 / report.1,
        report.0 * 1e6
    );
    Ok(())
}

/// `None` for the statement of `status()`, which counts all rows that wait: only an operator asks for it,
/// and the task that warns where no worker runs.
fn operation_of(statement: &str) -> Option<&'static str> {
    if statement.contains("ready, live") {
        return None;
    }
    let fits = |parts: &[&str]| parts.iter().any(|part| statement.contains(part));
    let operation = OPERATIONS.iter().find(|(_, parts)| fits(parts));
    operation.map(|(operation, _)| *operation)
}

/// Enqueues sign-ups and has a worker deliver them, one after the other, so that each claim leases
/// one row in every table.
async fn deliver(
    place: &Place,
    partnero: &Partnero,
    round: usize,
    reports: usize,
) -> Result<(), Failure> {
    // It repairs once, when it starts.
    let worker = DeliveryWorker::start(place.outbox.clone(), partnero.client()?)?;
    for number in 0..reports {
        let friend = NewCustomer::new(format!("friend-{round}-{number}"));
        let anna = CustomerRef::key("anna-7");
        place
            .outbox
            .enqueue(friend.referring_customer(anna))
            .await?;
        while usize::try_from(worker.health().delivered)? <= number {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    worker.stop(Duration::from_secs(5)).await;
    Ok(())
}

async fn prepare(place: &Place, past: Past) -> Result<(), Failure> {
    match past {
        Past::Empty => {}
        Past::Receipts(count) => {
            let series = match place.pool {
                Pool::Sqlite(..) => format!(
                    "(WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series \
                     WHERE n < {count} * 11 / 10) SELECT n FROM series)"
                ),
                Pool::Postgres(_) => format!("generate_series(1, {count} * 11 / 10) AS n"),
            };
            // Receipts of today, because the worker deletes old ones.
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
            let insert = format!(
                "INSERT INTO partnero_outbox (kind, key, customer, state, outcome, settled_at) \
                 SELECT 'customer', 'old-' || n, 'old-' || n, \
                 CASE WHEN n % 11 = 0 THEN 'dead' ELSE 'done' END, 'credited', {now} FROM {series}"
            );
            place.execute(&insert).await?;
        }
        Past::Queue(count) | Past::Aside(count) => {
            place.outbox.enqueue(NewCustomer::new(FAILING)).await?;
            place.enqueue_together(sales(FAILING, count)?).await?;
            if matches!(past, Past::Aside(_)) {
                let aside =
                    "UPDATE partnero_outbox SET state = 'queued' WHERE kind = 'transaction'";
                place.execute(aside).await?;
            }
        }
    }
    Ok(())
}

/// So many sales of one customer.
pub(super) fn sales(customer: &str, count: usize) -> Result<impl Iterator<Item = Sale>, Failure> {
    let price = Money::currency(Amount::major("19.90")?, "EUR");
    let sale =
        move |number: usize| Sale::new(format!("{customer}-{number}"), customer, price.clone());
    Ok((0..count).map(sale))
}
