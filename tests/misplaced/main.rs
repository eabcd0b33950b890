//! What a developer hears of a layer in the wrong place, and of a cookie for another host: once,
//! with what to write. And that nobody hears anything where all is well.

mod domain;

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, Request, State};
use axum::middleware::{from_fn, map_request};
use axum::routing::get;
use axum::{Extension, Router};
use http::header::SET_COOKIE;
use http::{HeaderMap, Method, Uri};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::context::Consent;
use tower_partnero::{Attribution, NotStored, Outcome, Referral, ReferralContext, Referrals};

const OUTSIDE_LAYER: Outcome = Outcome::NotStored(NotStored::OutsideLayer);
const OUTSIDE_DOMAIN: Outcome = Outcome::NotStored(NotStored::OutsideDomain);

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From here on, the error events of this test's thread are kept.
fn listen() {
    static LISTENER: Once = Once::new();
    LISTENER.call_once(|| {
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing_subscriber::filter::LevelFilter::ERROR)
            .with_writer(|| ThreadLog)
            .init();
    });
    LOG.take();
}

/// The error events since this was last asked.
fn errors() -> Vec<String> {
    let log = String::from_utf8(LOG.take()).unwrap();
    log.lines().map(str::to_owned).collect()
}

/// Exactly one error event, with all of these words.
fn assert_one_error(words: &[&str]) {
    let errors = errors();
    if cfg!(feature = "tracing") {
        assert_eq!(errors.len(), 1, "{errors:?}");
        for word in words {
            assert!(errors[0].contains(word), "{word}: {}", errors[0]);
        }
    }
}

fn new() -> ReferralsBuilder {
    Referrals::builder()
}

async fn tell(context: ReferralContext) -> String {
    format!("{:?}", context.outcome)
}

async fn inviter(referral: Option<Referral>) -> String {
    referral.map_or_else(String::new, |referral| referral.key().to_string())
}

fn routes() -> Router<Referrals> {
    Router::new()
        .route("/", get(tell).post(tell))
        .route("/inviter", get(inviter))
}

fn visit(target: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::get(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

/// The answer's body, and how many cookies it sets.
async fn send<S>(app: S, request: Request) -> (String, usize)
where
    S: Service<Request, Response = axum::response::Response>,
    S::Error: std::fmt::Debug,
{
    let (parts, body) = app.oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let cookies = parts.headers.get_all(SET_COOKIE).iter().count();
    (String::from_utf8(body.to_vec()).unwrap(), cookies)
}

#[tokio::test]
async fn a_layer_above_the_routes_is_told_once() {
    listen();
    let referrals = new().build().unwrap();
    let app = Router::new()
        .layer(referrals.layer())
        .merge(routes())
        .with_state(referrals.clone());
    assert_eq!(
        send(app.clone(), visit("/?ref=anna-7", &[])).await,
        (format!("{OUTSIDE_LAYER:?}"), 0)
    );
    let advice = [
        "below all routes",
        "`.layer(referrals.layer())`",
        "no cookie",
    ];
    assert_one_error(&advice);
    // It counts for this request all the same.
    assert_eq!(
        send(app.clone(), visit("/inviter?ref=anna-7", &[])).await,
        ("anna-7".to_owned(), 0)
    );
    send(app, visit("/?ref=ben", &[])).await;
    assert_eq!(errors(), [""; 0], "once for each handle");

    let another = new().build().unwrap();
    let app = Router::new()
        .layer(another.layer())
        .merge(routes())
        .with_state(another);
    assert_eq!(send(app, visit("/inviter?ref=anna-7", &[])).await.1, 0);
    assert_one_error(&advice);
}

/// Without axum the same holds.
#[tokio::test]
async fn a_service_beside_the_layer_is_told() {
    listen();
    let referrals = new().build().unwrap();
    let _elsewhere = referrals.layer().layer(());
    let (parts, _) = visit("/?ref=anna-7", &[]).into_parts();
    let context = referrals.context(&parts).unwrap();
    assert_eq!(context.outcome, OUTSIDE_LAYER);
    assert_eq!(context.referral.unwrap().key().as_str(), "anna-7");
    assert_one_error(&["`.layer(referrals.layer())`"]);
    assert_eq!(OUTSIDE_LAYER.as_str(), "not_stored_outside_layer");
}

/// Where a link would not be stored anyway, the layer's place makes no difference.
#[tokio::test]
async fn what_would_not_be_stored_is_no_reason_to_complain() {
    listen();
    let referrals = new().attribution(Attribution::FirstTouch).build().unwrap();
    let app = Router::new()
        .layer(referrals.layer())
        .merge(routes())
        .with_state(referrals.clone());
    let stored = ("cookie", "partnero_referral=anna-7");
    for (target, headers, outcome) in [
        ("/", &[][..], "NotReferred"),
        ("/?ref=", &[], "Ignored(Empty)"),
        ("/", &[stored], "Remembered"),
        ("/?ref=anna-7", &[stored], "Unchanged"),
        ("/?ref=ben", &[stored], "FirstTouchKept"),
        (
            "/?ref=ben",
            &[("sec-purpose", "prefetch")],
            "NotStored(Speculative)",
        ),
        (
            "/?ref=ben",
            &[("sec-fetch-mode", "no-cors")],
            "NotStored(NoNavigation)",
        ),
    ] {
        let (told, _) = send(app.clone(), visit(target, headers)).await;
        assert_eq!(told, outcome, "{target} {headers:?}");
    }
    let mut post = visit("/?ref=ben", &[]);
    *post.method_mut() = Method::POST;
    assert_eq!(send(app, post).await.0, "NotStored(Method)");
    assert_eq!(errors(), [""; 0]);

    let referrals = new().consent(|_| Consent::Unknown).build().unwrap();
    let _elsewhere = referrals.layer().layer(());
    let (parts, _) = visit("/?ref=anna-7", &[]).into_parts();
    let outcome = referrals.context(&parts).unwrap().outcome;
    assert_eq!(outcome, Outcome::NotStored(NotStored::ConsentUnknown));
    assert_eq!(errors(), [""; 0]);
}

/// A request that was made up, not received, says what the layer would do with it.
#[test]
fn the_pure_function_never_complains() {
    listen();
    let referrals = new().domain("shop.example").build().unwrap();
    let _elsewhere = referrals.layer().layer(());
    let uri = Uri::from_static("https://other.example/?ref=anna-7");
    let context = referrals.evaluate(&Method::GET, &uri, &HeaderMap::new());
    assert_eq!(context.outcome, OUTSIDE_DOMAIN);
    let uri = Uri::from_static("/?ref=anna-7");
    let context = referrals.evaluate(&Method::GET, &uri, &HeaderMap::new());
    assert_eq!(context.outcome, Outcome::Captured);
    assert_eq!(errors(), [""; 0]);
}

#[tokio::test]
async fn a_layer_in_any_right_place_is_not_told_of() {
    listen();
    let referrals = new().build().unwrap();
    let whole = |routes: Router<Referrals>| routes.with_state(referrals.clone());
    let layer = || referrals.layer();
    let rewrite = map_request(|mut request: Request| async move {
        *request.uri_mut() = "/?ref=anna-7&rewritten".parse().unwrap();
        request
    });
    let rebuild = map_request(|request: Request| async move {
        let (old, body) = request.into_parts();
        let mut new = Request::new(body);
        *new.uri_mut() = old.uri;
        *new.headers_mut() = old.headers;
        new
    });
    let outer = Router::new().nest("/shop", whole(routes()));
    for (app, target) in [
        (whole(routes().layer(layer())), "/?ref=anna-7"),
        (whole(routes().route_layer(layer())), "/?ref=anna-7"),
        (
            whole(Router::new().route("/", get(tell).layer(layer()))),
            "/?ref=anna-7",
        ),
        (
            whole(Router::new().fallback(tell).layer(layer())),
            "/anywhere?ref=anna-7",
        ),
        (outer.clone().layer(layer()), "/shop?ref=anna-7"),
        (
            Router::new().nest("/shop", whole(routes().layer(layer()))),
            "/shop?ref=anna-7",
        ),
        (
            whole(routes().layer(ServiceBuilder::new().layer(layer()).layer(layer()))),
            "/?ref=anna-7",
        ),
        // The app changes the request on its way from the layer to the handler.
        (
            whole(Router::new().fallback(tell).layer(rewrite).layer(layer())),
            "/old/place?ref=anna-7",
        ),
        (
            whole(routes().layer(rebuild).layer(layer())),
            "/?ref=anna-7",
        ),
    ] {
        for headers in [&[][..], &[("host", "shop.example")]] {
            let (told, cookies) = send(app.clone(), visit(target, headers)).await;
            assert_eq!(told, "Captured", "{target}");
            assert!(cookies >= 1, "{target}");
        }
    }
    assert_eq!(errors(), [""; 0]);

    // Around the router, not within it.
    let app = layer().layer(whole(routes()));
    let (told, cookies) = send(app, visit("/?ref=anna-7", &[])).await;
    assert_eq!((&*told, cookies), ("Captured", 1));
    assert_eq!(errors(), [""; 0]);
}

/// Under first touch the layer writes down the key that loses, but not twice.
#[tokio::test]
async fn a_key_that_lost_before_is_not_told_of() {
    listen();
    let referrals = new().attribution(Attribution::FirstTouch).build().unwrap();
    let app = routes().layer(referrals.layer()).with_state(referrals);
    let host = ("host", "shop.example");
    let (told, _) = send(app.clone(), visit("/?ref=anna-7", &[host])).await;
    assert_eq!(told, "Captured");
    let stored = ("cookie", "partnero_referral=anna-7");
    let (told, cookies) = send(app.clone(), visit("/?ref=ben", &[host, stored])).await;
    assert_eq!((&*told, cookies), ("FirstTouchKept", 1));
    let stored = (
        "cookie",
        "partnero_referral=anna-7; partnero_referral_before=ben",
    );
    let (told, cookies) = send(app, visit("/?ref=ben", &[host, stored])).await;
    assert_eq!((&*told, cookies), ("FirstTouchKept", 0));
    assert_eq!(errors(), [""; 0]);
}

/// The path link that the layer has seen becomes a query before the handler sees it.
#[tokio::test]
async fn a_path_link_that_the_app_rewrites_is_not_told_of() {
    listen();
    let referrals = new().path_links("ref").build().unwrap();
    let rewrite = map_request(|mut request: Request| async move {
        *request.uri_mut() = "/?ref=anna-7".parse().unwrap();
        request
    });
    let app = Router::new()
        .fallback(get(tell))
        .layer(rewrite)
        .layer(referrals.layer())
        .with_state(referrals);
    let (told, cookies) = send(app, visit("/ref/anna-7", &[])).await;
    assert_eq!((&*told, cookies), ("Captured", 1));
    assert_eq!(errors(), [""; 0]);
}

#[derive(Clone)]
struct Two {
    friends: Referrals,
    affiliates: Referrals,
}

impl FromRef<Two> for Referrals {
    fn from_ref(two: &Two) -> Self {
        two.friends.clone()
    }
}

async fn tell_both(State(two): State<Two>, request: Request) -> String {
    let (parts, _) = request.into_parts();
    let [one, other] = [&two.friends, &two.affiliates].map(|handle| handle.context(&parts));
    format!("{:?} {:?}", one.unwrap().outcome, other.unwrap().outcome)
}

fn two_handles() -> Two {
    let affiliates = new().parameters(["via"]).cookie_name("partnero_partner");
    Two {
        friends: new().build().unwrap(),
        affiliates: affiliates.build().unwrap(),
    }
}

#[tokio::test]
async fn each_of_two_handles_knows_its_own_layer() {
    listen();
    let two = two_handles();
    let app = Router::new()
        .route("/", get(tell_both))
        .layer(two.friends.layer())
        .layer(two.affiliates.layer())
        .with_state(two);
    for (target, outcomes, set) in [
        ("/?ref=anna-7", "Captured NotReferred", 1),
        ("/?via=ben", "NotReferred Captured", 1),
        ("/?ref=anna-7&via=ben", "Captured Captured", 2),
    ] {
        let (told, cookies) = send(app.clone(), visit(target, &[])).await;
        assert_eq!((&*told, cookies), (outcomes, set), "{target}");
    }
    assert_eq!(errors(), [""; 0]);

    // One layer in its place is no excuse for the other.
    let two = two_handles();
    let app = Router::new()
        .layer(two.affiliates.layer())
        .route("/", get(tell_both))
        .layer(two.friends.layer())
        .with_state(two);
    let (told, cookies) = send(app, visit("/?ref=anna-7&via=ben", &[])).await;
    assert_eq!((&*told, cookies), ("Captured NotStored(OutsideLayer)", 1));
    assert_one_error(&["partnero_partner"]);
}

/// One route lies below the layer, the other above.
#[tokio::test]
async fn a_route_that_the_layer_does_not_cover_is_told_of_behind_one_that_it_covers() {
    listen();
    let referrals = new().build().unwrap();
    let app = Router::new()
        .route("/covered", get(tell))
        .layer(referrals.layer())
        .route("/", get(tell))
        .with_state(referrals);
    for header in [("host", "shop.example"), ("user-agent", "Firefox")] {
        let covered = send(app.clone(), visit("/covered?ref=anna-7", &[header])).await;
        assert_eq!(covered, ("Captured".to_owned(), 1));
        assert_eq!(errors(), [""; 0]);
    }
    let host = [("host", "shop.example")];
    let (told, cookies) = send(app, visit("/?ref=anna-7", &host)).await;
    assert_eq!((&*told, cookies), ("NotStored(OutsideLayer)", 0));
    assert_one_error(&["below all routes"]);
}

#[tokio::test]
async fn the_app_sees_a_captured_request_as_it_came() {
    let referrals = new().build().unwrap();
    let page = service_fn(|request: http::Request<()>| {
        let mut response = http::Response::new(());
        *response.headers_mut() = request.into_parts().0.headers;
        std::future::ready(Ok::<_, io::Error>(response))
    });
    for headers in [
        &[][..],
        &[("host", "shop.example")],
        &[("user-agent", "Firefox"), ("host", "shop.example")],
        &[("accept", "*/*")],
    ] {
        let (parts, _) = visit("/?ref=anna-7", headers).into_parts();
        let sent = parts.headers.clone();
        let app = referrals.layer().layer(page);
        let answer = app.oneshot(http::Request::from_parts(parts, ())).await;
        let mut seen = answer.unwrap().into_parts().0.headers;
        assert!(seen.remove(SET_COOKIE).is_some());
        seen.remove("cache-control");
        assert_eq!(seen, sent);
    }
}

/// With a companion the layer may write without a capture.
#[cfg(feature = "companion")]
#[tokio::test]
async fn a_link_that_only_the_companion_learns_of_is_not_told_of() {
    use tower_partnero::capture::companion::SigningKeys;

    listen();
    let keys = SigningKeys::new([7; 32]).unwrap();
    let referrals = new().companion(keys).build().unwrap();
    let app = routes().layer(referrals.layer()).with_state(referrals);
    // Partnero's script has written this cookie, and the companion does not know it yet.
    let stored = [("cookie", "partnero_referral=anna-7")];
    let (told, cookies) = send(app, visit("/?ref=anna-7", &stored)).await;
    assert_eq!((&*told, cookies), ("Unchanged", 1));
    assert_eq!(errors(), [""; 0]);
}

/// A middleware outside the layer that asks too early, for example to log.
#[tokio::test]
async fn whoever_asks_before_the_layer_is_told_too() {
    listen();
    let referrals = new().build().unwrap();
    let early = async |Extension(referrals): Extension<Referrals>,
                       request: Request,
                       next: axum::middleware::Next| {
        let (parts, body) = request.into_parts();
        let outcome = referrals.context(&parts).unwrap().outcome;
        assert_eq!(outcome, OUTSIDE_LAYER);
        next.run(Request::from_parts(parts, body)).await
    };
    let app = routes()
        .layer(referrals.layer())
        .layer(from_fn(early))
        .layer(Extension(referrals.clone()))
        .with_state(referrals);
    let (told, cookies) = send(app, visit("/?ref=anna-7", &[])).await;
    assert_eq!((&*told, cookies), ("Captured", 1));
    assert_one_error(&["Referrals::evaluate"]);
}
