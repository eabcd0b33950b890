//! A visitor who has not answered, agrees, and changes their mind.

use axum::Router;
use tower_partnero::Referrals;
use tower_partnero::capture::consent;

use crate::site::{Site, page};
use crate::{Browser, COOKIE};

#[tokio::test]
async fn nothing_is_kept_before_consent_and_all_goes_when_it_does() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let referrals = Referrals::builder()
        .secure(false)
        .domain("shop.localhost")
        .consent(consent::by_cookie("consent", "yes"))
        .build()
        .unwrap();
    let app = Router::new()
        .route("/", page("Tea"))
        .layer(referrals.layer());
    let site = Site::open(app).await;
    let at = |target: &str| site.at("www.shop.localhost", target);

    ben.go(&at("/?ref=anna-7")).await;
    assert!(ben.cookies(COOKIE).await.is_empty(), "not asked yet");

    ben.run("document.cookie = 'consent=yes'").await;
    ben.go(&at("/?ref=anna-7&again")).await;
    assert_eq!(ben.values(COOKIE).await, ["anna-7"]);
    // What Partnero's script keeps for this host alone.
    ben.run("document.cookie = 'partnero_referral=anna-7'")
        .await;
    assert_eq!(ben.values(COOKIE).await.len(), 2);

    ben.run("document.cookie = 'consent=no'").await;
    ben.go(&at("/?ref=carla")).await;
    assert!(ben.cookies(COOKIE).await.is_empty(), "both are gone");
    assert_eq!(ben.run("return document.cookie").await, "consent=no");
}
