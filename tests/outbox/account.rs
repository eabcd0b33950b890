//! The account page, before and after Partnero has the customer.

use std::time::Duration;

use tower_partnero::account::Account;
use tower_partnero::{ErrorKind, NewCustomer};

use crate::support::{Shop, every_engine};

every_engine! {
    a_sign_up_on_its_way_is_pending_and_no_failure,
    a_dead_sign_up_is_stuck,
}

async fn a_sign_up_on_its_way_is_pending_and_no_failure(shop: Shop) {
    let account = async || Account::of(&shop.client, &shop.outbox, "ben").await;
    let error = account().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    shop.report(NewCustomer::new("ben").key("ben-8")).await;
    assert_eq!(account().await.unwrap(), Account::Pending);
    shop.sandbox.go_down().await;
    assert_eq!(account().await.unwrap(), Account::Pending);
    shop.sandbox.come_back().await.unwrap();
    shop.deliver().await;
    let Account::Ready(profile) = account().await.unwrap() else {
        panic!("Partnero has the customer");
    };
    let link = profile.link.as_deref();
    assert_eq!(link, Some("https://shop.example/?ref=ben-8"));
    // Now the page depends on Partnero: the outbox knows no link.
    shop.sandbox.go_down().await;
    assert_eq!(account().await.unwrap_err().kind(), ErrorKind::Connect);
}

async fn a_dead_sign_up_is_stuck(shop: Shop) {
    shop.sandbox.refuse_value("ben");
    shop.report(NewCustomer::new("ben")).await;
    let worker = shop.worker().start().unwrap();
    shop.status_when(|status| status.dead == 1).await;
    worker.stop(Duration::from_secs(5)).await;
    let account = Account::of(&shop.client, &shop.outbox, "ben").await;
    assert_eq!(account.unwrap(), Account::Stuck);
}
