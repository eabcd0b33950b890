//! What must be true at the end.

use std::collections::HashMap;
use std::fmt::Write;

use tower_partnero::Sandbox;
use tower_partnero::delivery::{Outbox, ReportKind};
use tower_partnero::sandbox::SandboxCustomer;

use crate::app::Program;
use crate::database::Pool;
use crate::trouble::{LATE, sleeper_order};
use crate::witness::micros;
use crate::{Failure, app};

/// What the app and the troubles have reported.
pub(crate) struct Story {
    pub(crate) users: usize,
    /// How many sales were made to stop a worker in the middle of one.
    pub(crate) sleepers: usize,
    /// A customer has signed up after the server was stopped.
    pub(crate) is_late: bool,
    pub(crate) program: Program,
    /// Partnero takes sales of customers whom nobody referred.
    pub(crate) takes_unreferred: bool,
}

/// Compares what the app has stored with what Partnero knows.
pub(crate) async fn everything(
    sandbox: &Sandbox,
    pool: &Pool,
    outbox: &Outbox,
    story: &Story,
) -> Result<String, Failure> {
    let users = story.users;
    for table in ["users", "orders"] {
        let stored = app::stored(pool, table).await?;
        expect(stored == users, || format!("{stored} {table} stored"))?;
    }
    let customers = sandbox.customers();
    let customers: HashMap<&str, &SandboxCustomer> = customers
        .iter()
        .map(|customer| (customer.id.as_str(), customer))
        .collect();
    expect(!story.is_late || customers.contains_key(LATE), || {
        format!("{LATE} was lost")
    })?;
    let transactions = sandbox.transactions();
    let mut recorded: HashMap<&str, Vec<_>> = HashMap::new();
    for transaction in &transactions {
        let key = transaction.key.as_deref().unwrap_or_default();
        recorded.entry(key).or_default().push(transaction);
    }
    for order in (0..story.sleepers).map(sleeper_order) {
        let times = recorded.get(order.as_str()).map_or(0, Vec::len);
        expect(times == 1, || story_of(sandbox, &order, times))?;
    }
    let mut with_referrer = 0;
    for user in 0..users {
        let (id, order) = (app::id(user), app::order(user));
        let customer = customers.get(id.as_str());
        let sales = recorded.get(order.as_str()).map_or(&[][..], Vec::as_slice);
        if app::is_refused(user) {
            let absent = customer.is_none() && sales.is_empty();
            expect(absent, || format!("{id} or its sale was taken"))?;
            continue;
        }
        let referrer = story.program.referrer_id(user);
        if story.program == Program::Affiliate && referrer.is_none() {
            let absent = customer.is_none() && sales.is_empty();
            expect(absent, || format!("{id} was sent without a partner"))?;
            continue;
        }
        let Some(customer) = customer else {
            return Err(format!("{id} was lost").into());
        };
        let by = customer.referred_by.as_ref().or(customer.partner.as_ref());
        expect(by == referrer.as_ref(), || {
            format!("{id} came by {by:?} and not by {referrer:?}")
        })?;
        with_referrer += usize::from(referrer.is_some());
        let is_wanted = story.takes_unreferred || referrer.is_some();
        let expected = usize::from(is_wanted && !app::is_sale_refused(user));
        expect(sales.len() == expected, || {
            story_of(sandbox, &order, sales.len())
        })?;
        for sale in sales {
            let buyer = sale.referred_customer.as_deref();
            expect(buyer == Some(id.as_str()), || {
                format!("{order} is {buyer:?}'s")
            })?;
            let in_order = sale.created_at >= customer.created_at;
            expect(in_order, || format!("{order} came before {id}"))?;
        }
    }
    let dead = dead(outbox, users).await?;
    Ok(format!(
        "0 lost, 0 twice, {with_referrer} with their referrer, {dead} dead with a reason"
    ))
}

/// The calls about an order, for the message of a failure.
fn story_of(sandbox: &Sandbox, order: &str, times: usize) -> String {
    let name = format!("{order}\"");
    let requests = sandbox.requests();
    let about = requests
        .iter()
        .filter(|request| request.body.to_string().contains(&name) || request.path.contains(order));
    let mut story = format!("{order} was recorded {times} times");
    for request in about {
        let at = micros(request.received_at) / 1_000 % 1_000_000;
        let (method, path) = (&request.method, &request.path);
        let _ = write!(
            story,
            "\n  at {at} ms {method} {path}: {:?}",
            request.status
        );
    }
    story
}

/// Exactly the refused reports are dead, each with its reason.
async fn dead(outbox: &Outbox, users: usize) -> Result<usize, Failure> {
    let letters = outbox.dead(0, 100_000).await?;
    for letter in &letters {
        let is_meant = match letter.kind {
            ReportKind::Customer => letter.key.starts_with("bad-"),
            _ => letter.key.starts_with("bad-order-"),
        };
        let told = letter.reason == "refused" && letter.last_answer.contains("422");
        expect(is_meant && told, || format!("dead: {letter:?}"))?;
    }
    let customers = (0..users).filter(|user| app::is_refused(*user)).count();
    let sales = (0..users)
        .filter(|user| app::is_sale_refused(*user))
        .count();
    expect(letters.len() == customers + sales, || {
        format!("{} dead", letters.len())
    })?;
    // The sales of refused customers wait behind them.
    let held = usize::try_from(outbox.status().await?.held)?;
    expect(held == customers, || format!("{held} held"))?;
    Ok(letters.len())
}

pub(crate) fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds {
        Ok(())
    } else {
        Err(otherwise().into())
    }
}
