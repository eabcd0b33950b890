//! Rewards, and the webhooks by which the shop learns of them.

use std::time::Duration;

use http::Method;
use tower_partnero::sandbox::switches::{
    RewardedData, WebhookEnvelope, WebhookRetryTime, WebhookTime,
};
use tower_partnero::sandbox::{Fault, WebhookDelivery};
use tower_partnero::webhook::{SIGNATURE, WebhookSecret, sign};

use crate::shop::ANNA;
use crate::town::Town;

#[tokio::test]
async fn a_purchase_earns_the_friend_a_reward_and_a_refund_takes_it_back() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.sign_up("Ben").await;
    let anna = "/account/1";
    let shows = async |balance: &str, rewards: u32| {
        town.all_has_arrived().await;
        let page = ben.read(anna).await;
        let balance = format!("<strong>{balance}</strong>");
        let rewards = format!("told us of</dt><dd>{rewards}<");
        assert!(page.contains(&balance) && page.contains(&rewards), "{page}");
    };
    shows("nothing yet", 0).await;

    ben.post("/account/2/buy", &[]).await;
    shows("3.00 USD", 1).await;
    // From here on each webhook comes twice and out of order, and must have its effect once.
    let twice = WebhookDelivery::new().duplicate_every(1);
    let rough = twice.scatter(Duration::from_millis(50));
    town.sandbox.deliver_webhooks(rough);
    for _ in 0..4 {
        ben.post("/account/2/buy", &[]).await;
    }
    shows("15.00 USD", 5).await;
    for order in [2, 3, 1] {
        let path = format!("/account/2/return/{order}");
        ben.post(&path, &[]).await;
    }
    shows("6.00 USD", 5).await;
    for order in [4, 5] {
        let path = format!("/account/2/return/{order}");
        ben.post(&path, &[]).await;
    }
    shows("nothing", 5).await;
    assert!(!ben.read("/account/2").await.contains(">Order "));
    // The shop has stored what it was told, so it does not need Partnero to show it.
    town.sandbox.go_down().await;
    let page = ben.read(anna).await;
    assert!(page.contains("<strong>nothing</strong>"), "{page}");
}

#[tokio::test]
async fn the_reward_arrives_in_every_shape_that_it_may_have() {
    for data in RewardedData::ALL {
        for envelope in WebhookEnvelope::ALL {
            let town = Town::open().await;
            town.sandbox.switch(*data);
            town.sandbox.switch(*envelope);
            let ben = town.visitor();
            ben.get(&format!("/?ref={ANNA}")).await;
            ben.sign_up("Ben").await;
            ben.post("/account/2/buy", &[]).await;
            town.all_has_arrived().await;
            let page = ben.read("/account/1").await;
            assert!(page.contains("3.00 USD"), "{data:?} {envelope:?}");
            ben.post("/account/2/return/1", &[]).await;
            town.all_has_arrived().await;
            let page = ben.read("/account/1").await;
            assert!(page.contains("<strong>nothing<"), "{data:?} {envelope:?}");
        }
    }
}

#[tokio::test]
async fn rewards_of_one_second_are_all_in_the_balance() {
    let town = Town::open().await;
    town.sandbox.switch(WebhookTime::Seconds);
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.sign_up("Ben").await;
    for _ in 0..5 {
        ben.post("/account/2/buy", &[]).await;
        town.all_has_arrived().await;
    }
    // Webhooks of the same second may be equal in every byte, so their number is not checked.
    let page = ben.read("/account/1").await;
    assert!(page.contains("<strong>15.00 USD<"), "{page}");
}

#[tokio::test]
async fn a_reward_that_comes_while_partnero_is_away_comes_again() {
    for time in WebhookRetryTime::ALL {
        let town = Town::open().await;
        town.sandbox.switch(*time);
        let ben = town.visitor();
        ben.get(&format!("/?ref={ANNA}")).await;
        ben.sign_up("Ben").await;
        // Without the balance the shop cannot handle the event, so it answers 503.
        town.sandbox
            .deliver_webhooks(WebhookDelivery::new().backoff(Duration::from_millis(20)));
        let refused = Fault::status(401).on(Method::GET, "/v1/customers/1/balance");
        town.sandbox.inject(refused.times(2));
        ben.post("/account/2/buy", &[]).await;
        town.all_has_arrived().await;
        let told = town.sandbox.webhooks();
        let statuses: Vec<_> = told
            .iter()
            .map(|told| told.status.unwrap().as_u16())
            .collect();
        assert_eq!(statuses, [503, 503, 200]);
        let page = ben.read("/account/1").await;
        assert!(
            page.contains("3.00 USD") && page.contains("told us of</dt><dd>1<"),
            "{time:?}: {page}"
        );
    }
}

#[tokio::test]
async fn a_forged_reward_is_refused() {
    let town = Town::open().await;
    let mallory = town.visitor();
    let body = r#"{"event":"customer.rewarded","data":{"id":"1"}}"#;
    let guess = WebhookSecret::new("guess").unwrap();
    let request = mallory.browser.post(format!("{}/webhook", town.shop));
    let request = request.header(SIGNATURE, sign(&guess, body)).body(body);
    assert_eq!(request.send().await.unwrap().status(), 401);
    assert!(
        mallory
            .read("/account/1")
            .await
            .contains("told us of</dt><dd>0<")
    );
}
