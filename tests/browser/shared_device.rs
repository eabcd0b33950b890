//! Two people with one browser, and its buttons for back and forward.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use tower_partnero::Referrals;

use crate::shop::ANNA;
use crate::site::{Place, page};
use crate::visitor::{Town, sign_up};
use crate::{Browser, COOKIE};

#[tokio::test]
async fn going_back_to_the_link_credits_nobody_else() {
    let Some(shared) = Browser::open().await else {
        return;
    };
    let town = Town::open().await;
    let landing = format!("/?ref={ANNA}");
    shared.go(&town.at(&landing)).await;
    sign_up(&shared, "Ben", "/account/2").await;

    shared.back().await;
    shared.arrive("/signup").await;
    shared.back().await;
    shared.arrive(&landing).await;
    let asked = town.shop.asked(&format!("GET {landing}")).len();
    assert_eq!(asked, 1, "the page came from the browser's own memory");
    assert!(shared.cookies(COOKIE).await.is_empty());
    shared.forward().await;
    shared.arrive("/signup").await;
    shared.back().await;
    shared.arrive(&landing).await;

    sign_up(&shared, "Carla", "/account/3").await;
    shared
        .until_true("return document.body.innerText.includes('not_referred')")
        .await;
    assert_eq!(town.referrer_of("Carla").await, None);
    assert_eq!(town.referrer_of("Ben").await.as_deref(), Some("1"));
}

/// An app whose form is on the landing page. So the address of the landing page is the `Referer` of
/// all that follows.
#[tokio::test]
async fn what_the_page_before_says_is_spent_too() {
    let Some(shared) = Browser::open().await else {
        return;
    };
    let place = Place::take().await;
    let referrals = Referrals::builder()
        .secure(false)
        .public_origins([place.at("127.0.0.1")])
        .referer_rescue(true)
        .build()
        .unwrap();
    let form = "<form method=post action=/signup><button>Sign up</button></form>";
    let app = Router::new()
        .route("/", page(form))
        .route("/signup", post(spend))
        .route("/welcome/{by}", page("<a href=/tea>Tea</a>"))
        .route("/tea", page("Tea"))
        .layer(referrals.layer())
        .with_state(referrals);
    let site = place.serve(app);

    shared.go(&site.at("127.0.0.1", "/?ref=anna-7")).await;
    shared.click("button").await;
    shared.arrive("/welcome/anna-7").await;
    let welcome = site.heard("GET /welcome/anna-7").await;
    assert_eq!(
        welcome.header("referer"),
        site.at("127.0.0.1", "/?ref=anna-7")
    );
    assert_eq!(welcome.cookies(), "partnero_referral_spent=1");
    assert!(shared.cookies(COOKIE).await.is_empty());

    shared.back().await;
    shared.arrive("/?ref=anna-7").await;
    shared.click("button").await;
    shared.arrive("/welcome/nobody").await;
    assert!(shared.cookies(COOKIE).await.is_empty());
}

async fn spend(State(referrals): State<Referrals>, request: Request) -> impl IntoResponse {
    let (parts, _) = request.into_parts();
    let context = referrals.context(&parts).unwrap();
    let key = context
        .referral
        .as_ref()
        .map(|referral| referral.key().as_str());
    let welcome = format!("/welcome/{}", key.unwrap_or("nobody"));
    (referrals.spend(&context), Redirect::to(&welcome))
}
