//! An attacker records a webhook and sends it to the shop again and again.

use tower_partnero::sandbox::SandboxWebhook;
use tower_partnero::webhook::SIGNATURE;

use crate::shop::ANNA;
use crate::town::Town;

/// Sends the same bytes with the same signature, and reads the page of the rewarded account.
async fn replay(town: &Town, recorded: &SandboxWebhook) -> String {
    let stranger = town.visitor();
    let request = stranger.browser.post(&recorded.url);
    let request = request.header(SIGNATURE, &recorded.signature);
    let request = request.body(recorded.body.clone());
    assert_eq!(request.send().await.unwrap().status(), 200);
    stranger.read("/account/1").await
}

fn shows(page: &str, balance: &str, rewards: u32) -> bool {
    page.contains(&format!("<strong>{balance}</strong>"))
        && page.contains(&format!("told us of</dt><dd>{rewards}<"))
}

#[tokio::test]
async fn a_recorded_reward_counts_once_also_after_a_restart() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.sign_up("Ben").await;
    for _ in 0..2 {
        ben.post("/account/2/buy", &[]).await;
    }
    town.all_has_arrived().await;
    let recorded = town.sandbox.webhooks();
    assert_eq!(recorded.len(), 2, "two sales, two rewards");

    for _ in 0..3 {
        for recorded in &recorded {
            let page = replay(&town, recorded).await;
            assert!(shows(&page, "6.00 USD", 2), "{page}");
        }
    }
    let town = town.restart_shop("shop.db").await;
    for _ in 0..3 {
        for recorded in &recorded {
            let page = replay(&town, recorded).await;
            assert!(shows(&page, "6.00 USD", 2), "{page}");
        }
    }

    // The inbox refuses the copies: a shop with an empty inbox takes each webhook once.
    let town = town.restart_shop("empty.db").await;
    for rewards in [1, 1, 1] {
        let page = replay(&town, &recorded[0]).await;
        assert!(shows(&page, "6.00 USD", rewards), "{page}");
    }
}
