//! Runs the function as Lambda does, behind an API Gateway of the test's own.
//!
//! The function's process asks the Runtime API for events and posts its answers there
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>). The gateway turns each request of
//! the visitor into an event of payload format 2.0
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use http::header::COOKIE;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};

#[derive(Clone)]
struct Lambda {
    events: mpsc::UnboundedSender<Value>,
    waiting: Arc<AsyncMutex<mpsc::UnboundedReceiver<Value>>>,
    answers: Arc<Mutex<HashMap<String, oneshot::Sender<Value>>>>,
    last_id: Arc<AtomicU64>,
}

#[tokio::test]
async fn a_sign_up_is_credited() {
    let (sandbox, _) = visitor::partnero().await.unwrap();
    let (events, waiting) = mpsc::unbounded_channel();
    let lambda = Lambda {
        events,
        waiting: Arc::new(AsyncMutex::new(waiting)),
        answers: Arc::default(),
        last_id: Arc::default(),
    };
    let runtime = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(respond),
        )
        .with_state(lambda.clone());
    let runtime = start(runtime).await;
    let gateway = start(Router::new().fallback(any(invoke)).with_state(lambda)).await;
    let _function = Command::new(env!("CARGO_BIN_EXE_lambda-host"))
        .env("AWS_LAMBDA_FUNCTION_NAME", "shop")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_RUNTIME_API", runtime)
        .env("PARTNERO_API_KEY", sandbox.api_key())
        .env("PARTNERO_BASE_URL", sandbox.base_url())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    visitor::visit(&format!("http://{gateway}"), &sandbox, visitor::send_form).await;
}

async fn start(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

/// The function asks for its next event.
async fn next(State(lambda): State<Lambda>) -> impl IntoResponse {
    let event = lambda.waiting.lock().await.recv().await.unwrap();
    let id = event["requestContext"]["requestId"].as_str().unwrap();
    let headers = [
        ("lambda-runtime-aws-request-id", id.to_owned()),
        ("lambda-runtime-deadline-ms", "99999999999999".to_owned()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:shop".to_owned(),
        ),
    ];
    (headers, Json(event))
}

/// The function has an answer.
async fn respond(
    State(lambda): State<Lambda>,
    Path(id): Path<String>,
    answer: Bytes,
) -> StatusCode {
    let answer = serde_json::from_slice(&answer).unwrap();
    let waits = lambda.answers.lock().unwrap().remove(&id).unwrap();
    waits.send(answer).unwrap();
    StatusCode::ACCEPTED
}

/// A request of the visitor.
async fn invoke(
    State(lambda): State<Lambda>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    let id = lambda.last_id.fetch_add(1, Ordering::Relaxed).to_string();
    let cookies: Vec<_> = headers.get_all(COOKIE).iter().map(text).collect();
    let others = headers.iter().filter(|(name, _)| *name != COOKIE);
    let others: HashMap<_, _> = others
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect();
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": uri.path(),
        "rawQueryString": uri.query().unwrap_or_default(),
        "cookies": cookies,
        "headers": others,
        "requestContext": {
            "accountId": "1",
            "apiId": "api",
            "domainName": "127.0.0.1",
            "domainPrefix": "api",
            "http": {
                "method": method.as_str(),
                "path": uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "test",
            },
            "requestId": id,
            "routeKey": "$default",
            "stage": "$default",
            "time": "27/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1_795_773_600_000_u64,
        },
        "body": String::from_utf8(body.to_vec()).unwrap(),
        "isBase64Encoded": false,
    });
    let (answer, answered) = oneshot::channel();
    lambda.answers.lock().unwrap().insert(id, answer);
    lambda.events.send(event).unwrap();
    let answered = tokio::time::timeout(Duration::from_secs(30), answered).await;
    let answer = answered.expect("the function answers").unwrap();

    let status = answer["statusCode"].as_u64().unwrap();
    let mut response = Response::builder().status(u16::try_from(status).unwrap());
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().unwrap());
    }
    for line in answer["cookies"].as_array().into_iter().flatten() {
        // The browser of this test speaks plain http, and would keep no such cookie.
        let line = line.as_str().unwrap().replace("; Secure", "");
        response = response.header("set-cookie", line);
    }
    let body = answer["body"].as_str().unwrap_or_default().to_owned();
    response.body(body.into()).unwrap()
}
