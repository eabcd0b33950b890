//! The tag for Partnero's script, under a strict `Content-Security-Policy`.

use axum::Router;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use serde_json::{Value, json};
use tower_partnero::{ProgramKind, Sandbox, Snippet};

use crate::shop::ANNA;
use crate::site::Site;
use crate::visitor::{Town, sign_up};
use crate::{Browser, COOKIE, until};

/// Counts the scripts that the policy has stopped, which shows that the policy is in force.
const PAGE: &str = "
    <script nonce=bm9uY2U>
        window.stopped = [];
        document.addEventListener('securitypolicyviolation',
            event => stopped.push(event.effectiveDirective + ' ' + event.blockedURI));
    </script>
    TAG
    <script nonce=bm9uY2U>
        po('integration', 'universal', null);
    </script>
    <script>window.planted = true</script>
    <h1>Tea</h1>";

/// A page with a strict policy, and a sandbox. Its script and its settings have two hosts, as
/// Partnero's have. `change` may change the tag.
async fn page_with_tag(change: impl FnOnce(Snippet) -> Snippet) -> (Site, Sandbox) {
    let partnero = Sandbox::start().await.unwrap();
    let assets = format!("http://localhost:{}", partnero.port());
    let snippet = partnero.snippet().unwrap().assets_host(assets).unwrap();
    let snippet = change(snippet);
    let sources = snippet.csp_sources();
    let policy = format!(
        "default-src 'none'; base-uri 'none'; script-src 'nonce-bm9uY2U' {sources}; connect-src {sources}"
    );
    let html = PAGE.replace("TAG", &snippet.with_nonce("bm9uY2U").unwrap().to_string());
    let page = get(async move || ([(CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response());
    (Site::open(Router::new().route("/", page)).await, partnero)
}

/// Waits until so many calls have arrived at the sandbox.
async fn told(partnero: &Sandbox, calls: usize) -> Vec<Value> {
    until("calls at the sandbox", async || {
        let told = partnero.script_calls();
        (told.len() >= calls).then_some(told)
    })
    .await
}

async fn assert_only_the_planted_script_was_stopped(visitor: &Browser) {
    let stopped = visitor.run("return window.stopped").await;
    let stopped: Vec<_> = stopped
        .as_array()
        .unwrap()
        .iter()
        .filter(|stop| !is_icon(stop))
        .collect();
    assert_eq!(stopped, [&json!("script-src-elem inline")]);
    assert_eq!(visitor.run("return window.planted").await, json!(null));
}

/// The browser asks for an icon by itself, and `default-src 'none'` stops this request, too.
fn is_icon(stop: &serde_json::Value) -> bool {
    stop.as_str().unwrap().contains("img-src")
}

#[tokio::test]
async fn the_queue_reaches_the_sandbox_under_a_strict_policy() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let (site, partnero) = page_with_tag(|snippet| snippet).await;
    ben.go(&site.at("localhost", "/?ref=anna-7%20%C3%A9")).await;
    let assets = format!("http://localhost:{}", partnero.port());
    let queue = [
        json!(["settings", "assets_host", assets]),
        json!(["program", "SANDBOX1", "load"]),
        json!(["integration", "universal", null]),
    ];
    assert_eq!(told(&partnero, 3).await, queue);
    // The settings were loaded, although their script has no nonce.
    ben.until_true("return document.cookie.includes('partnero_session_uuid=')")
        .await;
    let stored = until("the script's cookie", async || {
        ben.cookies(COOKIE).await.into_iter().next()
    });
    assert_eq!(stored.await.value, "anna-7%20%C3%A9");

    ben.run("po('customers', 'signup', {data: {key: 'k'}})")
        .await;
    let later = json!(["customers", "signup", { "data": { "key": "k" } }]);
    assert_eq!(told(&partnero, 4).await[3], later);
    assert_only_the_planted_script_was_stopped(&ben).await;
}

/// Through the whole example shop, whose landing page has the tag.
#[tokio::test]
async fn the_example_shop_has_the_click_counted_and_the_friend_credited() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let town = Town::with_script(ProgramKind::ReferAFriend).await;
    ben.go(&town.at(&format!("/?ref={ANNA}"))).await;
    let assets = format!("http://127.0.0.1:{}", town.sandbox.port());
    let queue = [
        json!(["settings", "assets_host", assets]),
        json!(["program", "SANDBOX1", "load"]),
    ];
    assert_eq!(told(&town.sandbox, 2).await, queue);
    ben.until_true("return document.cookie.includes('partnero_session_uuid=')")
        .await;
    assert_eq!(ben.values(COOKIE).await, [ANNA], "one cookie for both");

    let plant = "const script = document.createElement('script');
        script.textContent = 'window.planted = true';
        document.body.append(script);
        return window.planted";
    assert_eq!(ben.run(plant).await, json!(null), "the policy is strict");

    sign_up(&ben, "Ben", "/account/2").await;
    assert_eq!(town.referrer_of("Ben").await.as_deref(), Some("1"));
    assert!(ben.cookies(COOKIE).await.is_empty());
    ben.go(&town.sandbox.page_url()).await;
    assert!(
        ben.text()
            .await
            .contains("[\"program\",\"SANDBOX1\",\"load\"]")
    );
}

#[tokio::test]
async fn nothing_is_loaded_before_consent() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let (site, partnero) = page_with_tag(Snippet::after_consent).await;
    ben.go(&site.at("localhost", "/?ref=anna-7")).await;
    ben.arrive("/?ref=anna-7").await;
    assert_eq!(ben.run("return po.q.length").await, 3, "calls wait");
    assert_eq!(ben.run("return document.cookie").await, "");
    let loaded = "return performance.getEntriesByType('resource').map(entry => entry.name)";
    assert_eq!(ben.run(loaded).await, json!([]));
    assert!(partnero.script_calls().is_empty());

    let agree = "document.dispatchEvent(new Event('partnero:consent'))";
    ben.run(&format!("{agree}; {agree}")).await;
    ben.until_true("return document.cookie.includes('partnero_referral=anna-7')")
        .await;
    assert_eq!(told(&partnero, 3).await.len(), 3, "loaded once");
    assert_only_the_planted_script_was_stopped(&ben).await;
}

/// The consent tool ran before the tag, or the visitor has agreed on an earlier page.
#[tokio::test]
async fn consent_that_was_there_before_the_tag_is_heard() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let partnero = Sandbox::start().await.unwrap();
    let tag = partnero.snippet().unwrap().after_consent();
    for (agreed, loads) in [("'true'", 0), ("true", 1)] {
        let body = format!("<script>window.partneroConsent = {agreed}</script>{tag}");
        let site = Site::with_page(&body).await;
        ben.go(&site.at("localhost", "/")).await;
        ben.arrive("/").await;
        let scripts =
            "return document.querySelectorAll('script[src$=\"/js/universal.js\"]').length";
        assert_eq!(ben.run(scripts).await, loads, "{agreed}");
    }
    assert_eq!(told(&partnero, 2).await.len(), 2);
}
