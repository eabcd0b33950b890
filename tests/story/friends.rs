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
    assert!(
        ben.read("/signup")
            .await
            .contains("Anna</strong> invited you")
    );

    let account = ben.sign_up("Ben").await;
    assert!(account.contains("Hello, Ben"), "{account}");
    town.all_has_arrived().await;
    let account = ben.read("/account/2").await;
    assert!(
        account.contains(">referred</code>")
            && account.contains("because Ben followed Anna's link"),
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
        ben.read("/account/1").await.contains("<dd>Ben</dd>"),
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
    shared.sign_up("Carla").await;
    town.all_has_arrived().await;
    let second = shared.read("/account/3").await;
    assert!(second.contains(">not_referred</code>"), "{second}");
    assert_eq!(town.referrer_of("Carla"), None);
    assert_eq!(town.customer("Anna").unwrap().referrals_count, 1);
}

#[tokio::test]
async fn a_newsletters_ref_after_annas_link_still_credits_anna() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.get("/?ref=producthunt&utm_source=newsletter").await;
    ben.sign_up("Ben").await;
    town.all_has_arrived().await;
    let account = ben.read("/account/2").await;
    assert_eq!(town.referrer_of("Ben").as_deref(), Some("1"), "{account}");
    for text in [
        ">referred_runner_up</code>",
        "Anna is credited, although the last link had the key “producthunt”",
        "Followed Anna's link, with the key “anna-7”.",
        "Followed a link with the key “producthunt”",
    ] {
        assert!(account.contains(text), "{text}: {account}");
    }
    assert!(ben.read("/").await.contains("Nobody invited you"));

    ben.get("/?ref=producthunt").await;
    ben.sign_up("Carla").await;
    town.all_has_arrived().await;
    assert_eq!(town.referrer_of("Carla"), None, "Anna's link is spent");
    let carla = ben.read("/account/3").await;
    let why = "Nobody is credited: Partnero knows no customer with the key “producthunt”";
    assert!(carla.contains(why), "{carla}");
}

#[tokio::test]
async fn a_full_stop_behind_annas_link_still_credits_anna() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}.")).await;
    ben.sign_up("Ben").await;
    town.all_has_arrived().await;
    assert_eq!(town.referrer_of("Ben").as_deref(), Some("1"));
    let account = ben.read("/account/2").await;
    assert!(
        account.contains(">referred_trimmed_key</code>")
            && account.contains("without the punctuation, which some program has put there"),
        "{account}"
    );
}

#[tokio::test]
async fn an_unreferred_visitor_becomes_a_customer_too() {
    let town = Town::open().await;
    let dora = town.visitor();
    assert!(dora.read("/").await.contains("Nobody invited you"));
    dora.sign_up("Dora").await;
    town.all_has_arrived().await;
    let account = dora.read("/account/2").await;
    assert!(account.contains("Nobody is credited: Dora came without a friend's link"));
    assert_eq!(town.referrer_of("Dora"), None);
    assert!(account.contains(&town.customer("Dora").unwrap().referral_link));
}

#[tokio::test]
async fn friends_bring_friends() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.sign_up("Ben").await;
    town.all_has_arrived().await;
    let link = town.customer("Ben").unwrap().referral_link;
    let carla = town.visitor();
    carla.get(link.strip_prefix(&town.shop).unwrap()).await;
    assert!(carla.read("/").await.contains("Ben</strong> invited you"));
    carla.sign_up("Carla").await;
    town.all_has_arrived().await;
    assert_eq!(
        town.referrer_of("Carla"),
        Some(town.customer("Ben").unwrap().id)
    );
}

/// Nobody is to be paid for what she buys, and her page says so.
#[tokio::test]
async fn a_sale_to_an_unreferred_customer_is_an_outcome_of_its_own() {
    let town = Town::open().await;
    let dora = town.visitor();
    dora.sign_up("Dora").await;
    dora.post("/account/2/buy", &[]).await;
    town.all_has_arrived().await;
    let account = dora.read("/account/2").await;
    assert!(
        account.contains("Partnero did not record the sale"),
        "{account}"
    );
}
