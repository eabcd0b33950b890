//! An axum server on loopback under load: without our layer, with it, and with what people write
//! today, each over HTTP/1 and HTTP/2, alone and within ten other layers.

mod plot;
mod stack;

use axum::Router;
use axum::extract::Extension;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, get};
use tower_partnero::{Referral, Referrals};

pub(crate) use self::plot::write;
use self::stack::ten_layers;
use crate::capture::today::{Referred, with_cookie_jar};
use crate::harness::{Http, Served};

/// All requests are equally long.
const RETURNING: [&str; 2] = ["/?page=12345", "partnero_referral=anna-7"];
const BY_LINK: [&str; 2] = ["/?ref=anna-7", "recently_looked_at=12345"];

const WELCOME: &str = "Welcome to the shop.";

pub(crate) fn served() -> Vec<Served> {
    let alone = |app: Router| app;
    let mut served = group("HTTP/1", Http::One, alone);
    served.extend(group("HTTP/1, ten layers around it", Http::One, ten_layers));
    served.extend(group("HTTP/2", Http::Two, alone));
    served.extend(group("HTTP/2, ten layers around it", Http::Two, ten_layers));
    served
}

fn group(group: &'static str, http: Http, around: fn(Router) -> Router) -> Vec<Served> {
    let serve = |name, [uri, cookie]: [&str; 2], app: fn() -> Router| Served {
        group,
        name,
        http,
        request: format!(
            "GET {uri} HTTP/1.1\r\nhost: shop.example\r\nuser-agent: Mozilla/5.0\r\n\
             accept: text/html\r\ncookie: _ga=GA1.2.1203948571.1718000000; theme=dark; \
             locale=en-GB; currency=EUR; session=c9f0f895fb98ab9159f51fd0297e236d4f2a8f14e45fceea1; \
             consent=analytics; {cookie}\r\n\r\n"
        ),
        app: Box::new(move || around(app())),
    };
    vec![
        serve("without the layer", RETURNING, bare),
        serve("the same, again", RETURNING, bare),
        serve("ours, no link", RETURNING, || ours(get(page))),
        serve("ours, the page reads", RETURNING, || ours(get(read))),
        serve("ours, a link captured", BY_LINK, || ours(get(page))),
        serve("by hand, the page reads", RETURNING, || {
            by_hand(get(read_by_hand))
        }),
        serve("by hand, a link captured", BY_LINK, || by_hand(get(page))),
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

/// With `Router::layer`, as most apps do. Around the whole router the layer costs less.
fn ours(page: MethodRouter<Referrals>) -> Router {
    let referrals = referrals();
    let app = Router::new().route("/", page).layer(referrals.layer());
    app.with_state(referrals)
}

/// axum-extra's `CookieJar` and axum's `Query`, with a middleware function around them.
fn by_hand(page: MethodRouter<Referrals>) -> Router {
    let app = Router::new()
        .route("/", page)
        .layer(from_fn(with_cookie_jar));
    app.with_state(referrals())
}

async fn page() -> &'static str {
    WELCOME
}

async fn read(referral: Option<Referral>) -> &'static str {
    welcome(referral.is_some())
}

async fn read_by_hand(Extension(Referred(key)): Extension<Referred>) -> &'static str {
    welcome(key.is_some())
}

/// All answers are equally long.
fn welcome(is_referred: bool) -> &'static str {
    if is_referred {
        "Welcome to the shop!"
    } else {
        WELCOME
    }
}
