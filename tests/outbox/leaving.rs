//! Who is forgotten is deleted at Partnero, and nobody else is.

use std::time::Duration;

use http::Method;
use tower_partnero::NewCustomer;
use tower_partnero::delivery::{DeadReason, Deletion, OutboxErrorKind, Status};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::PathOrder;

use crate::support::{Shop, every_engine, friend, sale};

every_engine! {
    who_is_forgotten_is_deleted_at_partnero,
    whom_partnero_does_not_have_is_deleted_already,
    a_deletion_outlasts_an_outage,
    a_lost_answer_does_not_delete_who_comes_after,
    a_sign_up_amid_its_own_delivery_is_deleted_after_it,
    nobody_else_is_deleted,
    a_refused_deletion_is_for_a_person,
    an_identifier_that_no_report_can_have_is_refused,
}

fn ben(name: &str) -> NewCustomer {
    friend("ben").name(name)
}

async fn who_is_forgotten_is_deleted_at_partnero(shop: Shop) {
    shop.anna().await;
    shop.report(ben("Ben")).await;
    shop.report(sale("o-1", "ben")).await;
    shop.deliver().await;
    shop.report(sale("o-2", "ben")).await;
    assert_eq!(shop.outbox.forget("ben").await.unwrap().waiting, 1);
    let status = shop.deliver().await;
    assert_eq!((status.dead, status.held), (0, 0));
    assert!(!shop.knows("ben") && shop.knows("anna"));
    assert_eq!(shop.recorded("o-2"), 0);
    assert!(shop.outbox.export("ben").await.unwrap().is_empty());
}

async fn whom_partnero_does_not_have_is_deleted_already(shop: Shop) {
    shop.outbox.forget("ben").await.unwrap();
    assert_eq!(shop.deliver().await.dead, 0);
    assert_eq!(shop.calls("DELETE"), 0);
    // Between the look-up and the call somebody else deletes the customer.
    shop.report(NewCustomer::new("ben")).await;
    shop.deliver().await;
    let gone = Fault::status(404).on(Method::DELETE, "/v1/customers");
    shop.sandbox.inject(gone);
    shop.report(Deletion::new("ben")).await;
    assert_eq!(shop.deliver().await.dead, 0);
}

async fn a_deletion_outlasts_an_outage(shop: Shop) {
    shop.report(ben("Ben")).await;
    shop.deliver().await;
    shop.sandbox.go_down().await;
    // Several, so that the fleet pauses.
    for id in ["ben", "cleo", "dora"] {
        shop.outbox.forget(id).await.unwrap();
    }
    let worker = shop.worker().start().unwrap();
    shop.status_when(|status| status.paused_for.is_some()).await;
    worker.stop(Duration::from_secs(5)).await;
    assert!(shop.knows("ben"));
    // Another process, later.
    shop.sandbox.come_back().await.unwrap();
    shop.deliver().await;
    assert!(!shop.knows("ben"));
}

async fn a_lost_answer_does_not_delete_who_comes_after(shop: Shop) {
    shop.anna().await;
    shop.report(ben("Ben")).await;
    shop.deliver().await;
    let lost = Fault::cut_after().on(Method::DELETE, "/v1/customers");
    shop.sandbox.inject(lost.times(1));
    shop.outbox.forget("ben").await.unwrap();
    shop.report(ben("Benedict")).await;
    shop.report(sale("o-1", "ben")).await;
    let status = shop.deliver().await;
    assert_eq!((status.dead, status.held), (0, 0));
    let customers = shop.sandbox.customers();
    let known = customers.iter().find(|customer| customer.id == "ben");
    assert_eq!(known.unwrap().name.as_deref(), Some("Benedict"));
    assert_eq!(shop.recorded("o-1"), 1);
    assert_eq!(shop.calls("DELETE"), 1);
}

async fn a_sign_up_amid_its_own_delivery_is_deleted_after_it(shop: Shop) {
    let slow = Fault::delay(Duration::from_millis(200));
    shop.sandbox.inject(slow.on(Method::POST, "/v1/customers"));
    shop.report(NewCustomer::new("ben")).await;
    let lease = Duration::from_millis(900);
    let worker = shop.worker().lease(lease).start().unwrap();
    shop.status_when(|_| shop.calls("POST /v1/customers") == 1)
        .await;
    assert_eq!(shop.outbox.forget("ben").await.unwrap().under_way, 1);
    shop.status_when(Status::is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.calls("DELETE"), 1);
    assert!(!shop.knows("ben"));
}

/// Partnero's path takes keys, too. Which of two customers it then means, no source says.
async fn nobody_else_is_deleted(shop: Shop) {
    let stranger = NewCustomer::new("cleo").key("ben");
    shop.client.customers().create(&stranger).await.unwrap();
    shop.outbox.forget("ben").await.unwrap();
    assert_eq!(shop.deliver().await.dead, 0);
    assert!(shop.knows("cleo"));
    // Both are there: the path means one of the two.
    for order in PathOrder::ALL {
        shop.switch(*order);
        if !shop.knows("ben") {
            let ours = NewCustomer::new("ben").key("ben-8");
            shop.client.customers().create(&ours).await.unwrap();
        }
        shop.outbox.forget("ben").await.unwrap();
        let status = shop.deliver().await;
        assert!(shop.knows("cleo"), "{order:?}");
        assert_eq!(shop.knows("ben"), status.dead == 1, "{order:?}");
    }
}

async fn a_refused_deletion_is_for_a_person(shop: Shop) {
    shop.report(NewCustomer::new("ben")).await;
    shop.deliver().await;
    let refused = Fault::status(422).on(Method::DELETE, "/v1/customers");
    shop.sandbox.inject(refused.times(1));
    shop.outbox.forget("ben").await.unwrap();
    shop.report(NewCustomer::new("ben").name("Benedict")).await;
    let worker = shop.worker().start().unwrap();
    let status = shop.status_when(|status| status.dead == 1).await;
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(status.held, 1);
    let dead = shop.dead().await.remove(0);
    assert_eq!(dead.reason, DeadReason::Refused.as_str());
    assert!(shop.outbox.replay(dead.id).await.unwrap());
    assert_eq!(shop.deliver().await.dead, 0);
    let customer = shop.sandbox.customers().remove(0);
    assert_eq!(customer.name.as_deref(), Some("Benedict"));
}

async fn an_identifier_that_no_report_can_have_is_refused(shop: Shop) {
    for id in ["", "b\0", &"b".repeat(1_001)] {
        let error = shop.outbox.forget(id).await.unwrap_err();
        assert_eq!(error.kind(), OutboxErrorKind::Invalid, "{id:?}");
    }
    assert_eq!(shop.outbox.status().await.unwrap().pending, 0);
}
