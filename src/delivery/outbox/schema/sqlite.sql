CREATE TABLE partnero_outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('customer', 'transaction', 'refund', 'credit')),
    key         TEXT NOT NULL CHECK (key <> ''),
    customer    TEXT NOT NULL CHECK (customer <> ''),
    public_key  TEXT,
    payload     TEXT,
    state       TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'leased', 'held', 'done', 'dead')),
    due_at      INTEGER NOT NULL DEFAULT (CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)),
    owner       TEXT,
    waits_for   INTEGER,
    sent_at     INTEGER,
    attempts    INTEGER NOT NULL DEFAULT 0,
    tried_at    INTEGER,
    failing_ms  INTEGER NOT NULL DEFAULT 0,
    outcome     TEXT,
    last_answer TEXT,
    created_at  INTEGER NOT NULL DEFAULT (CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)),
    settled_at  INTEGER,
    UNIQUE (kind, key),
    CHECK (kind <> 'customer' OR key = customer)
);
CREATE INDEX partnero_outbox_next ON partnero_outbox (due_at, kind, customer) WHERE state IN ('due', 'leased');
CREATE INDEX partnero_outbox_lane ON partnero_outbox (customer, id) WHERE state IN ('due', 'leased');
CREATE INDEX partnero_outbox_held ON partnero_outbox (waits_for) WHERE state = 'held';
CREATE INDEX partnero_outbox_dead ON partnero_outbox (id) WHERE state = 'dead';
CREATE INDEX partnero_outbox_public_key ON partnero_outbox (public_key) WHERE public_key IS NOT NULL;
CREATE TABLE partnero_outbox_gate (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    closed_at   INTEGER,
    reason      TEXT,
    not_before  INTEGER NOT NULL DEFAULT 0,
    probe_at    INTEGER,
    probes      INTEGER NOT NULL DEFAULT 0,
    pruned_at   INTEGER
);
INSERT INTO partnero_outbox_gate (id) VALUES (1);
