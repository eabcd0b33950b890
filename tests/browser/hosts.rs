//! A landing page on `www.` and an app on `app.`, below one host; and what stays with one of them.

use axum::Router;
use tower_partnero::Referrals;
use tower_partnero::capture::companion::SigningKeys;

use crate::site::{Site, page};
use crate::{Browser, COOKIE};

async fn pair() -> Site {
    let referrals = Referrals::builder()
        .domain("shop.localhost")
        .build()
        .unwrap();
    let app = Router::new()
        .route("/", page("Tea"))
        .layer(referrals.layer());
    Site::open(app).await
}

/// With `Secure` as by default: browsers trust loopback as they trust https.
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

/// Partnero's script writes for its own host alone; the browser then sends two cookies.
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

/// The companion is one host's alone: no script reads it, and no sibling host writes one.
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

    // A sibling host, and a script on the page itself.
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
