CREATE TABLE partnero_outbox (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    due_at      BIGINT NOT NULL DEFAULT (EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::BIGINT,
    created_at  BIGINT NOT NULL DEFAULT (EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::BIGINT,
    attempts    BIGINT NOT NULL DEFAULT 0,
    waits_for   BIGINT,
    sent_at     BIGINT,
    failing_ms  BIGINT,
    settled_at  BIGINT,
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
) WITH (autovacuum_analyze_threshold = 1000, autovacuum_vacuum_threshold = 1000);
CREATE INDEX partnero_outbox_fresh ON partnero_outbox (program, due_at) WHERE state IN ('due', 'leased') AND attempts = 0;
CREATE INDEX partnero_outbox_repeated ON partnero_outbox (program, due_at) WHERE state IN ('due', 'leased') AND attempts <> 0;
CREATE INDEX partnero_outbox_lane ON partnero_outbox (program, customer, id) WHERE state IN ('due', 'leased');
CREATE INDEX partnero_outbox_queued ON partnero_outbox (program, customer, id) WHERE state = 'queued';
CREATE INDEX partnero_outbox_customer ON partnero_outbox (program, customer, id) WHERE settled_at IS NOT NULL;
CREATE INDEX partnero_outbox_held ON partnero_outbox (program, waits_for, id) WHERE state = 'held';
CREATE INDEX partnero_outbox_dead ON partnero_outbox (program, id) WHERE state = 'dead';
CREATE INDEX partnero_outbox_receipts ON partnero_outbox (program, settled_at) WHERE state = 'done' AND kind <> 'credit';
CREATE INDEX partnero_outbox_public_key ON partnero_outbox (program, public_key, id) WHERE public_key IS NOT NULL AND state IN ('due', 'leased', 'held');
CREATE TABLE partnero_outbox_gate (
    program     TEXT NOT NULL PRIMARY KEY,
    closed_at   BIGINT,
    reason      TEXT,
    not_before  BIGINT NOT NULL DEFAULT 0,
    probe_at    BIGINT,
    probes      BIGINT NOT NULL DEFAULT 0,
    pruned_at   BIGINT
);
INSERT INTO partnero_outbox_gate (program) VALUES ('');
CREATE TABLE partnero_outbox_migrations (
    version     BIGINT PRIMARY KEY,
    applied_at  BIGINT NOT NULL
);
INSERT INTO partnero_outbox_migrations (version, applied_at) VALUES (1, (EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::BIGINT);
