//! The hook in a handler: the cookie in the response, and a visitor who disconnects.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::IntoResponse;
use axum::routing::post;
use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use http::{Request, Response};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tower::layer::layer_fn;
use tower::service_fn;
use tower_partnero::client::{Body, BoxError, HttpService};
use tower_partnero::sandbox::Fault;
use tower_partnero::{
    ApiKey, Client, Delivery, ErrorKind, NewCustomer, ReferralLayerMissing, Referrals, Sandbox,
    SignupErrorKind, SignupHook, Signups,
};

use super::{ANNA, Shop, client, referrals, response_headers, set_cookie, visit};

const REMOVAL: &str = "partnero_referral=; SameSite=Lax; Secure; Path=/shop; Domain=shop.example; \
                       Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";

/// The removal of the host's own cookie, which Partnero's script may have written.
const TWIN_REMOVALS: [&str; 2] = [
    "partnero_referral=; Secure; Path=/shop; Max-Age=0",
    "partnero_referral=; Secure; Path=/; Max-Age=0",
];

#[tokio::test]
async fn a_report_that_arrived_removes_the_cookie_as_it_was_set() {
    let shop = Shop::open_with_defaults().await;
    let outcome = shop.sign_up_by(ANNA, NewCustomer::new(2)).await;
    let headers = response_headers(outcome);
    let lines: Vec<_> = headers.get_all(SET_COOKIE).iter().collect();
    // One more removal, for a cookie that somebody may have planted for this page alone.
    let of_page = TWIN_REMOVALS[0].replace("/shop", "/signup");
    assert_eq!(
        lines,
        [TWIN_REMOVALS[0], TWIN_REMOVALS[1], &of_page, REMOVAL]
    );
    assert_eq!(headers[CACHE_CONTROL], "private");
}

#[tokio::test]
async fn a_visitor_without_our_cookie_gets_no_cookie_line() {
    let shop = Shop::open_with_defaults().await;
    let outcome = shop.sign_up("session=1", NewCustomer::new(2)).await;
    assert!(response_headers(outcome).is_empty());
}

/// Under first touch the cookie of the keys that lost can live longer than ours. The next person at this
/// device must not find it.
#[tokio::test]
async fn keys_that_lost_go_with_the_sign_up_also_where_no_key_counts() {
    let shop = Shop::open_with_defaults().await;
    let outcome = shop
        .sign_up("partnero_referral_before=anna-7", NewCustomer::new(2))
        .await;
    assert_eq!(outcome.as_str(), "not_referred");
    let headers = response_headers(outcome);
    let mut lines = headers.get_all(SET_COOKIE).iter();
    let is_removal = |line: &http::HeaderValue| {
        let line = line.to_str().unwrap();
        line.starts_with("partnero_referral_before=; ") && line.contains("Max-Age=0")
    };
    assert!(lines.any(is_removal), "{headers:?}");
}

#[tokio::test]
async fn a_broken_cookie_is_cleaned_up_by_a_sign_up() {
    let shop = Shop::open_with_defaults().await;
    let outcome = shop
        .sign_up("partnero_referral=%00", NewCustomer::new(2))
        .await;
    assert_eq!(set_cookie(outcome).as_deref(), Some(REMOVAL));
}

#[tokio::test]
async fn a_sign_up_on_the_landing_page_leaves_no_referral_behind() {
    let shop = Shop::open_with_defaults().await;
    let app = app(&shop.signups, Arc::default()).layer(shop.signups.referrals().layer());
    let request = Request::get(format!("/magic?ref={ANNA}"))
        .body(axum::body::Body::empty())
        .unwrap();
    let response = tower::ServiceExt::oneshot(app, request).await.unwrap();
    let lines: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
    assert_eq!(lines, [TWIN_REMOVALS[0], TWIN_REMOVALS[1], REMOVAL]);
}

#[tokio::test]
async fn an_address_as_a_public_key_is_refused_before_anything_is_sent() {
    let shop = Shop::open_with_defaults().await;
    let calls = shop.sandbox.requests().len();
    let customer = NewCustomer::new(2).key("ben@shop.example");
    let outcome = shop.sign_up_by(ANNA, customer.clone()).await;
    let error = outcome.error().unwrap();
    assert_eq!(error.kind(), SignupErrorKind::EmailKey);
    assert!(error.to_string().contains("e-mail address"));
    assert!(!error.to_string().contains("ben@"));
    assert_eq!(shop.sandbox.requests().len(), calls);
    assert_eq!(set_cookie(outcome), None);

    let signups = shop.signups.clone().allow_email_keys(true);
    let outcome = signups.hook(&visit("")).unwrap().sign_up(customer).await;
    assert!(outcome.error().is_none());
}

#[tokio::test]
async fn a_customer_without_an_identifier_is_refused_before_anything_is_sent() {
    let shop = Shop::open_with_defaults().await;
    let calls = shop.sandbox.requests().len();
    let outcome = shop.sign_up_by(ANNA, NewCustomer::new("")).await;
    let refused = SignupErrorKind::Partnero(ErrorKind::InvalidInput);
    assert_eq!(outcome.error().unwrap().kind(), refused);
    assert_eq!(shop.sandbox.requests().len(), calls);
}

#[tokio::test]
async fn a_hanging_partnero_costs_the_page_no_more_than_the_deadline() {
    let shop = Shop::open_with_defaults().await;
    shop.sandbox.inject(Fault::hang_after());
    let delivery = Delivery::from(client(&shop.sandbox)).deadline(Duration::from_millis(300));
    let signups = Signups::new(referrals(), delivery);
    let started = Instant::now();
    let outcome = signups
        .hook(&visit(""))
        .unwrap()
        .sign_up(NewCustomer::new(2))
        .await;
    assert_eq!(outcome.error().unwrap().kind(), SignupErrorKind::Timeout);
    // The client alone would wait for ten seconds, so it was our deadline.
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_ten_seconds_unless_the_app_says_so() {
    let never = service_fn(|_: Request<Body>| pending::<Result<Response<Body>, BoxError>>());
    let client = Client::builder(ApiKey::new("key").unwrap())
        .base_url("http://127.0.0.1:9/v1")
        .timeout(Duration::from_secs(60))
        .deadline(Duration::from_secs(60))
        .layer(layer_fn(move |_: HttpService| never))
        .build()
        .unwrap();
    let minute = Delivery::from(client.clone()).deadline(Duration::from_secs(59));
    for (delivery, seconds) in [(client.into(), 10), (minute, 59)] {
        let signups = Signups::new(referrals(), delivery);
        let started = tokio::time::Instant::now();
        let hook = signups.hook(&visit("")).unwrap();
        let outcome = hook.sign_up(NewCustomer::new(2)).await;
        assert_eq!(outcome.error().unwrap().kind(), SignupErrorKind::Timeout);
        assert_eq!(started.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn a_report_goes_on_when_the_visitor_no_longer_waits() {
    let shop = Shop::open_with_defaults().await;
    shop.sandbox
        .inject(Fault::delay(Duration::from_millis(300)));
    let delivery = Delivery::from(client(&shop.sandbox)).deadline(Duration::from_millis(50));
    let signups = Signups::new(referrals(), delivery);
    // With an unknown referrer the report takes several calls: the later ones show that it goes on.
    let hook = signups.hook(&visit("partnero_referral=nobody")).unwrap();
    let outcome = hook.sign_up(NewCustomer::new(2)).await;
    assert_eq!(outcome.error().unwrap().kind(), SignupErrorKind::Timeout);
    let arrived = async {
        while !shop.knows("2") {
            tokio::task::yield_now().await;
        }
    };
    let arrived = tokio::time::timeout(Duration::from_secs(10), arrived).await;
    arrived.expect("the report arrived");
}

#[tokio::test]
async fn a_partnero_that_is_gone_is_an_outcome() {
    let port = {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        closed.local_addr().unwrap().port()
    };
    let client = Client::builder(ApiKey::new("key").unwrap())
        .base_url(format!("http://127.0.0.1:{port}/v1"))
        .build()
        .unwrap();
    let signups = Signups::new(referrals(), client);
    let outcome = signups
        .hook(&visit("partnero_referral=k"))
        .unwrap()
        .sign_up(NewCustomer::new(2))
        .await;
    let error = outcome.error().unwrap();
    assert_eq!(error.kind(), SignupErrorKind::Partnero(ErrorKind::Connect));
    assert!(error.is_retryable());
    let source = std::error::Error::source(error).unwrap();
    assert!(source.is::<tower_partnero::Error>(), "{source}");
    assert_eq!(set_cookie(outcome), None);
}

#[tokio::test]
async fn a_handle_whose_layer_is_not_in_use_gives_no_hook() {
    let client = client(&Sandbox::start().await.unwrap());
    let referrals = Referrals::builder().build().unwrap();
    let signups = Signups::new(referrals.clone(), client);
    let error: ReferralLayerMissing = signups.hook(&visit("")).unwrap_err();
    assert!(error.to_string().contains("referrals.layer()"));

    let request = Request::post("/signup")
        .body(axum::body::Body::empty())
        .unwrap();
    let response = tower::ServiceExt::oneshot(app(&signups, Arc::default()), request)
        .await
        .unwrap();
    assert_eq!(response.status(), 500);
}

/// A site whose pages all come from a cache has the endpoint and no layer.
/// The visitor closes the page while Partnero takes its time. What is under way then would reach
/// Partnero in any case, so the referrer is an unknown one: the customer is created only by a
/// later call, after the refusal.
#[tokio::test]
async fn a_disconnecting_client_does_not_cancel_the_report() {
    let shop = Shop::open_with_defaults().await;
    shop.sandbox
        .inject(Fault::delay(Duration::from_millis(200)));
    let entered = Arc::new(Notify::new());
    let app = app(&shop.signups, entered.clone()).layer(shop.signups.referrals().layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());

    let mut visitor = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /signup HTTP/1.1\r\nHost: x\r\n{COOKIE}: partnero_referral=nobody\r\nContent-Length: 0\r\n\r\n"
    );
    visitor.write_all(request.as_bytes()).await.unwrap();
    entered.notified().await;
    drop(visitor);

    let arrived = async {
        while !shop.knows("2") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), arrived)
        .await
        .expect("the report arrived");
}

#[derive(Clone)]
struct AppState {
    signups: Signups,
    entered: Arc<Notify>,
}

impl FromRef<AppState> for Signups {
    fn from_ref(state: &AppState) -> Self {
        state.signups.clone()
    }
}

fn app(signups: &Signups, entered: Arc<Notify>) -> Router {
    async fn sign_up(hook: SignupHook, State(state): State<AppState>) -> impl IntoResponse {
        state.entered.notify_one();
        (hook.sign_up(NewCustomer::new(2)).await, "welcome")
    }
    Router::new()
        .route("/signup", post(sign_up))
        .route("/magic", axum::routing::get(sign_up))
        .with_state(AppState {
            signups: signups.clone(),
            entered,
        })
}
