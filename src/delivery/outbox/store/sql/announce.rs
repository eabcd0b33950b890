//! What the owner of a lease asks right before the call: whether the row may be sent now, or must
//! wait for another row.

use sqlx::Row;

use super::{Connection, FOR_SHARE, NOW, OURS};
use crate::client::CustomerRef;
use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::store::{Announced, Check};

statements! {
    CUSTOMER = "SELECT id, state, outcome FROM partnero_outbox \
        WHERE program = $1 AND kind = 'customer' AND key = $2";
    // A dead sale holds its refund: if the sale did not arrive, there is nothing to refund yet.
    PENDING_SALE = "SELECT id FROM partnero_outbox \
        WHERE program = $1 AND kind = 'transaction' AND key = $2 AND state <> 'done'";
    // Without $4, not a younger sign-up that waits for an older one.
    REFERRER_BY_ID = "SELECT id FROM partnero_outbox WHERE program = $1 AND kind = 'customer' \
        AND key = $2 AND state IN ('due', 'leased', 'held') AND id <> $3 \
        AND ($4 OR state <> 'held' OR id < $3)";
    // In the order of keys for the reason that `oldest` gives.
    REFERRER_BY_KEY = "SELECT id FROM partnero_outbox WHERE program = $1 \
        AND public_key BETWEEN $2 AND $2 AND kind = 'customer' \
        AND state IN ('due', 'leased', 'held') AND id <> $3 \
        AND ($4 OR state <> 'held' OR id < $3) ORDER BY public_key, id LIMIT 1";
    STILL_PENDING = "SELECT id FROM partnero_outbox \
        WHERE id = $1 AND state <> 'done' AND (state <> 'dead' OR $2){FOR_SHARE}";
    HOLD = "UPDATE partnero_outbox SET state = 'held', owner = NULL, waits_for = $3 {OURS}";
    ANNOUNCE = "UPDATE partnero_outbox SET sent_at = CASE WHEN $3 THEN {NOW} ELSE sent_at END \
        {OURS} AND due_at > {NOW} AND NOT EXISTS (SELECT 1 FROM partnero_outbox_gate gate \
        WHERE gate.program = partnero_outbox.program AND closed_at IS NOT NULL)";
}

pub(super) async fn announce(
    connection: &mut Connection,
    program: &str,
    owner: &str,
    id: i64,
    check: &Check,
    once: bool,
) -> Result<Announced, OutboxError> {
    let seen = loop {
        let seen = look(connection, program, id, check).await?;
        let Some(blocker) = seen.blocker else {
            break seen;
        };
        // Locks the row to wait for. If a worker is settling it right now, this waits until that is
        // done, and then the row is pending no more and is looked for again.
        let query = sqlx::query_scalar(STILL_PENDING.as_str()).bind(blocker);
        // A dead sign-up goes on holding the customer's own sales, but no friends.
        let query = query.bind(!matches!(check, Check::Referrer(_)));
        let still: Option<i64> = query.fetch_optional(&mut *connection).await?;
        if still.is_some() {
            let query = sqlx::query(HOLD.as_str())
                .bind(id)
                .bind(owner)
                .bind(blocker);
            let was_ours = query.execute(connection).await?.rows_affected() > 0;
            return Ok(if was_ours {
                Announced::Held
            } else {
                Announced::Refused
            });
        }
    };
    let query = sqlx::query(ANNOUNCE.as_str())
        .bind(id)
        .bind(owner)
        .bind(once);
    if query.execute(connection).await?.rows_affected() == 0 {
        return Ok(Announced::Refused);
    }
    Ok(Announced::Clear {
        customer_outcome: seen.customer_outcome,
        pending_referrers: seen.pending_referrers,
    })
}

/// What the table says about the rows that must arrive before this one.
#[derive(Default)]
struct Seen {
    /// The row to wait for.
    blocker: Option<i64>,
    customer_outcome: Option<String>,
    pending_referrers: Vec<CustomerRef>,
}

async fn look(
    connection: &mut Connection,
    program: &str,
    id: i64,
    check: &Check,
) -> Result<Seen, OutboxError> {
    let (customer, sale) = match check {
        Check::Referrers { names, is_patient } => {
            let mut seen = Seen::default();
            for referrer in names {
                let pending =
                    pending_referrer(connection, program, id, referrer, *is_patient).await?;
                if pending.is_some() {
                    seen.pending_referrers.push(referrer.clone());
                }
            }
            return Ok(seen);
        }
        Check::Referrer(referrer) => {
            let pending = pending_referrer(connection, program, id, referrer, false).await?;
            return Ok(Seen {
                // A row waits only for an older one, so that no two rows wait for each other.
                blocker: pending.filter(|pending| *pending < id),
                ..Seen::default()
            });
        }
        Check::Nothing => return Ok(Seen::default()),
        Check::Customer(customer) => (customer, None),
        Check::CustomerAndSale { customer, key } => (customer, Some(key)),
    };
    let query = sqlx::query(CUSTOMER.as_str()).bind(program).bind(customer);
    let mut seen = Seen::default();
    if let Some(row) = query.fetch_optional(&mut *connection).await? {
        if row.try_get::<String, _>(1)? != "done" {
            seen.blocker = Some(row.try_get(0)?);
        }
        seen.customer_outcome = row.try_get(2)?;
    }
    if let (None, Some(key)) = (seen.blocker, sale) {
        let query = sqlx::query_scalar(PENDING_SALE.as_str()).bind(program);
        seen.blocker = query.bind(key).fetch_optional(connection).await?;
    }
    Ok(seen)
}

/// The referrer's own sign-up, if it is under way. A public key names only a customer whose app has
/// chosen it: the app's identifiers are no keys.
async fn pending_referrer(
    connection: &mut Connection,
    program: &str,
    id: i64,
    referrer: &CustomerRef,
    is_patient: bool,
) -> Result<Option<i64>, OutboxError> {
    let statement = match referrer.as_key() {
        Some(_) => REFERRER_BY_KEY.as_str(),
        None => REFERRER_BY_ID.as_str(),
    };
    let query = sqlx::query_scalar(statement).bind(program);
    let query = query.bind(referrer.as_str()).bind(id).bind(is_patient);
    if referrer.as_str().is_ascii() {
        return Ok(query.fetch_optional(connection).await?);
    }
    // The database's encoding may not have these letters. Then no row can hold them either, but on
    // PostgreSQL the error would end the whole transaction.
    let mut savepoint = sqlx::Connection::begin(connection).await?;
    let pending = query.fetch_optional(&mut *savepoint).await;
    match pending {
        Ok(pending) => {
            savepoint.commit().await?;
            Ok(pending)
        }
        // `untranslatable_character` (PostgreSQL, appendix A).
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("22P05") => {
            savepoint.rollback().await?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
