//! An axum server on loopback, with and without our layer, under load.

use axum::Router;
use axum::routing::get;
use tower::layer::util::Identity;
use tower_partnero::{Referral, Referrals};

use crate::harness::Served;

/// All requests are equally long.
const RETURNING: [&str; 2] = ["/?page=12345", "partnero_referral=anna-7"];
const BY_LINK: [&str; 2] = ["/?ref=anna-7", "recently_looked_at=12345"];

pub(crate) fn served() -> Vec<Served> {
    let serve = |name, [uri, cookie]: [&str; 2], app| Served {
        name,
        request: format!(
            "GET {uri} HTTP/1.1\r\nhost: shop.example\r\nuser-agent: Mozilla/5.0\r\n\
             accept: text/html\r\ncookie: _ga=GA1.2.1203948571.1718000000; theme=dark; \
             locale=en-GB; currency=EUR; session=c9f0f895fb98ab9159f51fd0297e236d4f2a8f14e45fceea1; \
             consent=analytics; {cookie}\r\n\r\n"
        ),
        app,
    };
    vec![
        serve("no layer", RETURNING, bare),
        serve("no layer, again", RETURNING, bare),
        serve("does nothing", RETURNING, nothing),
        serve("ours, no parameter", RETURNING, layered),
        serve("ours, cookie read", RETURNING, read),
        serve("ours, link captured", BY_LINK, layered),
    ]
}

fn referrals() -> Referrals {
    Referrals::builder()
        .build()
        .expect("the defaults are valid")
}

/// Every app has a state, because axum allocates for a state.
fn bare() -> Router {
    Router::new().route("/", get(page)).with_state(referrals())
}

fn nothing() -> Router {
    let app = Router::new().route("/", get(page)).layer(Identity::new());
    app.with_state(referrals())
}

/// With `Router::layer`, as most apps do. Around the whole router the layer costs less.
fn layered() -> Router {
    let referrals = referrals();
    let app = Router::new().route("/", get(page)).layer(referrals.layer());
    app.with_state(referrals)
}

fn read() -> Router {
    let page = async |referral: Option<Referral>| match referral {
        Some(_) => "Welcome to the shop!",
        None => "Nobody has sent you.",
    };
    let referrals = referrals();
    let app = Router::new().route("/", get(page)).layer(referrals.layer());
    app.with_state(referrals)
}

async fn page() -> &'static str {
    "Welcome to the shop."
}
