use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower_partnero::client::{ApiKey, Client};

/// `{"data":{"id":"a"}}`
const PACKED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 73, 44, 73, 84, 178, 170, 86, 202, 76, 81, 178,
    82, 74, 84, 170, 173, 5, 0, 118, 90, 215, 15, 19, 0, 0, 0,
];

#[tokio::test]
async fn a_packed_answer_is_asked_for_and_unpacked() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4_096];
        let read = stream.read(&mut request).await.unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            PACKED.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(PACKED).await.unwrap();
        String::from_utf8_lossy(&request[..read]).to_lowercase()
    });
    let client = Client::builder(ApiKey::new("s3cret").unwrap())
        .base_url(base_url)
        .build()
        .unwrap();
    let customer = client.customers().get("a").await.unwrap();
    assert_eq!(customer.id.as_deref(), Some("a"));
    assert!(server.await.unwrap().contains("accept-encoding: gzip"));
}
