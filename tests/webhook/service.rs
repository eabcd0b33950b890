//! The plain tower service.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use http::header::ALLOW;
use http::{HeaderMap, Request};
use http_body_util::StreamBody;
use tower::ServiceExt;
use tower_partnero::webhook::receive::{Events, WebhookService};

use crate::support::{EVENT, signed, verifier};

fn service(capacity: usize) -> (WebhookService, Events) {
    WebhookService::new(verifier(), capacity)
}

async fn send(service: &WebhookService, headers: HeaderMap, body: impl Into<Body>) -> u16 {
    let mut request = Request::post("/").body(body.into()).unwrap();
    *request.headers_mut() = headers;
    let response = service.clone().oneshot(request).await.unwrap();
    response.status().as_u16()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The lines since the last time.
    fn take(&self) -> Vec<String> {
        let text = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8(text).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn deliver(service: &WebhookService) -> u16 {
    send(service, signed(EVENT), EVENT).await
}

#[tokio::test]
async fn it_answers_at_once_and_the_app_gets_the_event() {
    let (service, mut events) = service(8);
    assert_eq!(deliver(&service).await, 200);
    let received = events.next().await.unwrap();
    assert_eq!(received.event().body(), EVENT.as_bytes());
    assert_eq!(received.accept().name(), "customer.rewarded");
}

#[tokio::test]
async fn a_full_queue_and_a_gone_app_are_a_503() {
    let (service, mut events) = service(2);
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(deliver(&service).await);
    }
    assert_eq!(answers, [200, 200, 503]);
    events.next().await.unwrap().accept();
    assert_eq!(deliver(&service).await, 200, "there is room again");

    events.close();
    assert_eq!(deliver(&service).await, 503);
    let mut rest = 0;
    while let Some(received) = events.next().await {
        received.accept();
        rest += 1;
    }
    assert_eq!(rest, 2, "what was answered for is there");
    drop(events);
    assert_eq!(deliver(&service).await, 503);
}

#[tokio::test]
async fn waiting_it_answers_when_the_app_has_accepted() {
    let (service, mut events) = service(8);
    let service = service.wait(Duration::from_secs(4));
    let (answer, ()) = tokio::join!(deliver(&service), async {
        events.next().await.unwrap().accept();
    });
    assert_eq!(answer, 200);
    let (answer, ()) = tokio::join!(deliver(&service), async {
        drop(events.next().await.unwrap());
    });
    assert_eq!(answer, 503, "the app gave up on it");
}

#[tokio::test]
async fn what_the_app_drops_is_said_in_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let (service, mut events) = service(3);
    for _ in 0..3 {
        assert_eq!(deliver(&service).await, 200);
    }
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(deliver(&service).await, 503);
    let [put_off] = &log.take()[..] else {
        panic!("one line for one event");
    };
    assert!(put_off.contains("a webhook was put off"), "{put_off}");

    events.next().await.unwrap().accept();
    assert_eq!(log.take(), [""; 0]);
    drop(events.next().await.unwrap());
    let [dropped] = &log.take()[..] else {
        panic!("one line for one event");
    };
    assert!(dropped.contains("dropped a webhook"), "{dropped}");
    // The third one is in the queue.
    drop(events);
    assert_eq!(log.take().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_it_gives_up_before_partnero_does() {
    let (service, mut events) = service(8);
    let service = service.wait(Duration::from_secs(4));
    let started = tokio::time::Instant::now();
    assert_eq!(deliver(&service).await, 503);
    assert_eq!(started.elapsed(), Duration::from_secs(4));
    let received = events.next().await.unwrap();
    assert_eq!(
        received.accept().name(),
        "customer.rewarded",
        "too late is no panic"
    );
}

#[tokio::test]
async fn what_is_refused_never_reaches_the_app() {
    let (service, mut events) = service(8);
    let service = service.body_limit(EVENT.len());
    assert_eq!(send(&service, HeaderMap::new(), EVENT).await, 401);
    assert_eq!(send(&service, signed("{}"), "{}").await, 422);
    let longer = format!("{EVENT} ");
    assert_eq!(send(&service, signed(&longer), longer).await, 413);
    let huge = vec![b' '; 10 << 20];
    assert_eq!(send(&service, signed(&huge), huge).await, 413);

    let get = Request::get("/").body(String::new()).unwrap();
    let response = service.clone().oneshot(get).await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()[ALLOW], "POST");

    let chunk = |text: &str| http_body::Frame::data(axum::body::Bytes::from(text.to_owned()));
    let (start, end) = EVENT.split_at(20);
    let endless = [Ok(chunk(start)), Ok(chunk(end)), Ok(chunk("x"))];
    let cut = [Ok(chunk(start)), Err(std::io::Error::other("cut"))];
    let whole = [Ok::<_, std::io::Error>(chunk(start)), Ok(chunk(end))];
    let stream = |frames| Body::new(StreamBody::new(futures_util::stream::iter(frames)));
    assert_eq!(
        send(&service, signed(EVENT), stream(Vec::from(endless))).await,
        413
    );
    assert_eq!(
        send(&service, signed(EVENT), stream(Vec::from(cut))).await,
        400
    );
    assert_eq!(
        send(&service, signed(EVENT), stream(Vec::from(whole))).await,
        200
    );

    events.next().await.unwrap().accept();
    drop(service);
    assert!(events.next().await.is_none(), "and nothing else");
}
