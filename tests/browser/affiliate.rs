//! The main way once more in an affiliate program: a partner's link, and a sign-up days later.

use axum::extract::{FromRef, State};
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::get;
use axum::{Form, Router};
use serde_json::json;
use tower_partnero::{
    ApiKey, Client, NewCustomer, Referrals, Sandbox, SignupHook, Signups, Snippet,
};

use crate::Browser;
use crate::site::Site;

const COOKIE: &str = "partnero_partner";

#[derive(Clone)]
struct App {
    signups: Signups,
    snippet: Option<Snippet>,
}

impl FromRef<App> for Signups {
    fn from_ref(app: &App) -> Self {
        app.signups.clone()
    }
}

#[derive(serde::Deserialize)]
struct NewUser {
    id: String,
}

async fn landing(State(app): State<App>) -> Html<String> {
    let tag = app.snippet.map_or(String::new(), |tag| tag.to_string());
    Html(format!(
        "<!doctype html><title>shop</title><body>{tag}
         <a href='/?via=pia-7'>by a partner</a>
         <form method=post action=/signup><input name=id value=ben><button>Join</button></form>"
    ))
}

async fn sign_up(hook: SignupHook, Form(user): Form<NewUser>) -> impl IntoResponse {
    let outcome = hook.sign_up(NewCustomer::new(user.id)).await;
    let welcome = format!("/welcome?outcome={}", outcome.as_str());
    (outcome, Redirect::to(&welcome))
}

/// A shop, and the sandbox of an affiliate program with one partner.
async fn shop(with_script: bool) -> (Site, Sandbox) {
    let sandbox = Sandbox::affiliate().await.unwrap();
    sandbox.register_partner("pia-7");
    let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
        .base_url(sandbox.base_url())
        .affiliate()
        .build()
        .unwrap();
    let policy = Referrals::builder().affiliate().secure(false);
    let referrals = policy.build().unwrap();
    let layer = referrals.layer();
    let app = App {
        signups: Signups::new(referrals, client),
        snippet: with_script.then(|| sandbox.snippet().unwrap()),
    };
    let pages = Router::new()
        .route("/", get(landing))
        .route("/signup", get(landing).post(sign_up))
        .route(
            "/welcome",
            get(async || Html("<!doctype html><title>hello</title>")),
        )
        .layer(layer)
        .with_state(app);
    (Site::open(pages).await, sandbox)
}

async fn play(with_script: bool) {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let (shop, sandbox) = shop(with_script).await;
    ben.go(&shop.at("127.0.0.1", "/?aff=pia-7")).await;
    let landing = shop.heard("GET /?aff=pia-7").await;
    assert!(landing.set[0].starts_with("partnero_partner=pia-7; "));
    if with_script {
        // The stand-in for Partnero's script has found the same key, and tells of the visitor.
        let told = "return document.cookie.includes('partnero_session_uuid')";
        ben.until_true(told).await;
    }
    let cookies = ben.cookies(COOKIE).await;
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert_eq!(cookies[0].value, "pia-7");

    ben.go(&shop.at("127.0.0.1", "/")).await;
    ben.click("form[action='/signup'] button").await;
    ben.arrive("/welcome?outcome=referred").await;
    assert!(ben.cookies(COOKIE).await.is_empty());
    let pia = &sandbox.partners()[0];
    assert_eq!(sandbox.customers()[0].partner.as_ref(), Some(&pia.id));
    assert_eq!(pia.referrals_count, 1);
}

#[tokio::test]
async fn a_partners_link_is_credited() {
    play(false).await;
}

#[tokio::test]
async fn a_partners_link_is_credited_beside_partneros_script() {
    play(true).await;
}

#[tokio::test]
async fn the_other_parameter_is_read_as_well_and_nobody_else_is_sent() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let (shop, sandbox) = shop(false).await;
    ben.go(&shop.at("127.0.0.1", "/?ref=anna-7")).await;
    ben.click("form[action='/signup'] button").await;
    ben.arrive("/welcome?outcome=no_partner").await;
    assert!(sandbox.customers().is_empty());

    ben.go(&shop.at("127.0.0.1", "/")).await;
    ben.click("a").await;
    ben.arrive("/?via=pia-7").await;
    let read = ben.run("return document.cookie").await;
    assert_eq!(read, json!("partnero_partner=pia-7"));
    ben.click("form[action='/signup'] button").await;
    ben.arrive("/welcome?outcome=referred").await;
    assert_eq!(sandbox.customers().len(), 1);
}
