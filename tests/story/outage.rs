//! Partnero is down, and the shop goes on.

use http::Method;

use crate::shop::ANNA;
use crate::town::Town;

/// The whole circle, through the pages alone.
#[tokio::test]
async fn the_whole_circle_is_played_while_partnero_is_down() {
    let town = Town::open().await;
    let ben = town.visitor();
    assert!(ben.read("/").await.contains("Take Partnero down"));
    let page = ben.post("/partnero/down", &[]).await;
    assert!(page.contains("Partnero is down") && page.contains("Bring Partnero back"));

    let landing = ben.read(&format!("/?ref={ANNA}")).await;
    let unnamed = "A friend invited you. Partnero cannot say right now who it is";
    assert!(landing.contains(unnamed), "{landing}");
    let account = ben.sign_up("Ben").await;
    assert!(account.contains("Hello, Ben"), "{account}");
    assert!(account.contains("1 report waits in the outbox"));
    assert!(account.contains("Anna invited Ben, and is not credited yet"));
    assert!(account.contains("The report of the sign-up waits in the outbox"));
    assert!(account.contains("Your link to share comes from Partnero"));
    assert!(ben.read("/").await.contains("Nobody invited you"), "spent");
    for _ in 0..2 {
        ben.post("/account/2/buy", &[]).await;
    }
    let account = ben.post("/account/2/return/1", &[]).await;
    for waits in [
        "the sale of order 1",
        "the sale of order 2",
        "the return of order 1",
    ] {
        let waits = format!("The report of {waits} waits in the outbox");
        assert!(account.contains(&waits), "{account}");
    }
    assert!(ben.read("/").await.contains("4 reports wait in the outbox"));
    assert!(town.customer("Ben").is_none());

    let account = ben.post("/partnero/up", &[("account", "2")]).await;
    assert!(account.contains("Hello, Ben"), "back on the same page");
    town.all_has_arrived().await;
    assert_eq!(town.referrer_of("Ben").as_deref(), Some("1"));
    let sales = town.sandbox.transactions().into_iter();
    assert_eq!(
        sales.map(|sale| sale.key.unwrap()).collect::<Vec<_>>(),
        ["order-2"]
    );
    let account = ben.read("/account/2").await;
    for entry in [
        "Followed Anna's link, with the key “anna-7”.",
        "The shop stored the link in a cookie",
        "Signed up.",
        "Reported the sign-up to Partnero.",
        "Anna was credited.",
        "Bought a pound of tea for 30.00 USD: order 1.",
        "Reported the sale of order 2 to Partnero.",
        "Anna earned 3.00 USD.",
        "Gave order 1 back.",
        "Partnero deleted the sale, and took the reward for it back.",
    ] {
        assert!(account.contains(entry), "{entry}: {account}");
    }
    assert!(!account.contains("waits in the outbox"), "{account}");
    let anna = ben.read("/account/1").await;
    assert!(anna.contains("<strong>3.00 USD</strong>"), "{anna}");
}

#[tokio::test]
async fn what_waits_survives_a_restart_of_the_shop() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    // The shop asks for its webhook subscription when it starts, so Partnero answers that alone.
    let refuses = |method, path| tower_partnero::sandbox::Fault::status(503).on(method, path);
    town.sandbox.inject(refuses(Method::POST, "/v1/customers"));
    ben.sign_up("Ben").await;
    ben.post("/account/2/buy", &[]).await;
    let town = town.restart_shop("shop.db").await;
    assert!(town.customer("Ben").is_none());
    let account = ben.read("/account/2").await;
    assert!(
        account.contains("The report of the sign-up waits"),
        "{account}"
    );

    town.sandbox.clear_faults();
    town.all_has_arrived().await;
    assert_eq!(town.referrer_of("Ben").as_deref(), Some("1"));
    assert_eq!(town.sandbox.transactions().len(), 1);
    let customers = town.sandbox.customers();
    assert_eq!(customers.len(), 2, "Anna is not made twice");
}
