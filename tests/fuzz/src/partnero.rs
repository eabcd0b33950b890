//! A Partnero that answers with the bytes of a fuzzer.

use std::sync::{LazyLock, Mutex};

use http::{Request, Response, StatusCode};
use tokio::runtime::{Builder, Runtime};
use tower::layer::layer_fn;
use tower_partnero::client::{ApiKey, Body, BoxError, Client, HttpService};

/// The secret that no error may show.
pub const KEY: &str = "s3cret";

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());
static ANSWERS: Mutex<Answers> = Mutex::new(Answers {
    status: StatusCode::OK,
    bodies: Vec::new(),
    asked: 0,
});
static CLIENTS: LazyLock<[Client; 2]> = LazyLock::new(|| [false, true].map(client));

struct Answers {
    status: StatusCode,
    bodies: Vec<Vec<u8>>,
    asked: usize,
}

/// Begins anew: Partnero answers with this status, and with these bodies, one after another, with a
/// byte 0xff between them. The last one comes for every further call.
pub fn answers(status: u8, bodies: &[u8]) -> (StatusCode, Vec<Vec<u8>>) {
    const STATUSES: [u16; 8] = [200, 201, 204, 302, 404, 422, 429, 500];
    let status = StatusCode::from_u16(STATUSES[usize::from(status) % STATUSES.len()]).unwrap();
    let bodies = bodies.split(|byte| *byte == 0xff).map(<[u8]>::to_vec);
    let bodies: Vec<_> = bodies.collect();
    *ANSWERS.lock().unwrap() = Answers {
        status,
        bodies: bodies.clone(),
        asked: 0,
    };
    (status, bodies)
}

/// How many calls were answered.
pub fn asked() -> usize {
    ANSWERS.lock().unwrap().asked
}

/// A client of a refer-a-friend program, or of an affiliate program. It repeats no call.
pub fn client_of(is_affiliate: bool) -> &'static Client {
    &CLIENTS[usize::from(is_affiliate)]
}

/// Waits for the end of what calls Partnero.
pub fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

fn client(is_affiliate: bool) -> Client {
    let answer = |request: Request<Body>| std::future::ready(answer(&request));
    let layer = layer_fn(move |_: HttpService| tower::service_fn(answer));
    let builder = Client::builder(ApiKey::new(KEY).unwrap());
    let builder = builder.base_url("http://127.0.0.1:9/v1").layer(layer);
    let builder = if is_affiliate {
        builder.affiliate()
    } else {
        builder
    };
    builder.retries(0).build().unwrap()
}

/// The next answer. Only our own address is asked, no matter what the answers before said.
fn answer(request: &Request<Body>) -> Result<Response<Body>, BoxError> {
    assert_eq!(request.uri().authority().unwrap(), "127.0.0.1:9");
    assert_eq!(request.uri().scheme_str(), Some("http"));
    assert!(request.uri().path().starts_with("/v1/"));
    let mut answers = ANSWERS.lock().unwrap();
    let last = answers.bodies.len() - 1;
    let body = answers.bodies[answers.asked.min(last)].clone();
    answers.asked += 1;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = answers.status;
    Ok(response)
}
