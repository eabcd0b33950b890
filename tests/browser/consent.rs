//! A visitor who has not answered the consent question, agrees, and withdraws.

use axum::Router;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use tower_partnero::capture::consent;
use tower_partnero::{ReferralContext, ReferralSource, Referrals};

use crate::site::{Place, page};
use crate::visitor::Town;
use crate::{Browser, COOKIE};

#[tokio::test]
async fn nothing_is_kept_before_consent_and_all_goes_when_it_does() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let town = Town::with(|policy, _| {
        let policy = policy.domain("shop.localhost");
        policy.consent(consent::by_cookie("consent", "yes"))
    })
    .await;
    let at = |target: &str| town.shop.at("www.shop.localhost", target);

    ben.go(&at("/?ref=anna-7")).await;
    assert!(ben.cookies(COOKIE).await.is_empty(), "not asked yet");

    ben.run("document.cookie = 'consent=yes'").await;
    ben.go(&at("/?ref=anna-7&again")).await;
    assert_eq!(ben.values(COOKIE).await, ["anna-7"]);
    // The cookie that Partnero's script writes for this host alone.
    ben.run("document.cookie = 'partnero_referral=anna-7'")
        .await;
    assert_eq!(ben.values(COOKIE).await.len(), 2);

    ben.run("document.cookie = 'consent=no'").await;
    ben.go(&at("/?ref=carla")).await;
    assert!(ben.cookies(COOKIE).await.is_empty(), "both are gone");
    assert_eq!(ben.run("return document.cookie").await, "consent=no");
}

async fn sign_up(State(referrals): State<Referrals>, visitor: ReferralContext) -> Response {
    let referral = visitor
        .referral
        .as_ref()
        .expect("read from the page before");
    assert_eq!(referral.source(), ReferralSource::Referer);
    let answer = [(SET_COOKIE, "consent=yes; Path=/")];
    (referrals.spend(&visitor), answer, Redirect::to("/welcome")).into_response()
}

/// The sign-up form also asks for consent. Before the answer no cookie may be written. After the
/// sign-up, the `Referer` of the redirect still contains the key that was just spent.
#[tokio::test]
async fn a_sign_up_that_gives_consent_does_not_bring_its_referral_back() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let place = Place::take().await;
    let referrals = Referrals::builder()
        .secure(false)
        .public_origins([place.at("127.0.0.1")])
        .referer_rescue(true)
        .consent(consent::by_cookie("consent", "yes"))
        .build()
        .unwrap();
    let form = "<form method=post action=/signup><button>I agree, sign me up</button></form>";
    let app = Router::new()
        .route("/", page(form))
        .route("/signup", post(sign_up))
        .route("/welcome", page("Welcome"))
        .layer(referrals.layer())
        .with_state(referrals);
    let site = place.serve(app);
    ben.go(&site.at("127.0.0.1", "/?ref=anna-7")).await;
    ben.click("button").await;
    ben.arrive("/welcome").await;
    let welcome = &site.asked("GET /welcome")[0];
    assert_eq!(welcome.cookies(), "consent=yes");
    assert_eq!(welcome.header("referer"), site.at("127.0.0.1", "/"));
    assert!(ben.cookies(COOKIE).await.is_empty());
}
