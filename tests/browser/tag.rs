//! The tag for Partnero's script, under a strict `Content-Security-Policy`.

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde_json::json;
use tower_partnero::Snippet;

use crate::Browser;
use crate::site::{Place, Site};

/// Stands in for Partnero's script: takes over the queue, loads the program's settings as a second
/// script without a nonce, and reports over the network.
const STAND_IN: &str = "
    const po = window[window.__partnerObject];
    const calls = [];
    const take = call => calls.push(Array.from(call.a || call));
    po.q.forEach(take);
    po.q.push = call => { take(call); return 'answered'; };
    window.calls = calls;
    const assets = calls.find(call => call[1] === 'assets_host')[2];
    const settings = document.createElement('script');
    settings.src = assets + '/settings.js';
    settings.onload = () => fetch(assets + '/report', {method: 'POST', mode: 'no-cors'})
        .then(() => { window.reported = true; });
    document.head.appendChild(settings);
";

/// What another script on the page is stopped by; counted to see that the policy is in force.
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

/// Partnero's two hosts; `after_consent` or not.
async fn page_with_tag(change: impl FnOnce(Snippet) -> Snippet) -> (Site, Site) {
    let partnero = Place::take().await;
    let (script, assets) = (partnero.at("127.0.0.1"), partnero.at("localhost"));
    let javascript =
        |code: &'static str| get(async move || ([(CONTENT_TYPE, "text/javascript")], code));
    let partnero = partnero.serve(
        Router::new()
            .route("/universal.js", javascript(STAND_IN))
            .route("/settings.js", javascript("window.settings = true"))
            .route("/report", post(async || ())),
    );
    let snippet = Snippet::new("RW5B2TZ7")
        .and_then(|snippet| snippet.script_url(format!("{script}/universal.js")))
        .and_then(|snippet| snippet.assets_host(assets))
        .map(change)
        .unwrap();
    let sources = snippet.csp_sources();
    let policy = format!(
        "default-src 'none'; base-uri 'none'; script-src 'nonce-bm9uY2U' {sources}; connect-src {sources}"
    );
    let html = PAGE.replace("TAG", &snippet.with_nonce("bm9uY2U").unwrap().to_string());
    let page = get(async move || ([(CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response());
    (Site::open(Router::new().route("/", page)).await, partnero)
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

/// The browser asks for an icon by itself, and `default-src 'none'` keeps it from that.
fn is_icon(stop: &serde_json::Value) -> bool {
    stop.as_str().unwrap().contains("img-src")
}

#[tokio::test]
async fn the_queue_reaches_the_script_under_a_strict_policy() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let (site, partnero) = page_with_tag(|snippet| snippet).await;
    ben.go(&site.at("localhost", "/")).await;
    ben.until_true("return window.reported === true").await;

    let assets = partnero.at("localhost", "");
    let queue = json!([
        ["settings", "assets_host", assets],
        ["program", "RW5B2TZ7", "load"],
        ["integration", "universal", null],
    ]);
    assert_eq!(ben.run("return window.calls").await, queue);
    assert_eq!(ben.run("return window.settings").await, true);
    let later = "return [po('customers', 'signup', {key: 'k'}), calls.at(-1)[2].key]";
    assert_eq!(ben.run(later).await, json!(["answered", "k"]));
    assert_only_the_planted_script_was_stopped(&ben).await;
}

#[tokio::test]
async fn nothing_is_loaded_before_consent() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let (site, partnero) = page_with_tag(Snippet::after_consent).await;
    ben.go(&site.at("localhost", "/")).await;
    ben.arrive("/").await;
    assert_eq!(ben.run("return po.q.length").await, 3, "calls wait");
    assert_eq!(ben.run("return document.cookie").await, "");
    let loaded = "return performance.getEntriesByType('resource').map(entry => entry.name)";
    assert_eq!(ben.run(loaded).await, json!([]));
    assert!(partnero.exchanges().is_empty());

    let agree = "document.dispatchEvent(new Event('partnero:consent'))";
    ben.run(&format!("{agree}; {agree}")).await;
    ben.until_true("return window.reported === true").await;
    assert_eq!(ben.run("return calls.length").await, 3);
    assert_eq!(partnero.asked("GET /universal.js").len(), 1);
    assert_only_the_planted_script_was_stopped(&ben).await;
}
