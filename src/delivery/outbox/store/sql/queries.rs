//! The rules of the table as SQL, compiled once for each engine.
//!
//! The module around it names the engine's types and fills in the few words in which the two
//! dialects differ. Both count the values from `$1` on.

/// Due, or abandoned by a dead owner; and the head of its lane. A customer is always the head.
macro_rules! ready {
    () => {
        concat!(
            "r.state IN ('due', 'leased') AND r.due_at <= ",
            now!(),
            " AND (r.kind = 'customer' OR NOT EXISTS (SELECT 1 FROM partnero_outbox e \
             WHERE e.state IN ('due', 'leased') AND e.customer = r.customer AND e.id < r.id)) \
             AND NOT EXISTS (SELECT 1 FROM partnero_outbox_gate WHERE closed_at IS NOT NULL)"
        )
    };
}

/// The rows that a claim takes, oldest first.
macro_rules! heads {
    () => {
        concat!(
            "SELECT r.id FROM partnero_outbox r WHERE ",
            ready!(),
            " ORDER BY r.due_at LIMIT "
        )
    };
}

/// The row is still leased to this owner.
macro_rules! ours {
    () => {
        " WHERE id = $1 AND owner = $2 AND state = 'leased'"
    };
}

pub(super) const CREATE_HISTORY: &str = "CREATE TABLE IF NOT EXISTS partnero_outbox_migrations \
     (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)";
pub(super) const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM partnero_outbox_migrations";
pub(super) const RECORD_VERSION: &str = concat!(
    "INSERT INTO partnero_outbox_migrations (version, applied_at) VALUES ($1, ",
    now!(),
    ")"
);

pub(super) const GATE: &str = concat!(
    "SELECT closed_at, probe_at, not_before, ",
    now!(),
    " FROM partnero_outbox_gate WHERE id = 1"
);
pub(super) const PRUNED: &str = "SELECT pruned_at FROM partnero_outbox_gate WHERE id = 1";
pub(super) const ANY_READY: &str = concat!(
    "SELECT COUNT(*) FROM (SELECT 1 FROM partnero_outbox r WHERE ",
    ready!(),
    " LIMIT 1) AS head"
);
pub(super) const CLAIM: &str = concat!(
    "UPDATE partnero_outbox SET state = 'leased', owner = $1, due_at = ",
    now!(),
    " + $2, attempts = attempts + CASE state WHEN 'leased' THEN 1 ELSE 0 END WHERE ",
    is_one_of!(heads!(), "$3"),
    // Some drivers write bytes where a text is meant.
    " RETURNING id, kind, key, customer, CAST(payload AS TEXT), attempts, created_at, sent_at, \
     tried_at, failing_ms"
);

/// What a claim reads, for a test to have it explained.
#[cfg(test)]
pub(super) const HEADS: &str = concat!(heads!(), "32");

pub(super) const CUSTOMER: &str =
    "SELECT id, state, outcome FROM partnero_outbox WHERE kind = 'customer' AND key = $1";
pub(super) const PENDING_SALE: &str = "SELECT id FROM partnero_outbox \
     WHERE kind = 'transaction' AND key = $1 AND state <> 'done'";
pub(super) const PENDING_REFERRER: &str = "SELECT MIN(id) FROM partnero_outbox \
     WHERE kind = 'customer' AND state <> 'done' AND id <> $2 AND (key = $1 OR public_key = $1)";
/// Whoever delivers the row meanwhile is waited for.
pub(super) const STILL_PENDING: &str =
    locked!("SELECT id FROM partnero_outbox WHERE id = $1 AND state <> 'done'");
pub(super) const HOLD: &str = concat!(
    "UPDATE partnero_outbox SET state = 'held', owner = NULL, waits_for = $3",
    ours!()
);
pub(super) const ANNOUNCE: &str = concat!(
    "UPDATE partnero_outbox SET sent_at = CASE WHEN $3 THEN ",
    now!(),
    " ELSE sent_at END",
    ours!(),
    " AND due_at > ",
    now!(),
    " AND NOT EXISTS (SELECT 1 FROM partnero_outbox_gate WHERE closed_at IS NOT NULL)"
);
pub(super) const DONE: &str = concat!(
    "UPDATE partnero_outbox SET state = 'done', owner = NULL, outcome = arrived.outcome, \
     settled_at = ",
    now!(),
    ", payload = NULL, public_key = NULL, last_answer = NULL FROM ",
    arrived!(),
    " WHERE partnero_outbox.id = arrived.id AND partnero_outbox.owner = arrived.owner \
     AND state = 'leased' \
     RETURNING partnero_outbox.id"
);
pub(super) const ANY_HELD: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM partnero_outbox WHERE state = 'held' LIMIT 1) AS held";
pub(super) const REVIVE: &str = concat!(
    "UPDATE partnero_outbox SET state = 'due', waits_for = NULL, due_at = ",
    now!(),
    " WHERE state = 'held' AND waits_for IN (SELECT arrived.id FROM ",
    arrived!(),
    ")"
);
pub(super) const RETRY: &str = concat!(
    "UPDATE partnero_outbox SET state = 'due', owner = NULL, attempts = attempts + 1, \
     due_at = $3 + ",
    now!(),
    ", tried_at = ",
    now!(),
    ", sent_at = CASE WHEN $4 THEN sent_at ELSE $5 END, failing_ms = $6, last_answer = $7",
    ours!()
);
pub(super) const DEAD: &str = concat!(
    "UPDATE partnero_outbox SET state = 'dead', owner = NULL, attempts = attempts + 1, \
     settled_at = ",
    now!(),
    ", outcome = $3, sent_at = CASE WHEN $4 THEN sent_at ELSE $5 END, last_answer = $6",
    ours!()
);
pub(super) const RELEASE: &str = concat!(
    "UPDATE partnero_outbox SET state = 'due', owner = NULL, due_at = $3 + ",
    now!(),
    ", sent_at = CASE WHEN $4 THEN sent_at ELSE $5 END",
    ours!()
);

/// Of several who ask for a pause, the longest counts, whatever a probe says meanwhile.
pub(super) const SHUT_GATE: &str = concat!(
    "UPDATE partnero_outbox_gate SET reason = $1, closed_at = COALESCE(closed_at, ",
    now!(),
    "), probe_at = COALESCE(probe_at, $2 + ",
    now!(),
    "), not_before = CASE WHEN not_before > $2 + ",
    now!(),
    " THEN not_before ELSE $2 + ",
    now!(),
    " END WHERE id = 1"
);
pub(super) const TAKE_PROBE: &str = concat!(
    "UPDATE partnero_outbox_gate SET probes = probes + 1, probe_at = $1 + ",
    now!(),
    " WHERE id = 1 AND closed_at IS NOT NULL AND COALESCE(probe_at, 0) <= ",
    now!(),
    " AND not_before <= ",
    now!(),
    " RETURNING probes"
);
pub(super) const DEFER_PROBE: &str = concat!(
    "UPDATE partnero_outbox_gate SET probe_at = $1 + ",
    now!(),
    " WHERE id = 1 AND closed_at IS NOT NULL"
);
pub(super) const OPEN_GATE: &str = concat!(
    "UPDATE partnero_outbox_gate SET closed_at = NULL, reason = NULL, probe_at = NULL, probes = 0 \
     WHERE id = 1 AND not_before <= ",
    now!()
);
/// What was told to wait as long as the whole fleet.
pub(super) const RESUME_ROWS: &str = concat!(
    "UPDATE partnero_outbox SET due_at = ",
    now!(),
    " WHERE state = 'due' AND due_at >= \
     (SELECT not_before FROM partnero_outbox_gate WHERE id = 1 AND closed_at IS NOT NULL)"
);
pub(super) const RESUME: &str = "UPDATE partnero_outbox_gate SET closed_at = NULL, reason = NULL, \
     probe_at = NULL, not_before = 0, probes = 0 WHERE id = 1 AND closed_at IS NOT NULL";
/// For a gate that somebody else has asked to stay shut while it was probed.
pub(super) const PROBE_AGAIN: &str = "UPDATE partnero_outbox_gate SET probe_at = not_before \
     WHERE id = 1 AND closed_at IS NOT NULL";

pub(super) const STATUS: &str = concat!(
    "SELECT (SELECT COUNT(*) FROM partnero_outbox WHERE state IN ('due', 'leased') AND due_at <= ",
    now!(),
    "), (SELECT COUNT(*) FROM partnero_outbox WHERE state IN ('due', 'leased')), \
     (SELECT COUNT(*) FROM partnero_outbox WHERE state = 'held'), \
     (SELECT COUNT(*) FROM partnero_outbox WHERE state = 'dead'), ",
    now!(),
    " - (SELECT MIN(created_at) FROM partnero_outbox WHERE state IN ('due', 'leased')), ",
    now!(),
    " - closed_at, reason FROM partnero_outbox_gate WHERE id = 1"
);
pub(super) const LIST_DEAD: &str = "SELECT id, kind, key, customer, outcome, last_answer, attempts, \
     created_at, settled_at FROM partnero_outbox WHERE state = 'dead' AND id > $1 ORDER BY id LIMIT $2";
macro_rules! due_again {
    () => {
        concat!(
            "UPDATE partnero_outbox SET state = 'due', due_at = ",
            now!(),
            ", outcome = NULL, settled_at = NULL, attempts = 0, tried_at = NULL, failing_ms = 0"
        )
    };
}

/// A credit is replayed by a person who has found out that it did not arrive.
pub(super) const REPLAY: &str = concat!(
    due_again!(),
    ", sent_at = CASE kind WHEN 'credit' THEN NULL ELSE sent_at END WHERE id = $1 AND state = 'dead'"
);
pub(super) const REPLAY_ALL: &str =
    concat!(due_again!(), " WHERE state = 'dead' AND kind <> 'credit'");
pub(super) const DISCARD: &str = concat!(
    "UPDATE partnero_outbox SET state = 'done', outcome = 'discarded', settled_at = ",
    now!(),
    ", payload = NULL, public_key = NULL, last_answer = $2 WHERE id = $1 AND state = 'dead'"
);
pub(super) const OLD_RECEIPTS: &str = concat!(
    "SELECT id FROM partnero_outbox \
     WHERE state = 'done' AND kind <> 'credit' AND settled_at <= ",
    now!(),
    " - $1 ORDER BY id LIMIT $2"
);
pub(super) const PRUNE: &str = concat!(
    "DELETE FROM partnero_outbox WHERE id IN (SELECT arrived.id FROM ",
    arrived!(),
    ")"
);
pub(super) const NOTE_PRUNING: &str = concat!(
    "UPDATE partnero_outbox_gate SET pruned_at = ",
    now!(),
    " WHERE id = 1"
);
