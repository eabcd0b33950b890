//! Links, sign-ups, and who was referred by whom.

use reqwest::header::{CACHE_CONTROL, SET_COOKIE};

use crate::shop::ANNA;
use crate::town::Town;

#[tokio::test]
async fn a_friend_lands_leaves_returns_and_signs_up() {
    let town = Town::open().await;
    let ben = town.visitor();

    let landing = ben.get(&format!("/?ref={ANNA}&utm_source=mail")).await;
    assert!(landing.headers().contains_key(SET_COOKIE));
    assert_eq!(landing.headers()[CACHE_CONTROL], "private");
    assert!(
        landing
            .text()
            .await
            .unwrap()
            .contains("Anna</strong> invited you")
    );

    let later = ben.get("/").await;
    assert!(!later.headers().contains_key(SET_COOKIE), "nothing changed");
    assert!(
        later
            .text()
            .await
            .unwrap()
            .contains("Anna</strong> invited you")
    );
    assert!(ben.read("/signup").await.contains(ANNA));

    let account = ben.sign_up("Ben").await;
    assert!(
        account.contains("Hello, Ben") && account.contains("<code>referred</code>"),
        "{account}"
    );
    assert_eq!(town.referrer_of("Ben").as_deref(), Some("1"));
    assert_eq!(town.customer("Anna").unwrap().referrals_count, 1);

    let link = town.customer("Ben").unwrap().referral_link;
    assert!(
        account.contains(&link) && link.starts_with(&town.shop),
        "his own link to share"
    );
    assert!(
        ben.read("/account/1").await.contains("<li>Ben</li>"),
        "Anna sees whom she brought"
    );
    let view = town.sandbox.page_url();
    assert!(ben.read("/").await.contains(&format!("href=\"{view}\"")));
    let view = ben.browser.get(view).send().await.unwrap();
    assert!(view.text().await.unwrap().contains("<td>Anna</td>"));
}

#[tokio::test]
async fn one_referral_credits_one_sign_up() {
    let town = Town::open().await;
    let shared = town.visitor();
    shared.get(&format!("/?ref={ANNA}")).await;
    shared.sign_up("Ben").await;
    assert!(shared.read("/").await.contains("Nobody invited you"));
    let second = shared.sign_up("Carla").await;
    assert!(second.contains("<code>not_referred</code>"), "{second}");
    assert_eq!(town.referrer_of("Carla"), None);
    assert_eq!(town.customer("Anna").unwrap().referrals_count, 1);
}

#[tokio::test]
async fn a_newsletters_ref_after_annas_link_still_credits_anna() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.get("/?ref=producthunt&utm_source=newsletter").await;
    let account = ben.sign_up("Ben").await;
    assert_eq!(town.referrer_of("Ben").as_deref(), Some("1"), "{account}");
    assert!(
        account.contains("<code>referred_runner_up</code>"),
        "{account}"
    );
    assert!(
        account.contains("came from producthunt, and Partnero knows no such customer")
            && account.contains("Anna is credited"),
        "{account}"
    );
    assert!(ben.read("/").await.contains("Nobody invited you"));

    ben.get("/?ref=producthunt").await;
    let carla = ben.sign_up("Carla").await;
    assert_eq!(town.referrer_of("Carla"), None, "Anna's link is spent");
    assert!(!carla.contains("is credited"), "{carla}");
}

#[tokio::test]
async fn an_unreferred_visitor_becomes_a_customer_too() {
    let town = Town::open().await;
    let dora = town.visitor();
    assert!(dora.read("/").await.contains("Nobody invited you"));
    let account = dora.sign_up("Dora").await;
    assert_eq!(town.referrer_of("Dora"), None);
    assert!(account.contains(&town.customer("Dora").unwrap().referral_link));
}

#[tokio::test]
async fn friends_bring_friends() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.sign_up("Ben").await;
    let link = town.customer("Ben").unwrap().referral_link;
    let carla = town.visitor();
    carla.get(link.strip_prefix(&town.shop).unwrap()).await;
    carla.sign_up("Carla").await;
    assert_eq!(
        town.referrer_of("Carla"),
        Some(town.customer("Ben").unwrap().id)
    );
}

#[tokio::test]
async fn a_partnero_that_is_down_costs_neither_the_page_nor_the_referral() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;

    town.sandbox.go_down().await;
    assert!(ben.read("/").await.contains("Anna</strong> invited you"));
    let account = ben.sign_up("Ben").await;
    assert!(
        account.contains("Hello, Ben") && account.contains("could not connect"),
        "{account}"
    );
    assert!(ben.read("/signup").await.contains(ANNA), "the cookie stays");

    town.sandbox.come_back().await.unwrap();
    assert!(town.customer("Ben").is_none());
    let again = ben
        .post("/account/2/report", &[])
        .await
        .text()
        .await
        .unwrap();
    assert!(again.contains("<code>referred</code>"), "{again}");
    assert_eq!(town.referrer_of("Ben").as_deref(), Some("1"));
    assert!(
        !ben.read("/signup").await.contains(ANNA),
        "and goes once it is spent"
    );
}

#[tokio::test]
async fn a_visitor_takes_partnero_down_and_brings_it_back() {
    let town = Town::open().await;
    let ben = town.visitor();
    assert!(ben.read("/").await.contains("Take it down"));
    let page = ben.post("/partnero/down", &[]).await;
    assert!(page.text().await.unwrap().contains("is down"));
    assert!(ben.sign_up("Ben").await.contains("could not connect"));
    let page = ben.post("/partnero/up", &[]).await;
    assert!(page.text().await.unwrap().contains("Take it down"));
    ben.post("/account/2/report", &[]).await;
    assert!(town.customer("Ben").is_some());
}

#[tokio::test]
async fn what_a_visitor_writes_is_escaped() {
    let town = Town::open().await;
    let mallory = town.visitor();
    mallory.get("/?ref=%3Cscript%3E").await;
    assert!(!mallory.read("/signup").await.contains("<script>"));
    mallory.sign_up("<script>alert(1)</script>").await;
    for path in ["/", "/account/2"] {
        assert!(!mallory.read(path).await.contains("<script>"), "{path}");
    }
}
