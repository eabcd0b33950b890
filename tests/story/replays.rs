//! An attacker records a webhook and sends it to the shop again and again.

use std::path::Path;

use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tower_partnero::sandbox::SandboxWebhook;
use tower_partnero::webhook::SIGNATURE;

use crate::shop::ANNA;
use crate::town::Town;

async fn database(file: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(file);
    let pool = SqlitePool::connect_with(options.create_if_missing(true));
    pool.await.unwrap()
}

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
    let balance = format!("Your balance: <strong>{balance}</strong>");
    page.contains(&balance) && page.contains(&format!("told us of: {rewards}<"))
}

#[tokio::test]
async fn a_recorded_reward_counts_once_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.db");
    let mut town = Town::open_on(database(&file).await).await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.sign_up("Ben").await;
    for _ in 0..2 {
        ben.post("/account/2/buy", &[]).await;
    }
    town.sandbox.webhooks_settled().await;
    let recorded = town.sandbox.webhooks();
    assert_eq!(recorded.len(), 2, "two sales, two rewards");

    for _ in 0..3 {
        for recorded in &recorded {
            let page = replay(&town, recorded).await;
            assert!(shows(&page, "6.00 USD", 2), "{page}");
        }
    }
    town.restart_shop(database(&file).await).await;
    for _ in 0..3 {
        for recorded in &recorded {
            let page = replay(&town, recorded).await;
            assert!(shows(&page, "6.00 USD", 2), "{page}");
        }
    }

    // The inbox refuses the copies: a shop with an empty inbox takes each webhook once.
    let empty = folder.path().join("empty.db");
    town.restart_shop(database(&empty).await).await;
    for rewards in [1, 1, 1] {
        let page = replay(&town, &recorded[0]).await;
        assert!(shows(&page, "6.00 USD", rewards), "{page}");
    }
}
