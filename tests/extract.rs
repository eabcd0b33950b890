//! What a handler gets: the extractors of axum, and the same without axum.

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::FromRef;
use axum::routing::get;
use http::header::COOKIE;
use http::{HeaderMap, Request, StatusCode, request::Parts};
use tower::{Layer, ServiceExt, service_fn};
use tower_partnero::{
    Attribution, InvalidReferralKey, NotStored, Outcome, Referral, ReferralContext,
    ReferralLayerMissing, Referrals,
};
use tracing_subscriber::util::SubscriberInitExt;

/// A state of the app's own that holds the handle.
#[derive(Clone)]
struct AppState {
    referrals: Referrals,
}

impl FromRef<AppState> for Referrals {
    fn from_ref(state: &AppState) -> Self {
        state.referrals.clone()
    }
}

fn request(method: &str, target: &str, cookie: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(target);
    if !cookie.is_empty() {
        request = request.header(COOKIE, cookie);
    }
    request.body(Body::empty()).unwrap()
}

fn parts(method: &str, target: &str, cookie: &str) -> Parts {
    request(method, target, cookie).into_parts().0
}

async fn send(app: Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let (parts, body) = app.oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (parts.status, parts.headers, body)
}

fn tell(referral: &Referral) -> String {
    format!("{} {:?}", referral.key(), referral.source())
}

async fn tell_context(context: ReferralContext) -> String {
    let told = context.referral.as_ref().map(tell).unwrap_or_default();
    format!("{:?} {told}", context.outcome)
}

async fn tell_inviter(referral: Option<Referral>) -> String {
    referral.map_or("nobody".to_owned(), |referral| referral.key().to_string())
}

fn app(referrals: &Referrals) -> Router {
    Router::new()
        .route("/context", get(tell_context).post(tell_context))
        .route("/inviter", get(tell_inviter))
        .layer(referrals.layer())
        .with_state(AppState {
            referrals: referrals.clone(),
        })
}

/// What a service behind the layer gets of the request.
async fn behind_layer(referrals: &Referrals, request: Request<Body>) -> Parts {
    let service = service_fn(|request: Request<Body>| {
        let mut response = http::Response::new(());
        response.extensions_mut().insert(request.into_parts().0);
        std::future::ready(Ok::<_, std::convert::Infallible>(response))
    });
    let response = referrals.layer().layer(service).oneshot(request).await;
    response
        .unwrap()
        .extensions_mut()
        .remove::<Parts>()
        .unwrap()
}

/// One case a line: policy, method, query, stored cookie, then the outcome and the referral.
const OUTCOMES: &str = "
    LastTouch   GET   -         -    NotReferred                -  -
    LastTouch   GET   a=1&xref  -    NotReferred                -  -
    LastTouch   GET   ref=K     -    Captured                   K  Query
    LastTouch   GET   ref=K     S    Captured                   K  Query
    LastTouch   GET   ref=K     %ff  Captured                   K  Query
    LastTouch   GET   ref=S     S    Unchanged                  S  Query
    LastTouch   POST  ref=S     S    Unchanged                  S  Query
    LastTouch   GET   ref=s     S    Captured                   s  Query
    LastTouch   GET   -         S    Remembered                 S  Cookie
    LastTouch   POST  -         S    Remembered                 S  Cookie
    LastTouch   GET   ref=      S    Remembered                 S  Cookie
    LastTouch   POST  ref=K     -    NotStored(Method)          K  Query
    LastTouch   POST  ref=K     S    NotStored(Method)          K  Query
    LastTouch   HEAD  ref=K     -    NotStored(Method)          K  Query
    FirstTouch  GET   ref=K     -    Captured                   K  Query
    FirstTouch  GET   ref=K     %ff  Captured                   K  Query
    FirstTouch  GET   ref=K     S    FirstTouchKept             S  Cookie
    FirstTouch  POST  ref=K     S    FirstTouchKept             S  Cookie
    FirstTouch  GET   ref=S     S    Unchanged                  S  Query
    FirstTouch  POST  ref=K     -    NotStored(Method)          K  Query
    LastTouch   GET   ref=      -    Ignored(Empty)             -  -
    LastTouch   GET   -         %00  Ignored(ControlCharacter)  -  -
    LastTouch   GET   ref=%ff   %00  Ignored(NotUtf8)           -  -
";

#[tokio::test]
async fn the_context_tells_the_referral_and_its_outcome() {
    for line in OUTCOMES.trim().lines() {
        let columns: Vec<_> = line.split_whitespace().collect();
        let [policy, method, query, stored, outcome, key, source] = columns[..] else {
            panic!("seven columns: {line}");
        };
        let builder = Referrals::builder().attribution(match policy {
            "FirstTouch" => Attribution::FirstTouch,
            _ => Attribution::LastTouch,
        });
        let referrals = builder.build().unwrap();
        let target = format!("/context?{query}");
        let cookie = match stored {
            "-" => "other=1".to_owned(),
            stored => format!("partnero_referral={stored}"),
        };
        let parts = behind_layer(&referrals, request(method, &target, &cookie)).await;
        let context = referrals.context(&parts).unwrap();
        assert_eq!(format!("{:?}", context.outcome), outcome, "{line}");
        let told = context.referral.as_ref().map(tell).unwrap_or_default();
        assert_eq!(told, format!("{key} {source}").replace("- -", ""), "{line}");

        let referral = referrals.referral(&parts).unwrap();
        assert_eq!(referral, context.referral, "{line}");
        let (_, _, body) = send(app(&referrals), request(method, &target, &cookie)).await;
        if method != "HEAD" {
            assert_eq!(body, format!("{outcome} {told}"), "{line}");
        }
    }
}

#[tokio::test]
async fn an_unreferred_visitor_is_none_and_no_rejection() {
    let referrals = Referrals::builder().build().unwrap();
    for (target, cookie, inviter) in [
        ("/inviter", "", "nobody"),
        ("/inviter?ref=%00", "", "nobody"),
        ("/inviter?ref=K", "", "K"),
        ("/inviter", "partnero_referral=K", "K"),
    ] {
        let (status, _, body) = send(app(&referrals), request("GET", target, cookie)).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, inviter));
    }
}

#[test]
fn every_outcome_has_a_name_of_its_own() {
    let mut names = [
        Outcome::NotReferred,
        Outcome::Captured,
        Outcome::Unchanged,
        Outcome::Remembered,
        Outcome::FirstTouchKept,
        Outcome::NotStored(NotStored::Method),
        Outcome::NotStored(NotStored::Speculative),
        Outcome::NotStored(NotStored::NoNavigation),
        Outcome::NotStored(NotStored::Embedded),
        Outcome::NotStored(NotStored::ConsentUnknown),
        Outcome::NotStored(NotStored::OutsideLayer),
        Outcome::NotStored(NotStored::OutsideDomain),
        Outcome::NotStored(NotStored::PublicPage),
        Outcome::HandedIn,
        Outcome::AlreadySpent,
        Outcome::Expired,
        Outcome::ConsentWithdrawn,
        Outcome::Ignored(InvalidReferralKey::Empty),
    ]
    .map(Outcome::as_str);
    let is_label = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    assert!(names.iter().all(is_label));
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn assert_one_error(&self) {
        let logged = std::mem::take(&mut *self.0.lock().unwrap());
        let logged = String::from_utf8(logged).unwrap();
        if cfg!(feature = "tracing") {
            assert!(logged.contains("ERROR tower_partnero"), "{logged}");
            assert!(logged.contains("add `.layer(referrals.layer())`"));
            assert_eq!(logged.lines().count(), 1);
        }
    }
}

/// One test, because `tracing` may keep from another thread that no subscriber wants an event.
#[tokio::test]
async fn a_handle_without_its_layer_is_a_logged_500_that_tells_a_visitor_nothing() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = subscriber.set_default();

    let referrals = Referrals::builder().build().unwrap();
    let another = Referrals::builder().build().unwrap();
    for path in ["/context", "/inviter"] {
        let app = Router::new()
            .route("/context", get(tell_context))
            .route("/inviter", get(tell_inviter))
            .layer(another.layer())
            .with_state(referrals.clone());
        let (status, headers, body) = send(app, request("GET", path, "")).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(body, "");
        assert_eq!(headers.len(), 1, "only the length: {headers:?}");
        log.assert_one_error();
    }

    let _made_and_never_used = referrals.layer();
    let parts = parts("GET", "/?ref=K", "");
    let missing: ReferralLayerMissing = referrals.context(&parts).unwrap_err();
    log.assert_one_error();
    assert_eq!(referrals.referral(&parts), Err(missing));
    log.assert_one_error();
    assert!(missing.to_string().contains("`.layer(referrals.layer())`"));
}
