//! Two programs of one app: one table, and a worker and an API key for each.

use std::time::Duration;

use tower_partnero::NewCustomer;

use crate::support::{Shop, every_engine, sale};

every_engine! {
    each_worker_delivers_the_rows_of_its_own_program,
}

async fn each_worker_delivers_the_rows_of_its_own_program(shop: Shop) {
    // A sale whose answer comes too late would be sent again.
    let shop = shop.with_timeout(Duration::from_secs(10));
    let partners = Shop::open(shop.outbox.program("partners").unwrap()).await;
    shop.report(NewCustomer::new("ben")).await;
    shop.report(sale("o-1", "ben")).await;
    partners.report(NewCustomer::new("ben")).await;
    partners.report(NewCustomer::new("cleo")).await;

    assert_eq!(shop.deliver().await.pending, 0);
    assert!(shop.knows("ben") && !shop.knows("cleo"));
    assert_eq!(shop.calls("POST /v1/transactions"), 1);
    assert!(partners.sandbox.customers().is_empty());
    assert_eq!(partners.outbox.status().await.unwrap().pending, 2);
    let before = shop.calls("");

    assert_eq!(partners.deliver().await.pending, 0);
    assert!(partners.knows("ben") && partners.knows("cleo"));
    assert_eq!(partners.calls("POST /v1/transactions"), 0);
    assert_eq!(shop.calls("POST /v1/customers"), 1);
    assert_eq!(shop.calls(""), before);
}

#[test]
fn a_name_that_no_column_should_hold_is_refused() {
    let outbox = tower_partnero::Outbox::memory();
    for name in ["a\0b".to_owned(), "p".repeat(101)] {
        let error = outbox.program(&name).unwrap_err();
        assert!(error.to_string().contains("program"), "{error}");
    }
}
