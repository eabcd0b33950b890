//! The warning about a server that may forget its commits.

use std::io::Write;
use std::sync::{Arc, Mutex};

use sqlx::postgres::PgPool;
use tower_partnero::delivery::Outbox;

use crate::server::Server;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is logged when an outbox is opened over new connections.
async fn warnings(server: &Server, synchronous_commit: &str) -> String {
    let options = server.options.clone();
    let options = options.options([("synchronous_commit", synchronous_commit)]);
    let pool = PgPool::connect_with(options).await.unwrap();
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_writer(move || written.clone())
        .finish();
    let scope = tracing::subscriber::set_default(subscriber);
    Outbox::postgres(pool).await.unwrap();
    drop(scope);
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_server_that_syncs_nothing_is_warned_of() {
    let server = Server::take("a_server_that_syncs_nothing_is_warned_of").await;
    // No warning: the outbox turns it on for its own transactions.
    assert_eq!(warnings(&server, "off").await, "");
    server
        .alter_until("SET fsync = 'off'", "fsync", "off")
        .await;
    let warned = warnings(&server, "on").await;
    server.alter_until("RESET fsync", "fsync", "on").await;
    assert!(
        warned.contains("WARN") && warned.contains("`fsync`"),
        "{warned}"
    );
}
