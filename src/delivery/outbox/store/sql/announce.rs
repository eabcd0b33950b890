//! The last look before a call, and the note that it is about to happen.

use sqlx::Row;

use super::{Connection, queries};
use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::store::{Announced, Check};

pub(super) async fn announce(
    connection: &mut Connection,
    owner: &str,
    id: i64,
    check: &Check,
    once: bool,
) -> Result<Announced, OutboxError> {
    let seen = loop {
        let seen = look(connection, id, check).await?;
        let Some(blocker) = seen.blocker else {
            break seen;
        };
        let query = sqlx::query_scalar(queries::STILL_PENDING).bind(blocker);
        let still: Option<i64> = query.fetch_optional(&mut *connection).await?;
        if still.is_some() {
            let query = sqlx::query(queries::HOLD)
                .bind(id)
                .bind(owner)
                .bind(blocker);
            let held = query.execute(connection).await?.rows_affected() > 0;
            return Ok(if held {
                Announced::Held
            } else {
                Announced::Refused
            });
        }
    };
    let query = sqlx::query(queries::ANNOUNCE)
        .bind(id)
        .bind(owner)
        .bind(once);
    let ours = query.execute(connection).await?.rows_affected() > 0;
    if !ours {
        return Ok(Announced::Refused);
    }
    Ok(Announced::Clear {
        customer_outcome: seen.customer_outcome,
        referrer_pending: seen.referrer_pending,
    })
}

/// What stands before a row.
#[derive(Default)]
struct Seen {
    blocker: Option<i64>,
    customer_outcome: Option<String>,
    referrer_pending: bool,
}

async fn look(connection: &mut Connection, id: i64, check: &Check) -> Result<Seen, OutboxError> {
    let (customer, sale) = match check {
        Check::Referrer(referrer) => {
            let query = sqlx::query_scalar(queries::PENDING_REFERRER)
                .bind(referrer)
                .bind(id);
            let pending: Option<i64> = query.fetch_one(connection).await?;
            return Ok(Seen {
                // Only what is older is waited for: nobody was referred by somebody younger, and
                // so no two rows wait for each other.
                blocker: pending.filter(|pending| *pending < id),
                referrer_pending: pending.is_some(),
                ..Seen::default()
            });
        }
        Check::Customer(customer) => (customer, None),
        Check::CustomerAndSale { customer, key } => (customer, Some(key)),
    };
    let query = sqlx::query(queries::CUSTOMER).bind(customer);
    let mut seen = Seen::default();
    if let Some(row) = query.fetch_optional(&mut *connection).await? {
        if row.try_get::<String, _>(1)? != "done" {
            seen.blocker = Some(row.try_get(0)?);
        }
        seen.customer_outcome = row.try_get(2)?;
    }
    if let (None, Some(key)) = (seen.blocker, sale) {
        let query = sqlx::query_scalar(queries::PENDING_SALE).bind(key);
        seen.blocker = query.fetch_optional(connection).await?;
    }
    Ok(seen)
}
