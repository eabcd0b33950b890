//! What a sender is told, byte for byte, by real servers.

use axum::Router;
use axum::routing::{post, post_service};
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower_partnero::Event;
use tower_partnero::webhook::receive::WebhookService;
use tower_partnero::webhook::{WebhookSecret, sign};

use crate::support::{EVENT, secret, verifier};

/// A server with the extractor at `/extractor` and the service at `/service`.
async fn server() -> std::net::SocketAddr {
    let (service, mut events) = WebhookService::new(verifier(), 64);
    tokio::spawn(async move {
        while let Some(received) = events.next().await {
            received.accept();
        }
    });
    let app = Router::new()
        .route("/extractor", post(async |_: Event| StatusCode::OK))
        .route("/service", post_service(service))
        .with_state(verifier());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    address
}

/// The whole answer but its date.
async fn answer(server: std::net::SocketAddr, path: &str, headers: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let length = EVENT.len();
    let head = format!("POST {path} HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n");
    let length = format!("content-length: {length}\r\n");
    let request = [
        head.as_bytes(),
        length.as_bytes(),
        headers,
        b"\r\n",
        EVENT.as_bytes(),
    ];
    stream.write_all(&request.concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let lines = answer.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.starts_with(b"date: "));
    lines.collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn whatever_is_wrong_with_a_signature_the_answer_is_the_same() {
    let right = sign(&secret(), EVENT);
    let guess = sign(&WebhookSecret::new("guess").unwrap(), EVENT);
    let line = |value: &str| format!("signature: {value}\r\n").into_bytes();
    let not_hex = right.replace(|letter: char| letter.is_ascii_digit(), "x");
    let wrong = [
        line(&guess),
        Vec::new(),
        line(""),
        line(&right).repeat(2),
        [line(&right), line(&guess)].concat(),
        line(&format!("{right}, {right}")),
        line(&right.to_uppercase()),
        line(&format!("sha256={right}")),
        line(&format!("sha256:{right}")),
        line(&right[..62]),
        line(&right[..63]),
        line(&format!("{right}00")),
        line(&not_hex),
        line("schl\u{fc}ssel"),
        format!("x-partnero-signature: {right}\r\n").into_bytes(),
    ];
    let server = server().await;
    for path in ["/extractor", "/service"] {
        let refused = answer(server, path, &wrong[0]).await;
        assert!(refused.starts_with(b"HTTP/1.1 401 Unauthorized\r\n"));
        assert!(refused.ends_with(b"\r\n\r\n"), "and no body");
        for headers in &wrong {
            let sent = String::from_utf8_lossy(headers);
            assert_eq!(answer(server, path, headers).await, refused, "{sent}");
        }
        let accepted = answer(server, path, &line(&right)).await;
        assert!(accepted.starts_with(b"HTTP/1.1 200 OK\r\n"));
    }
    let [extractor, service] = ["/extractor", "/service"];
    assert_eq!(
        answer(server, extractor, &wrong[0]).await,
        answer(server, service, &wrong[0]).await
    );
}
