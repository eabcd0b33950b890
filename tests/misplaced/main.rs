//! What a developer hears of a layer in the wrong place, and of a cookie for another host: once,
//! with what to write. And that nobody hears anything where all is well.

mod domain;
mod right_place;
mod wrong_place;

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::routing::get;
use http::header::SET_COOKIE;
use tower::{Service, ServiceExt};
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::{NotStored, Outcome, Referral, ReferralContext, Referrals};

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
