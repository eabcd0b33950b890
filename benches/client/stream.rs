//! The memory of a long list that is read as a stream.

use tokio::runtime::Builder;
use tower_partnero::Client;
use tower_partnero::client::ApiKey;

use crate::allocator;
use crate::server::{CUSTOMERS, PAGE, Server};

/// Reports it, and tells whether it stays flat.
pub(crate) fn measure() -> bool {
    let server = Server::start();
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let client = Client::builder(ApiKey::new("bench-key").expect("a key"))
        .base_url(&server.base_url)
        .build()
        .expect("a client");
    let read = |customers: usize| {
        runtime.block_on(async {
            let mut stream = client.customers().list().stream();
            for _ in 0..customers {
                stream.next().await.expect("a customer").expect("an answer");
            }
            if customers == CUSTOMERS {
                assert!(stream.next().await.is_none(), "that was all");
            }
        });
    };
    read(PAGE);
    println!("{:>9}  {:>12}", "customers", "peak bytes");
    let peaks = [PAGE, CUSTOMERS / 10, CUSTOMERS].map(|customers| {
        let peak = allocator::peak(|| read(customers));
        println!("{customers:>9}  {peak:>12}");
        peak
    });
    println!();
    // A fingerprint of each page is all that stays, and how much hyper reads at once differs from
    // run to run. What kept its customers would need ten times as much.
    peaks[2] <= peaks[1] + peaks[1] / 10
}
