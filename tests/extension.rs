//! The extractors of an axum app whose state type is not its own, and of one with two programs.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::FromRef;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use tower::{Layer, ServiceExt, service_fn};
use tower_partnero::extract::{ExtensionMissing, FromExtensionRejection};
use tower_partnero::webhook::{SIGNATURE, WebhookSecret, sign};
use tower_partnero::{
    ApiKey, Client, DeliveryWorker, Event, FromExtension, NewCustomer, OfProgram, Outbox, Referral,
    ReferralContext, ReferralLayerMissing, Referrals, Sandbox, SignupHook, Signups,
    WebhookVerifier,
};

const EVENT: &str = r#"{"event":"customer.rewarded","data":{"id":"user-7"}}"#;

/// The state of an app that the extractors know nothing of.
struct AppState;

async fn tell_context(FromExtension(context): FromExtension<ReferralContext>) -> String {
    context.outcome.as_str().to_owned()
}

async fn tell_inviter(FromExtension(referral): FromExtension<Option<Referral>>) -> String {
    referral.map_or("nobody".to_owned(), |referral| referral.key().to_string())
}

async fn sign_up(FromExtension(hook): FromExtension<SignupHook>) -> impl IntoResponse {
    let outcome = hook.sign_up(NewCustomer::new("ben")).await;
    let said = outcome.as_str();
    (outcome, said)
}

async fn partnero(FromExtension(event): FromExtension<Event>) -> String {
    event.name().to_owned()
}

fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/context", get(tell_context))
        .route("/inviter", get(tell_inviter))
        .route("/signup", post(sign_up))
        .route("/partnero", post(partnero))
}

fn referrals() -> Referrals {
    Referrals::builder().build().unwrap()
}

fn secret() -> WebhookSecret {
    WebhookSecret::new("s3cret").unwrap()
}

fn signed(body: &'static str) -> Request<Body> {
    Request::post("/partnero")
        .header(SIGNATURE, sign(&secret(), EVENT))
        .body(Body::from(body))
        .unwrap()
}

fn request(method: &str, target: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(target)
        .header(COOKIE, "partnero_referral=anna-7; academy=cleo-3")
        .body(Body::empty())
        .unwrap()
}

async fn send(app: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (parts.status, parts.headers, body)
}

fn set(headers: &HeaderMap) -> Vec<&str> {
    let lines = headers.get_all(SET_COOKIE).iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

async fn program() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
        .base_url(sandbox.base_url())
        .build()
        .unwrap();
    for (id, key) in [("anna", "anna-7"), ("cleo", "cleo-3")] {
        let customer = NewCustomer::new(id).key(key);
        client.customers().create(&customer).await.unwrap();
    }
    (sandbox, client)
}

fn referrer_of(sandbox: &Sandbox, id: &str) -> Option<String> {
    let customers = sandbox.customers();
    let customer = customers.iter().find(|customer| customer.id == id);
    customer.and_then(|customer| customer.referred_by.clone())
}

#[tokio::test]
async fn the_handles_come_from_the_extensions() {
    let (sandbox, client) = program().await;
    let referrals = referrals();
    let app = routes()
        .layer(Extension(Signups::new(referrals.clone(), client)))
        .layer(Extension(WebhookVerifier::new(secret())))
        .layer(referrals.layer())
        .with_state(Arc::new(AppState));

    assert_eq!(send(&app, request("GET", "/context")).await.2, "remembered");
    assert_eq!(send(&app, request("GET", "/inviter")).await.2, "anna-7");
    let (_, headers, said) = send(&app, request("POST", "/signup")).await;
    assert_eq!(said, "referred");
    let removed = "partnero_referral=; ";
    assert!(set(&headers).iter().any(|line| line.starts_with(removed)));
    assert_eq!(referrer_of(&sandbox, "ben").as_deref(), Some("anna"));

    assert_eq!(send(&app, signed(EVENT)).await.2, "customer.rewarded");
    let (status, _, said) = send(&app, signed("{}")).await;
    assert_eq!((status, &*said), (StatusCode::UNAUTHORIZED, ""));
}

/// The policy in its own extension counts, also if `Signups` has another one.
#[tokio::test]
async fn a_policy_in_the_extensions_comes_before_that_of_the_sign_ups() {
    let other = Referrals::builder().cookie_name("academy").build().unwrap();
    let app = routes()
        .layer(Extension(Signups::new(referrals(), Outbox::memory())))
        .layer(Extension(other.clone()))
        .layer(other.layer())
        .with_state(Arc::new(AppState));
    assert_eq!(send(&app, request("GET", "/inviter")).await.2, "cleo-3");
}

thread_local! {
    /// What was logged by the test that runs on this thread.
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn assert_one_error(text: &str) {
    let logged = String::from_utf8(LOGGED.take()).unwrap();
    if cfg!(feature = "tracing") {
        assert!(logged.contains("ERROR tower_partnero"), "{logged}");
        assert!(logged.contains(text), "{logged}");
        assert_eq!(logged.lines().count(), 1, "{logged}");
    }
}

/// The subscriber is that of the whole process. With one for this thread alone, `tracing` may learn from
/// another test's thread that nobody wants an event, and then drops it here, too.
#[tokio::test]
async fn a_missing_extension_is_a_logged_500_that_tells_a_visitor_nothing() {
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(|| Log)
        .init();

    let layered = referrals();
    let app = routes()
        .route("/program", get(of_program))
        .layer(layered.layer())
        .with_state(Arc::new(AppState));
    for (request, handle) in [
        (request("GET", "/context"), "Referrals`"),
        (request("GET", "/inviter"), "Referrals`"),
        (request("POST", "/signup"), "Signups`"),
        (signed(EVENT), "WebhookVerifier`"),
        (request("GET", "/program"), "Academy`"),
    ] {
        let (status, headers, said) = send(&app, request).await;
        let answer = (status, &*said, headers.len());
        assert_eq!(answer, (StatusCode::INTERNAL_SERVER_ERROR, "", 1));
        assert_one_error(handle);
    }

    let never_layered = Signups::new(referrals(), Outbox::memory());
    let app = routes()
        .layer(Extension(never_layered))
        .with_state(Arc::new(AppState));
    for (method, path) in [
        ("GET", "/context"),
        ("GET", "/inviter"),
        ("POST", "/signup"),
    ] {
        let (status, _, said) = send(&app, request(method, path)).await;
        let answer = (status, &*said);
        assert_eq!(answer, (StatusCode::INTERNAL_SERVER_ERROR, ""));
        assert_one_error("add `.layer(referrals.layer())`");
    }
}

async fn of_program(program: FromExtension<OfProgram<Academy, Option<Referral>>>) -> String {
    let FromExtension(OfProgram(_, referral)) = program;
    referral.map_or("nobody".to_owned(), |referral| referral.key().to_string())
}

#[tokio::test]
async fn a_handler_may_ask_why() {
    type Rejection = FromExtensionRejection<ReferralLayerMissing>;
    async fn page(found: Result<FromExtension<Option<Referral>>, Rejection>) -> String {
        let rejection = found.unwrap_err();
        let kind = match rejection {
            FromExtensionRejection::Missing(ExtensionMissing { .. }) => "missing",
            FromExtensionRejection::Refused(_) => "refused",
            _ => "other",
        };
        format!("{kind}: {rejection}")
    }
    let missing = Router::new().route("/", get(page));
    let refused = missing.clone().layer(Extension(referrals()));
    let said = send(&missing, request("GET", "/")).await.2;
    assert!(said.starts_with("missing: the request has no `tower_partnero::"));
    assert!(said.contains("write `.layer(axum::Extension(handle))`"));
    let said = send(&refused, request("GET", "/")).await.2;
    assert!(said.starts_with("refused: no service uses the layer"));
}

/// One app with two programs at Partnero.
#[derive(Clone, FromRef)]
struct TwoPrograms {
    shop: Shop,
    academy: Academy,
}

#[derive(Clone, FromRef)]
struct Shop {
    referrals: Referrals,
    signups: Signups,
}

#[derive(Clone, FromRef)]
struct Academy {
    referrals: Referrals,
    signups: Signups,
    verifier: WebhookVerifier,
}

async fn of_shop(OfProgram(_, hook): OfProgram<Shop, SignupHook>) -> impl IntoResponse {
    (hook.sign_up(NewCustomer::new("ben")).await, "welcome")
}

async fn of_academy(OfProgram(_, hook): OfProgram<Academy, SignupHook>) -> impl IntoResponse {
    (hook.sign_up(NewCustomer::new("ben")).await, "welcome")
}

async fn tell_both(
    OfProgram(_, shop): OfProgram<Shop, Option<Referral>>,
    OfProgram(_, academy): OfProgram<Academy, ReferralContext>,
) -> String {
    let key = |referral: Option<Referral>| referral.map(|referral| referral.key().to_string());
    format!("{:?} {:?}", key(shop), key(academy.referral))
}

async fn event_of_academy(OfProgram(_, event): OfProgram<Academy, Event>) -> String {
    event.name().to_owned()
}

fn two_programs(delivery: [impl Into<tower_partnero::Delivery>; 2]) -> Router {
    let [to_shop, to_academy] = delivery;
    let shop = referrals();
    let academy = Referrals::builder()
        .parameters(["pupil"])
        .cookie_name("academy")
        .build()
        .unwrap();
    Router::new()
        .route("/both", get(tell_both))
        .route("/signup", post(of_shop))
        .route("/academy/enrol", post(of_academy))
        .route("/partnero", post(event_of_academy))
        .layer(shop.layer())
        .layer(academy.layer())
        .with_state(TwoPrograms {
            shop: Shop {
                referrals: shop.clone(),
                signups: Signups::new(shop, to_shop),
            },
            academy: Academy {
                referrals: academy.clone(),
                signups: Signups::new(academy, to_academy),
                verifier: WebhookVerifier::new(secret()),
            },
        })
}

#[tokio::test]
async fn each_program_has_links_and_cookies_of_its_own() {
    let app = two_programs([Outbox::memory(), Outbox::memory()]);
    for (target, told) in [
        ("/both", r#"Some("anna-7") Some("cleo-3")"#),
        ("/both?ref=dora", r#"Some("dora") Some("cleo-3")"#),
        ("/both?pupil=dora", r#"Some("anna-7") Some("dora")"#),
        ("/both?pupil=dora&ref=emil", r#"Some("emil") Some("dora")"#),
    ] {
        assert_eq!(send(&app, request("GET", target)).await.2, told, "{target}");
    }
    let set_by = async |target| set(&send(&app, request("GET", target)).await.1).join("\n");
    let of_shop = set_by("/both?ref=dora").await;
    assert!(of_shop.contains("partnero_referral=dora") && !of_shop.contains("academy"));
    let of_academy = set_by("/both?pupil=dora").await;
    assert!(of_academy.contains("academy=dora") && !of_academy.contains("partnero_referral"));

    assert_eq!(send(&app, signed(EVENT)).await.2, "customer.rewarded");
    assert_eq!(send(&app, signed("{}")).await.0, StatusCode::UNAUTHORIZED);
}

/// Both programs know an Anna and a Cleo, and in both a Ben signs up under the same identifier.
#[tokio::test]
async fn neither_program_delivers_what_was_signed_up_for_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("outbox.db");
    let of_shop = Outbox::sqlite(file.to_str().unwrap()).await.unwrap();
    let of_academy = of_shop.program("academy").unwrap();
    let app = two_programs([of_shop.clone(), of_academy.clone()]);
    let (shop, client_of_shop) = program().await;
    let (academy, client_of_academy) = program().await;

    let (_, headers, _) = send(&app, request("POST", "/signup")).await;
    let removed = set(&headers).join("\n");
    assert!(removed.contains("partnero_referral=; ") && !removed.contains("academy=; "));
    let (_, headers, _) = send(&app, request("POST", "/academy/enrol")).await;
    let removed = set(&headers).join("\n");
    assert!(removed.contains("academy=; ") && !removed.contains("partnero_referral=; "));

    deliver(&of_academy, client_of_academy).await;
    assert_eq!(referrer_of(&academy, "ben").as_deref(), Some("cleo"));
    assert_eq!(shop.customers().len(), 2, "only Anna and Cleo");
    assert_eq!(of_shop.status().await.unwrap().pending, 1);

    deliver(&of_shop, client_of_shop).await;
    assert_eq!(referrer_of(&shop, "ben").as_deref(), Some("anna"));
    assert_eq!(academy.customers().len(), 3);
}

async fn deliver(outbox: &Outbox, client: Client) {
    let worker = DeliveryWorker::start(outbox.clone(), client).unwrap();
    while !outbox.status().await.unwrap().is_drained() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
}

#[tokio::test]
async fn a_server_function_gets_the_headers_alone() {
    let (_sandbox, client) = program().await;
    let referrals = Referrals::builder().domain("shop.example").build().unwrap();
    let signups = Signups::new(referrals.clone(), client);
    let _layered = referrals
        .layer()
        .layer(service_fn(async |()| Ok::<_, ()>(())));
    let (parts, _) = request("POST", "/signup").into_parts();
    let context = referrals.context(&parts).unwrap();

    let mut response = http::Response::new(());
    referrals.spend(&context).apply(&mut response);
    let headers = referrals.spend(&context).into_headers();
    assert_eq!(&headers, response.headers());
    assert!(set(&headers).len() > 1 && headers["cache-control"] == "private");
    let renewed = referrals.renew(&parts).into_headers();
    let written = set(&renewed).pop().unwrap();
    assert!(written.starts_with("partnero_referral=anna-7; "));

    let customer = || NewCustomer::new("ben");
    let outcome = signups.hook(&parts).unwrap().sign_up(customer()).await;
    let headers = outcome.into_headers();
    let removed = set(&headers);
    assert!(
        removed.iter().all(|line| line.contains("=; ")),
        "{removed:?}"
    );

    // Nobody listens there, so the report fails and the cookie stays.
    let unreachable = Client::builder(ApiKey::new("key").unwrap())
        .base_url("http://127.0.0.1:1/v1")
        .retries(0)
        .build()
        .unwrap();
    let signups = Signups::new(referrals, unreachable);
    let outcome = signups.hook(&parts).unwrap().sign_up(customer()).await;
    assert!(outcome.error().is_some() && outcome.into_headers().is_empty());
}
