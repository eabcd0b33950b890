//! The same reports under every position of every switch of the sandbox: each is an open question
//! about Partnero, and no answer to it may matter.

use http::Method;
use tower_partnero::NewCustomer;
use tower_partnero::delivery::{Outbox, Refund};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{self, Switch};

use crate::support::{Shop, friend, sale};

/// Makes a test for each switch, which runs under each of its positions.
macro_rules! under_every_position_of {
    ($($test:ident: $switch:ident,)+) => {
        $(#[tokio::test]
        async fn $test() {
            let positions = switches::$switch::ALL.iter().copied();
            let shops = positions.map(|position| tokio::spawn(arrives_once_and_in_order(position)));
            for shop in shops.collect::<Vec<_>>() {
                shop.await.unwrap();
            }
        })+
    };
}

under_every_position_of! {
    action_field: ActionField,
    created_status: CreatedStatus,
    customer_shape: CustomerShape,
    delete_path: DeletePath,
    done_answer: DoneAnswer,
    duplicate_customer: DuplicateCustomer,
    empty_objects: EmptyObjects,
    envelope_status: EnvelopeStatus,
    error_map: ErrorMap,
    error_status: ErrorStatus,
    key_case: KeyCase,
    list_order: ListOrder,
    numbers: Numbers,
    page_limit: PageLimit,
    page_links: PageLinks,
    path_order: PathOrder,
    referrer_echo: ReferrerEcho,
    repeated_key: RepeatedKey,
    repeated_transaction: RepeatedTransaction,
    unknown_buyer: UnknownBuyer,
    unknown_referrer: UnknownReferrer,
    unreferred_sale: UnreferredSale,
}

async fn arrives_once_and_in_order(position: impl Switch + Copy + std::fmt::Debug) {
    let shop = Shop::open(Outbox::memory()).await;
    shop.switch(position);
    shop.sandbox.inject(Fault::status(503).every(7));
    shop.sandbox.inject(Fault::cut_after().every(11));
    shop.sandbox
        .inject(Fault::status(500).after_effect().every(13));
    shop.sandbox.inject(
        Fault::hang_after()
            .on(Method::POST, "/v1/transactions")
            .every(5),
    );
    shop.report(NewCustomer::new("anna").key("anna-7")).await;
    for id in ["ben", "cleo", "dora"] {
        shop.report(friend(id)).await;
        shop.report(sale(&format!("kept-{id}"), id)).await;
        shop.report(sale(&format!("back-{id}"), id)).await;
        shop.report(Refund::new(format!("back-{id}"), id)).await;
    }
    // Nobody referred Anna.
    shop.report(sale("kept-anna", "anna")).await;
    let worker = shop.worker().start().unwrap();
    let status = shop
        .status_when(|status| status.pending + status.held == 0)
        .await;
    worker.stop(std::time::Duration::from_secs(5)).await;
    assert_eq!(status.dead, 0, "{position:?}: {:?}", shop.dead().await);
    for id in ["ben", "cleo", "dora"] {
        assert_eq!(
            shop.referrer_of(id).as_deref(),
            Some("anna"),
            "{position:?}"
        );
        assert_eq!(shop.recorded(&format!("kept-{id}")), 1, "{position:?} {id}");
        assert_eq!(shop.recorded(&format!("back-{id}")), 0, "{position:?} {id}");
    }
}
