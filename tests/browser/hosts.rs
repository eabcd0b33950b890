//! A landing page on `www.` and an app on `app.` of one domain, and cookies of a single host.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::post;
use tower_partnero::capture::companion::SigningKeys;
use tower_partnero::{ReferralContext, Referrals};

use crate::site::{Site, page};
use crate::visitor::Town;
use crate::{Browser, COOKIE};

async fn pair() -> Site {
    let town = Town::with(|policy, _| policy.secure(true).domain("shop.localhost"));
    town.await.shop
}

/// The cookies are `Secure`, as by default: browsers accept them from loopback as from https.
#[tokio::test]
async fn the_hosts_below_one_parent_share_the_cookie() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let site = pair().await;
    ben.go(&site.at("www.shop.localhost", "/?ref=anna-7")).await;
    ben.go(&site.at("app.shop.localhost", "/")).await;
    let jar = ben.cookies(COOKIE).await;
    assert_eq!((&*jar[0].domain, jar.len()), (".shop.localhost", 1));
    assert!(jar[0].secure);
    let read = ben.run("return document.cookie").await;
    assert_eq!(read, "partnero_referral=anna-7");
    assert_eq!(site.asked("GET /")[0].cookies(), "partnero_referral=anna-7");

    ben.go(&site.at("other.localhost", "/")).await;
    assert_eq!(ben.run("return document.cookie").await, "");
}

/// The layer reports this as the outcome `NotStored::OutsideDomain`.
#[tokio::test]
async fn a_host_outside_the_domain_keeps_no_cookie() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let site = pair().await;
    for host in ["other.localhost", "shop.localhost.", "127.0.0.1"] {
        ben.go(&site.at(host, "/?ref=anna-7")).await;
        let asked = site.asked("GET /?ref=anna-7").pop().unwrap();
        let (host, _) = asked.header("host").split_once(':').unwrap();
        let set = asked.set.last().unwrap();
        assert!(set.starts_with("partnero_referral=anna-7; "), "{host}");
        assert!(ben.cookies(COOKIE).await.is_empty(), "{host}");
    }
}

/// Partnero's script writes its cookie for its own host alone. The browser then sends two cookies.
#[tokio::test]
async fn a_twin_of_one_host_gives_way_to_the_next_link() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let site = pair().await;
    ben.go(&site.at("www.shop.localhost", "/?ref=anna-7")).await;
    ben.run("document.cookie = 'partnero_referral=carla'").await;
    assert_eq!(ben.values(COOKIE).await.len(), 2);
    ben.go(&site.at("www.shop.localhost", "/?ref=dora")).await;
    let jar = ben.cookies(COOKIE).await;
    assert_eq!((&*jar[0].value, jar.len()), ("dora", 1), "{jar:?}");
    assert_eq!(jar[0].domain, ".shop.localhost");
}

/// Shops whose sign-up page names the referral that was credited.
async fn shop_beside_a_sibling(referrals: Referrals) -> Site {
    async fn sign_up(State(referrals): State<Referrals>, visitor: ReferralContext) -> Response {
        let credited = visitor
            .referral
            .as_ref()
            .map(|referral| referral.key().to_string());
        let body = credited.unwrap_or_default();
        (referrals.spend(&visitor), Html(body)).into_response()
    }
    let form = "<form method=post action=/signup><button>Sign up</button></form>";
    let app = Router::new()
        .route("/", page(form))
        .route("/signup", post(sign_up))
        .layer(referrals.layer())
        .with_state(referrals);
    Site::open(app).await
}

/// Plants a cookie from a sibling host, and then signs up twice, by two links.
async fn credited_beside(referrals: Referrals, planted: &str) -> Option<[String; 2]> {
    let ben = Browser::open().await?;
    let site = shop_beside_a_sibling(referrals).await;
    ben.go(&site.at("evil.shop.localhost", "/")).await;
    ben.run(&format!(
        "document.cookie = '{COOKIE}=mallory; Max-Age=9999; {planted}'"
    ))
    .await;
    let mut credited = [String::new(), String::new()];
    for (key, credited) in ["ben", "carla"].into_iter().zip(&mut credited) {
        ben.go(&site.at("app.shop.localhost", &format!("/?ref={key}")))
            .await;
        ben.click("button").await;
        ben.arrive("/signup").await;
        let body = ben.run("return document.body.textContent").await;
        body.as_str().unwrap().clone_into(credited);
        assert!(ben.cookies(COOKIE).await.is_empty(), "all are gone");
    }
    Some(credited)
}

#[tokio::test]
async fn a_siblings_cookie_gives_way_to_the_next_link() {
    let referrals = Referrals::builder().build().unwrap();
    let planted = "Domain=shop.localhost; Path=/; Secure";
    if let Some(credited) = credited_beside(referrals, planted).await {
        assert_eq!(credited, ["ben", "carla"]);
    }
}

/// The layer does not see such a cookie before the sign-up, and the browser sends it first. It
/// counts once.
#[tokio::test]
async fn a_siblings_cookie_for_the_sign_up_alone_is_spent_with_it() {
    let referrals = Referrals::builder()
        .domain("shop.localhost")
        .build()
        .unwrap();
    let planted = "Domain=shop.localhost; Path=/signup; Secure";
    if let Some(credited) = credited_beside(referrals, planted).await {
        assert_eq!(credited, ["mallory", "carla"]);
    }
}

/// A sibling host cannot write the companion, so the companion says which link was followed here.
#[tokio::test]
async fn beside_a_companion_a_siblings_cookie_counts_never() {
    let keys = SigningKeys::new([7; 32]).unwrap();
    let referrals = Referrals::builder().companion(keys).build().unwrap();
    let planted = "Domain=shop.localhost; Path=/signup; Secure";
    if let Some(credited) = credited_beside(referrals, planted).await {
        assert_eq!(credited, ["ben", "carla"]);
    }
}

/// The companion belongs to one host: no script reads it, and no sibling host can write it.
#[tokio::test]
async fn the_companion_stays_with_its_host_and_out_of_scripts() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let keys = SigningKeys::new([7; 32]).unwrap();
    let referrals = Referrals::builder().companion(keys).build().unwrap();
    let app = Router::new()
        .route("/", page("Tea"))
        .layer(referrals.layer());
    let site = Site::open(app).await;
    let name = "__Host-partnero_referral_touches";
    ben.go(&site.at("shop.localhost", "/?ref=anna-7")).await;
    let jar = ben.cookies(name).await;
    let [companion] = &jar[..] else {
        panic!("{jar:?}");
    };
    assert!(companion.http_only && companion.secure);
    assert_eq!(
        (&*companion.domain, &*companion.path),
        ("shop.localhost", "/")
    );
    let read = ben.run("return document.cookie").await;
    assert_eq!(read, "partnero_referral=anna-7");
    ben.go(&site.at("shop.localhost", "/")).await;
    let sent = format!("{name}={}", companion.value);
    assert!(site.asked("GET /")[0].cookies().contains(&sent));

    // Both a sibling host and a script on the page try.
    let value = &companion.value;
    for (host, scope) in [
        (
            "evil.shop.localhost",
            "; Domain=shop.localhost; Path=/; Secure",
        ),
        ("shop.localhost", "; Domain=shop.localhost; Path=/; Secure"),
        ("shop.localhost", "; Path=/cart; Secure"),
        ("shop.localhost", "; Path=/; Secure"),
    ] {
        ben.go(&site.at(host, "/")).await;
        ben.run(&format!("document.cookie = '{name}=x{value}{scope}'"))
            .await;
        ben.go(&site.at("shop.localhost", "/")).await;
        assert_eq!(ben.values(name).await, [value.as_str()], "{host} {scope}");
    }
}
