//! What an operator sees and does.

use http::Method;
use tower_partnero::NewCustomer;
use tower_partnero::sandbox::Fault;

use crate::support::{Shop, every_engine};

every_engine! {
    the_status_is_empty_at_first_and_tells_what_waits,
    all_dead_letters_are_replayed_at_once,
    debug_shows_no_answer_of_partneros,
}

async fn the_status_is_empty_at_first_and_tells_what_waits(shop: Shop) {
    let status = shop.outbox.status().await.unwrap();
    assert_eq!((status.pending, status.held, status.dead), (0, 0, 0));
    assert!(status.is_drained() && status.oldest.is_none());
    shop.report(NewCustomer::new(1)).await;
    let status = shop.outbox.status().await.unwrap();
    assert_eq!((status.pending, status.ready), (1, 1));
    assert!(status.oldest.is_some());
}

async fn all_dead_letters_are_replayed_at_once(shop: Shop) {
    shop.sandbox
        .inject(Fault::status(422).on(Method::POST, "/v1/customers"));
    for number in 0..3 {
        shop.report(NewCustomer::new(number)).await;
    }
    assert_eq!(shop.deliver().await.dead, 3);
    shop.sandbox.clear_faults();
    assert_eq!(shop.outbox.replay_all().await.unwrap(), 3);
    assert_eq!(shop.deliver().await.dead, 0);
    assert_eq!(shop.sandbox.customers().len(), 3);
}

async fn debug_shows_no_answer_of_partneros(shop: Shop) {
    let told = r#"{"message": "ben@shop.example is taken"}"#;
    shop.sandbox
        .inject(Fault::answer(422, told, "application/json"));
    shop.report(NewCustomer::new(1)).await;
    shop.deliver().await;
    let letter = shop.dead().await.remove(0);
    assert!(letter.last_answer.contains("ben@shop.example"));
    assert!(!format!("{letter:?}").contains("ben@"));
}
