//! A failover: the connections of the pool lead to a server that has become a standby.
//!
//! A session of a standby is one with the setting `app.standby`. A trigger refuses its writes as a
//! standby does, and a function by the name of PostgreSQL's own says that the server is a standby.
//! Connections that are opened later have no such setting: they lead to the new primary.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tower_partnero::NewCustomer;
use tower_partnero::delivery::{Outbox, OutboxErrorKind, Status};

use crate::support::{self, Shop};

const STANDBY: &str = "\
    CREATE FUNCTION pg_is_in_recovery() RETURNS BOOLEAN LANGUAGE SQL AS \
    $$ SELECT COALESCE(current_setting('app.standby', true), '') = 'on' $$; \
    CREATE FUNCTION refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN \
    IF pg_is_in_recovery() THEN RAISE EXCEPTION 'read-only' USING ERRCODE = '25006'; END IF; \
    RETURN NEW; END $$; \
    CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON partnero_outbox \
    FOR EACH ROW EXECUTE FUNCTION refuse()";

#[tokio::test]
async fn a_worker_leaves_a_server_that_has_become_a_standby() {
    let primary = support::postgres("a_worker_leaves_a_standby").await;
    let outbox = Outbox::postgres(primary.clone()).await.unwrap();
    sqlx::raw_sql(STANDBY).execute(&primary).await.unwrap();
    let schema: String = sqlx::query_scalar("SELECT current_schema()")
        .fetch_one(&primary)
        .await
        .unwrap();
    let url = std::env::var("TOWER_PARTNERO_TEST_POSTGRES").unwrap();
    let path = format!("{schema},pg_catalog");
    let options: PgConnectOptions = url.parse().unwrap();
    let options = options.options([("search_path", path.as_str())]);
    let pool = PgPoolOptions::new().max_connections(3);
    let pool = pool.connect_with(options).await.unwrap();
    let shop = Shop::open(Outbox::postgres(pool.clone()).await.unwrap()).await;
    outbox.enqueue(NewCustomer::new("ben")).await.unwrap();

    let mut connections = Vec::new();
    for _ in 0..3 {
        let mut connection = pool.acquire().await.unwrap();
        let become_standby = sqlx::query("SET app.standby = 'on'");
        become_standby.execute(&mut *connection).await.unwrap();
        connections.push(connection);
    }
    drop(connections);
    let report = NewCustomer::new("cleo");
    let error = shop.outbox.enqueue(report).await.unwrap_err();
    assert_eq!(error.kind(), OutboxErrorKind::ReadOnly);
    assert!(error.is_retryable());

    let worker = shop.worker().start().unwrap();
    shop.status_when(Status::is_drained).await;
    assert!(shop.knows("ben"));
    worker.stop(Duration::from_secs(5)).await;
}
