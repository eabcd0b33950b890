//! What a real browser does with all of this: a headless Chromium, driven over `WebDriver`.
//!
//! It needs `chromium` and `chromedriver` on the `PATH`: on Debian
//! `apt-get install chromium chromium-driver`. Where they are missing, every test says so, names
//! itself as left out and passes; with `TOWER_PARTNERO_REQUIRE_BROWSER` set it fails. The tests
//! with htmx, Turbo and axe also need `npm`, which installs the three from its registry.
//!
//! All hosts are loopback. `127.0.0.1` and `localhost` are different sites to a browser, two
//! ports of one host are the same site, and every name below `localhost` leads here.

mod affiliate;
mod ahead;
mod capture_endpoint;
mod circle;
mod consent;
mod driver;
mod fetched;
mod hosts;
mod npm;
mod session;
mod shared_device;
mod site;
mod strangers;
mod tag;
mod visitor;

#[path = "../../examples/signup/accounts.rs"]
mod accounts;
#[path = "../../examples/signup/answers.rs"]
mod answers;
#[path = "../../examples/signup/clicks.rs"]
mod clicks;
#[path = "../../examples/signup/pages/mod.rs"]
mod pages;
#[path = "../../examples/signup/partnero.rs"]
mod partnero;
#[path = "../../examples/signup/rewards.rs"]
mod rewards;
#[path = "../../examples/signup/sales.rs"]
mod sales;
#[path = "../../examples/signup/shop.rs"]
mod shop;
#[path = "../../examples/signup/timeline.rs"]
mod timeline;

use std::time::{Duration, Instant};

use session::Browser;

const COOKIE: &str = "partnero_referral";

/// Asks again and again until there is an answer; fails after half a minute.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "waited for {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
