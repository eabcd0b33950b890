//! How long the statements of app and worker take when the table holds many rows, as a ratio to
//! an empty table.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Method;
use tower_partnero::client::{Amount, CustomerRef, Money};
use tower_partnero::delivery::{DeliveryWorker, Outbox, OutboxTransaction, Sale};
use tower_partnero::sandbox::Fault;
use tower_partnero::{ApiKey, Client, NewCustomer, Sandbox};

use super::places::{Engine, Place, Pool};
use super::statements;
use crate::Failure;
use crate::harness::{Options, median};

/// The operations, and words that only their statements contain. A statement belongs to the first
/// operation whose words it contains.
const OPERATIONS: [(&str, &[&str]); 6] = [
    ("enqueue", &["INSERT INTO partnero_outbox "]),
    ("look-up for the referrer", &["public_key = $"]),
    ("settle", &["SET state = 'done'"]),
    (
        "one step of a repair",
        &["WITH RECURSIVE lane", "w.id = r.waits_for"],
    ),
    (
        "claim",
        &["FROM partnero_outbox r ", "SET state = 'leased'"],
    ),
    ("every other statement", &["partnero_outbox"]),
];

/// How often the statements of the repair are run, whose median is of few times therefore.
const REPAIRS: usize = 10;

/// The median time in seconds of each statement.
type Times = HashMap<String, f64>;

/// The rows that are in the table beforehand.
#[derive(Clone, Copy)]
enum Past {
    Empty,
    /// So many receipts, and a tenth of that in dead rows.
    Receipts(usize),
    /// So many due sales of one customer, whose sign-up Partnero answers with 500.
    Queue(usize),
}

/// Prints the table of an engine.
pub(super) async fn table(engine: &Engine, options: &Options) -> Result<(), Failure> {
    let (receipts, waiting, reports) = if options.is_short() {
        (20_000, 500, 50)
    } else {
        (1_000_000, 50_000, 400)
    };
    statements::listen();
    let empty = measure(engine, Past::Empty, reports).await?;
    let dead = receipts / 10;
    println!(
        "{}: time in the database, over that with an empty table",
        engine.name()
    );
    for (past, name) in [
        (
            Past::Receipts(receipts),
            format!("beside {receipts} receipts and {dead} dead rows"),
        ),
        (
            Past::Queue(waiting),
            format!("beside {waiting} due rows of one failing customer"),
        ),
    ] {
        println!("  {name}");
        let full = measure(engine, past, reports).await?;
        for (operation, _) in OPERATIONS {
            let own = empty.keys().filter(|text| full.contains_key(*text));
            let own = own.filter(|text| operation_of(text) == Some(operation));
            let own: Vec<&String> = own.collect();
            let sum = |times: &Times| own.iter().map(|text| times[*text]).sum::<f64>();
            let (all, before) = (sum(&full), sum(&empty));
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
    }
    println!();
    Ok(())
}

fn operation_of(statement: &str) -> Option<&'static str> {
    let fits = |parts: &[&str]| parts.iter().any(|part| statement.contains(part));
    let operation = OPERATIONS.iter().find(|(_, parts)| fits(parts));
    operation.map(|(operation, _)| *operation)
}

/// The median time of each statement while sign-ups are enqueued and delivered.
async fn measure(engine: &Engine, past: Past, reports: usize) -> Result<Times, Failure> {
    let place = engine.open().await?;
    let sandbox = Sandbox::start().await?;
    let failing = Fault::status(500).on(Method::POST, "/v1/customers");
    sandbox.inject(failing.mentioning("the-failing-one"));
    prepare(&place, past).await?;
    statements::told();
    let client = Client::builder(ApiKey::new(sandbox.api_key())?).base_url(sandbox.base_url());
    let client = client.build()?;
    client
        .customers()
        .create(&NewCustomer::new("anna").key("anna-7"))
        .await?;
    let worker = DeliveryWorker::builder(place.outbox.clone(), client.clone());
    let worker = worker.poll(Duration::from_millis(20)).start()?;
    for number in 0..reports {
        let friend = NewCustomer::new(format!("friend-{number}"));
        let anna = CustomerRef::key("anna-7");
        place
            .outbox
            .enqueue(friend.referring_customer(anna))
            .await?;
    }
    while usize::try_from(worker.health().delivered)? < reports {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    worker.stop(Duration::from_secs(5)).await;
    // Each worker repairs once, when it starts.
    for _ in 0..REPAIRS {
        let worker = DeliveryWorker::start(place.outbox.clone(), client.clone())?;
        tokio::time::sleep(Duration::from_millis(50)).await;
        worker.stop(Duration::from_secs(5)).await;
    }
    let mut times: HashMap<String, Vec<f64>> = HashMap::new();
    for (statement, seconds) in statements::told() {
        times.entry(statement).or_default().push(seconds);
    }
    let medians = times
        .into_iter()
        .map(|(statement, times)| (statement, median(times)));
    Ok(medians.collect())
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
        Past::Queue(count) => {
            let customer = "the-failing-one";
            place.outbox.enqueue(NewCustomer::new(customer)).await?;
            burst(place, customer, count).await?;
        }
    }
    // SQLite reads its file faster than a long log.
    place.begin_counting().await?;
    Ok(())
}

/// Enqueues sales of one customer in one transaction.
pub(super) async fn burst(place: &Place, customer: &str, count: usize) -> Result<(), Failure> {
    let outbox = &place.outbox;
    match &place.pool {
        Pool::Sqlite(pool, ..) => {
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            sell(outbox, &mut transaction, customer, count).await?;
            transaction.commit().await?;
        }
        Pool::Postgres(pool) => {
            let mut transaction = pool.begin().await?;
            sell(outbox, &mut transaction, customer, count).await?;
            transaction.commit().await?;
        }
    }
    Ok(())
}

/// Enqueues sales of one customer.
async fn sell(
    outbox: &Outbox,
    transaction: &mut impl OutboxTransaction,
    customer: &str,
    count: usize,
) -> Result<(), Failure> {
    for number in 0..count {
        let price = Money::currency(Amount::major("19.90")?, "EUR");
        let sale = Sale::new(number.to_string(), customer, price);
        outbox.enqueue_in(transaction, sale).await?;
    }
    Ok(())
}
