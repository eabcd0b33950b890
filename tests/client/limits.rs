//! How long a call may take, and how many may be under way.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower_partnero::ConfigError;
use tower_partnero::client::{
    Amount, ApiKey, Buyer, Client, ClientBuilder, ErrorKind, NewTransaction,
};

use crate::script::{Act, READ, Script};

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_is_cut_and_the_deadline_ends_them_all() {
    let script = Script::new([Act::Never; 9]);
    let client = script
        .builder()
        .timeout(Duration::from_secs(4))
        .deadline(Duration::from_secs(6))
        .build()
        .unwrap();
    let error = client.customers().get(READ).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.attempts(), 2);
    assert_eq!(script.start.elapsed().as_secs(), 6);
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_place_before_the_deadline_was_never_sent() {
    let script = Script::new([Act::Never; 9]);
    let client = script
        .builder()
        .concurrency(1)
        .retries(0)
        .deadline(Duration::from_secs(5))
        .build()
        .unwrap();
    let get = || async { client.customers().get(READ).await.unwrap_err() };
    let (first, second) = tokio::join!(get(), get());
    assert_eq!((first.kind(), first.attempts()), (ErrorKind::Timeout, 1));
    assert_eq!((second.kind(), second.attempts()), (ErrorKind::Busy, 0));
    assert!(second.is_retryable());
}

/// What was sent before was answered: the call waits for its next attempt, and nothing is under way.
#[tokio::test(start_paused = true)]
async fn a_retry_that_finds_no_place_was_not_sent() {
    let script = Script::new([Act::Answer(503), Act::Never]);
    let client = script
        .builder()
        .concurrency(1)
        .timeout(Duration::from_secs(60))
        .deadline(Duration::from_secs(5))
        .build()
        .unwrap();
    let other = client.clone();
    let first = tokio::spawn(async move { other.customers().get(READ).await.unwrap_err() });
    tokio::time::sleep(Duration::from_millis(1)).await;
    let (hanging, first) = tokio::join!(client.customers().get(READ), first);
    let first = first.unwrap();
    assert_eq!((first.kind(), first.attempts()), (ErrorKind::Busy, 1));
    assert_eq!(hanging.unwrap_err().kind(), ErrorKind::Timeout);
}

/// No call can have been sent that has found no connection in time, so that even a sale is sent
/// again. Linux leaves those hanging who find the queue of a listener full.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_does_not_come_is_no_doubt() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    let next = || tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(address));
    while let Ok(stream) = next().await {
        queue.push(stream.unwrap());
    }
    let client = Client::builder(ApiKey::new("s3cret").unwrap())
        .base_url(format!("http://{address}/v1"))
        .connect_timeout(Duration::from_millis(50))
        .retries(1)
        .build()
        .unwrap();
    let sale = NewTransaction::new("o", Amount::minor(1, 0).unwrap());
    let transactions = client.transactions();
    let error = transactions.create(&Buyer::id("b"), &sale).await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 2));
}

#[tokio::test]
async fn an_answer_that_stops_in_its_middle_is_a_time_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4_096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        let half = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"data\":";
        stream.write_all(half.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let client = Client::builder(ApiKey::new("s3cret").unwrap())
        .base_url(base_url)
        .timeout(Duration::from_millis(200))
        .retries(0)
        .build()
        .unwrap();
    let error = client.customers().get(READ).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
    server.abort();
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let builder =
        || Client::builder(ApiKey::new("s3cret").unwrap()).base_url("http://127.0.0.1:9/v1");
    let refused = |builder: ClientBuilder| builder.build().unwrap_err();
    let errors: [(&str, ConfigError); 5] = [
        ("timeout", refused(builder().timeout(Duration::ZERO))),
        ("deadline", refused(builder().deadline(Duration::ZERO))),
        ("user_agent", refused(builder().user_agent("shop\n"))),
        ("concurrency", refused(builder().concurrency(0))),
        (
            "longest_retry_delay",
            refused(builder().retry_delay(Duration::from_secs(9))),
        ),
    ];
    for (setting, error) in errors {
        assert_eq!(error.setting(), setting);
    }
    assert!(
        builder()
            .deadline(Duration::MAX)
            .timeout(Duration::MAX)
            .build()
            .is_ok()
    );
    assert!(!format!("{:?}", builder()).contains("s3cret"));
}
