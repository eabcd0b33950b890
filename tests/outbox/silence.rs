//! A database that cannot be reached any more, and no error says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::PgPoolOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower_partnero::NewCustomer;
use tower_partnero::delivery::{Outbox, Status};

use crate::support::{Shop, postgres};

/// A proxy to the server that passes no bytes on while `frozen` is set. Returns its port.
async fn way_to(server: (String, u16), frozen: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(server.clone()).await.unwrap();
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            for (mut from, mut to) in [(from_client, to_server), (from_server, to_client)] {
                let frozen = frozen.clone();
                tokio::spawn(async move {
                    let mut bytes = [0; 8_192];
                    loop {
                        let read = from.read(&mut bytes).await.unwrap_or(0);
                        while frozen.load(Ordering::Relaxed) {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                        if read == 0 || to.write_all(&bytes[..read]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        }
    });
    port
}

#[tokio::test]
async fn a_database_that_says_nothing_any_more_is_noticed_and_holds_up_no_stop() {
    let pool =
        postgres("a_database_that_says_nothing_any_more_is_noticed_and_holds_up_no_stop").await;
    let options = (*pool.connect_options()).clone();
    let frozen = Arc::new(AtomicBool::new(false));
    let server = (options.get_host().to_owned(), options.get_port());
    let port = way_to(server, frozen.clone()).await;
    let pool = PgPoolOptions::new().connect_with(options.port(port));
    let shop = Shop::open(Outbox::postgres(pool.await.unwrap()).await.unwrap()).await;
    shop.report(NewCustomer::new("ben")).await;
    let worker = shop.worker().start().unwrap();
    shop.status_when(Status::is_drained).await;

    frozen.store(true, Ordering::Relaxed);
    let noticed = async {
        while worker.health().is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let noticed = tokio::time::timeout(Duration::from_secs(20), noticed).await;
    assert!(noticed.is_ok(), "{:?}", worker.health());
    frozen.store(false, Ordering::Relaxed);
    shop.report(NewCustomer::new("cleo")).await;
    shop.status_when(|status| status.is_drained() && worker.health().is_ok())
        .await;

    frozen.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    worker.stop(Duration::from_millis(200)).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
    frozen.store(false, Ordering::Relaxed);
}
