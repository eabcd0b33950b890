CREATE TABLE partnero_outbox (
    id          INTEGER PRIMARY KEY,
    due_at      INTEGER NOT NULL CHECK (typeof(due_at) = 'integer')
                DEFAULT (CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)),
    created_at  INTEGER NOT NULL CHECK (typeof(created_at) = 'integer')
                DEFAULT (CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)),
    attempts    INTEGER NOT NULL DEFAULT 0 CHECK (typeof(attempts) = 'integer'),
    waits_for   INTEGER CHECK (typeof(waits_for) IN ('integer', 'null')),
    sent_at     INTEGER CHECK (typeof(sent_at) IN ('integer', 'null')),
    failing_ms  INTEGER CHECK (typeof(failing_ms) IN ('integer', 'null')),
    settled_at  INTEGER CHECK (typeof(settled_at) IN ('integer', 'null')),
    program     TEXT NOT NULL DEFAULT '',
    kind        TEXT NOT NULL CHECK (kind IN ('customer', 'transaction', 'refund', 'credit', 'deletion')),
    key         TEXT NOT NULL CHECK (key <> ''),
    customer    TEXT NOT NULL CHECK (customer <> ''),
    state       TEXT NOT NULL DEFAULT 'due'
                CHECK (state IN ('due', 'leased', 'queued', 'held', 'done', 'dead')),
    public_key  TEXT,
    payload     TEXT,
    owner       TEXT,
    outcome     TEXT,
    last_answer TEXT,
    UNIQUE (key, kind, program),
    CHECK (kind <> 'customer' OR key = customer)
);
CREATE INDEX partnero_outbox_fresh ON partnero_outbox (program, due_at) WHERE state IN ('due', 'leased') AND attempts = 0;
CREATE INDEX partnero_outbox_repeated ON partnero_outbox (program, due_at) WHERE state IN ('due', 'leased') AND attempts <> 0;
CREATE INDEX partnero_outbox_lane ON partnero_outbox (program, customer) WHERE state IN ('due', 'leased');
CREATE INDEX partnero_outbox_queued ON partnero_outbox (program, customer) WHERE state = 'queued';
CREATE INDEX partnero_outbox_customer ON partnero_outbox (program, customer) WHERE settled_at IS NOT NULL;
CREATE INDEX partnero_outbox_held ON partnero_outbox (program, waits_for) WHERE state = 'held';
CREATE INDEX partnero_outbox_dead ON partnero_outbox (program) WHERE state = 'dead';
CREATE INDEX partnero_outbox_receipts ON partnero_outbox (program, settled_at) WHERE state = 'done' AND kind <> 'credit';
CREATE INDEX partnero_outbox_public_key ON partnero_outbox (program, public_key) WHERE public_key IS NOT NULL AND state IN ('due', 'leased', 'held');
CREATE TRIGGER partnero_outbox_ids AFTER DELETE ON partnero_outbox WHEN OLD.id > (SELECT COALESCE(MAX(id), 0) FROM partnero_outbox) BEGIN INSERT INTO partnero_outbox (id, program, kind, key, customer, state) VALUES (OLD.id, '(deleted)', 'refund', '(deleted)', '(deleted)', 'done') ON CONFLICT (key, kind, program) DO UPDATE SET id = excluded.id; END;
CREATE TABLE partnero_outbox_gate (
    program     TEXT NOT NULL PRIMARY KEY,
    closed_at   INTEGER,
    reason      TEXT,
    not_before  INTEGER NOT NULL DEFAULT 0,
    probe_at    INTEGER,
    probes      INTEGER NOT NULL DEFAULT 0,
    pruned_at   INTEGER
);
INSERT INTO partnero_outbox_gate (program) VALUES ('');
CREATE TABLE partnero_outbox_migrations (
    version     BIGINT PRIMARY KEY,
    applied_at  BIGINT NOT NULL
);
INSERT INTO partnero_outbox_migrations (version, applied_at) VALUES (1, CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER));
