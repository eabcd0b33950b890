//! What only Partnero knows: the link of a new account, who was credited for it, and what a sale
//! has earned.
//!
//! The shop asks when a page is shown, only about reports that have arrived, and for a second at
//! most. It keeps the answers. So no page needs a Partnero that answers.

use std::time::Duration;

use sqlx::SqlitePool;
use tower_partnero::Client;

use crate::sales;
use crate::shop::Failure;

/// The longest that a page waits for the answers.
const PATIENCE: Duration = Duration::from_secs(1);

/// An affiliate program is not told of a customer whom no partner brought.
const NEW_CUSTOMERS: &str = "SELECT accounts.id FROM accounts JOIN partnero_outbox AS report
    ON report.kind = 'customer' AND report.customer = CAST(accounts.id AS TEXT)
    WHERE NOT accounts.is_told AND report.state = 'done'
    AND report.outcome NOT IN ('no_partner', 'unknown_partner') LIMIT 10";

const NEW_SALES: &str = "SELECT orders.id FROM orders JOIN partnero_outbox AS report
    ON report.kind = 'transaction' AND report.key = 'order-' || orders.id
    WHERE orders.reward IS NULL AND NOT orders.is_returned AND report.outcome = 'recorded' LIMIT 10";

/// Asks for what is not known yet. What fails is asked again for the next page.
pub(crate) async fn fetch(client: &Client, database: &SqlitePool) {
    match tokio::time::timeout(PATIENCE, ask(client, database)).await {
        Ok(Ok(())) => {}
        Ok(Err(Failure(error))) => tracing::debug!(error, "Partnero was asked and did not answer"),
        Err(_) => tracing::debug!("Partnero was asked and has not answered in time"),
    }
}

async fn ask(client: &Client, database: &SqlitePool) -> Result<(), Failure> {
    let ids: Vec<i64> = sqlx::query_scalar(NEW_CUSTOMERS)
        .fetch_all(database)
        .await?;
    for id in ids {
        let customer = client.customers().get(&id.to_string()).await?;
        // A partner is named by the identifier or by the key, a customer perhaps by both.
        let referrer = customer.referring_customer.as_ref();
        let referrer_id = referrer.and_then(|referrer| referrer.id.as_ref());
        let referrer_key = referrer.and_then(|referrer| referrer.key.as_ref());
        let names = [referrer_id, referrer_key, customer.partner.as_ref()];
        let keep = "UPDATE accounts SET is_told = TRUE, public_key = $2, link = $3, referrer =
            (SELECT id FROM accounts WHERE CAST(id AS TEXT) IN ($4, $6) OR public_key IN ($5, $6))
            WHERE id = $1";
        // In an affiliate program, the key of a customer is in no link.
        let link = customer.referral_link.as_ref();
        let key = customer.key.as_ref().filter(|_| link.is_some());
        let keep = sqlx::query(keep).bind(id).bind(key).bind(link);
        let keep = names.into_iter().fold(keep, sqlx::query::Query::bind);
        keep.execute(database).await?;
    }
    let orders: Vec<i64> = sqlx::query_scalar(NEW_SALES).fetch_all(database).await?;
    for order in orders {
        let sale = client.transactions().get(&sales::key(order)).await?;
        let mut rewards = sale.rewards.iter();
        let reward = rewards.find_map(|reward| reward.amount.as_ref());
        let reward = reward.map_or_else(|| "nothing".to_owned(), |money| format!("{money:.2}"));
        let keep = sqlx::query("UPDATE orders SET reward = $2 WHERE id = $1");
        keep.bind(order).bind(reward).execute(database).await?;
    }
    Ok(())
}
