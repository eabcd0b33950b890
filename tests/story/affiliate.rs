//! The shop in an affiliate program: a partner brings customers, and earns a commission.

use std::time::Duration;

use tower_partnero::ProgramKind;
use tower_partnero::sandbox::WebhookDelivery;

use crate::shop::ANNA;
use crate::town::Town;

/// The whole circle, through the pages alone.
#[tokio::test]
async fn the_whole_circle_is_played_while_partnero_is_down() {
    let town = Town::of(ProgramKind::Affiliate).await;
    let ben = town.visitor();
    let landing = ben.read("/").await;
    for words in [
        "Nobody invited you yet. Follow a partner's link",
        "Our partners bring visitors",
        &format!("/?aff={ANNA}"),
    ] {
        assert!(landing.contains(words), "{words}: {landing}");
    }
    ben.post("/partnero/down", &[]).await;
    let landing = ben.read(&format!("/?aff={ANNA}")).await;
    let unnamed = "A partner invited you. Partnero cannot say right now who it is";
    assert!(landing.contains(unnamed), "{landing}");
    let account = ben.sign_up("Ben").await;
    assert!(account.contains("Anna invited Ben, and is not credited yet"));
    assert!(!account.contains("Your link to share"), "{account}");
    assert!(ben.read("/").await.contains("Nobody invited you"), "spent");
    for _ in 0..2 {
        ben.post("/account/2/buy", &[]).await;
    }
    ben.post("/account/2/return/1", &[]).await;
    assert!(ben.read("/").await.contains("4 reports wait in the outbox"));
    assert!(town.customer("Ben").is_none());

    ben.post("/partnero/up", &[("account", "2")]).await;
    town.all_has_arrived().await;
    assert_eq!(town.customer("Ben").unwrap().partner.as_deref(), Some("1"));
    let sales = town.sandbox.transactions().into_iter();
    let keys: Vec<_> = sales.map(|sale| sale.key.unwrap()).collect();
    assert_eq!(keys, ["order-2"]);
    let account = ben.read("/account/2").await;
    for entry in [
        "Anna is credited, because Ben followed Anna's link.",
        "Followed Anna's link, with the key “anna-7”.",
        "Reported the sign-up to Partnero.",
        "Anna was credited.",
        "Anna earned 3.00 USD.",
        "Partnero deleted the sale, and took the commission for it back.",
        "See what Anna has earned",
    ] {
        assert!(account.contains(entry), "{entry}: {account}");
    }
    let anna = ben.read("/account/1").await;
    for text in [
        "<dd>Ben</dd>",
        "<strong>3.00 USD</strong>",
        "Became a partner of the shop, at Partnero.",
    ] {
        assert!(anna.contains(text), "{text}: {anna}");
    }
    assert!(!anna.contains("Buy a pound"), "a partner is no customer");
}

#[tokio::test]
async fn a_purchase_earns_the_partner_a_commission_and_a_refund_takes_it_back() {
    let town = Town::of(ProgramKind::Affiliate).await;
    let ben = town.visitor();
    ben.get(&format!("/?aff={ANNA}")).await;
    ben.sign_up("Ben").await;
    let shows = async |balance: &str, commissions: u32| {
        town.all_has_arrived().await;
        let page = ben.read("/account/1").await;
        let balance = format!("<strong>{balance}</strong>");
        let told = format!("commissions that Partnero told us of</dt><dd>{commissions}<");
        assert!(page.contains(&balance) && page.contains(&told), "{page}");
    };
    shows("nothing yet", 0).await;
    // Each webhook comes twice and out of order, and must have its effect once.
    let twice = WebhookDelivery::new().duplicate_every(1);
    let rough = twice.scatter(Duration::from_millis(50));
    town.sandbox.deliver_webhooks(rough);
    for _ in 0..3 {
        ben.post("/account/2/buy", &[]).await;
    }
    shows("9.00 USD", 3).await;
    for order in 1..=3 {
        let path = format!("/account/2/return/{order}");
        ben.post(&path, &[]).await;
    }
    shows("nothing", 3).await;
}

/// Nobody is to be paid for her and for what she buys. The pages say so, and no report is lost by it.
#[tokio::test]
async fn a_customer_whom_no_partner_brought_is_an_outcome() {
    let town = Town::of(ProgramKind::Affiliate).await;
    let dora = town.visitor();
    dora.get("/?ref=producthunt").await;
    dora.sign_up("Dora").await;
    dora.post("/account/2/buy", &[]).await;
    dora.post("/account/2/return/1", &[]).await;
    town.all_has_arrived().await;
    let account = dora.read("/account/2").await;
    for text in [
        "Nobody is credited: Dora came without a partner's link.",
        "Partnero was not told of the sign-up: nobody is to be paid for it.",
        "Partnero was not told of the sale of order 1: nobody is to be paid for it.",
        "Reported the return of order 1 to Partnero.",
        "Partnero has no such sale.",
    ] {
        assert!(account.contains(text), "{text}: {account}");
    }
    assert!(!account.contains("A person has to look"), "{account}");
    assert!(town.sandbox.customers().is_empty());
}

#[tokio::test]
async fn links_as_they_are_in_the_wild_credit_the_partner() {
    let town = Town::of(ProgramKind::Affiliate).await;
    for (name, links, outcome) in [
        (
            "Ben",
            ["/?aff=anna-7", "/?via=producthunt"],
            "referred_runner_up",
        ),
        ("Cleo", ["/", "/?via=anna-7."], "referred_trimmed_key"),
    ] {
        let visitor = town.visitor();
        for link in links {
            visitor.get(link).await;
        }
        visitor.sign_up(name).await;
        town.all_has_arrived().await;
        assert_eq!(town.customer(name).unwrap().partner.as_deref(), Some("1"));
        let account = if name == "Ben" {
            "/account/2"
        } else {
            "/account/3"
        };
        let page = visitor.read(account).await;
        let outcome = format!(">{outcome}</code>");
        assert!(page.contains(&outcome), "{page}");
        assert!(page.contains("Partnero knows no"), "{page}");
    }
    let visitor = town.visitor();
    visitor.get("/?aff=nobody").await;
    visitor.sign_up("Emil").await;
    town.all_has_arrived().await;
    let page = visitor.read("/account/4").await;
    let why = "Nobody is credited: Partnero knows no partner with the key “nobody”.";
    assert!(page.contains(why), "{page}");
    assert!(town.customer("Emil").is_none());
}
