//! Sends one webhook over a connection of its own.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http::{HeaderMap, Request, StatusCode, Uri};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};

/// So many bytes of an answer are read, although only its status counts: a server may wait until
/// its answer was read.
const LONGEST_ANSWER: usize = 1 << 20;

/// The status of the answer; `None` if there is no answer. Also `None` for a URL that is not plain
/// http to a loopback address: no invented event leaves this machine.
pub(super) async fn post(url: &str, mut headers: HeaderMap, body: Vec<u8>) -> Option<StatusCode> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    if uri.scheme_str() != Some("http") {
        return None;
    }
    let host = authority.host().trim_matches(['[', ']']);
    let port = authority.port_u16().unwrap_or(80);
    let addresses = lookup_host((host, port)).await.ok()?;
    // After the look-up, because a name may lead to any address.
    let addresses = on_this_machine(addresses);
    let stream = TcpStream::connect(&addresses[..]).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    // This task ends when `sender` is dropped, and `sender` reports every error.
    drop(tokio::spawn(connection));

    headers.insert(HOST, authority.as_str().parse().ok()?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut request = Request::post(uri.path_and_query()?.as_str())
        .body(Body::from(body))
        .ok()?;
    *request.headers_mut() = headers;
    let response = sender.send_request(request).await.ok()?;
    let (parts, body) = response.into_parts();
    to_bytes(Body::new(body), LONGEST_ANSWER).await.ok()?;
    Some(parts.status)
}

fn on_this_machine(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    addresses
        .filter(|address| address.ip().is_loopback())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_on_this_machine() {
        let all = [
            "127.0.0.1:80",
            "127.8.8.8:80",
            "[::1]:80",
            "0.0.0.0:80",
            "10.0.0.1:80",
            "[2001:db8::1]:80",
            "[::ffff:10.0.0.1]:80",
        ];
        let addresses: Vec<SocketAddr> = all.map(|text| text.parse().unwrap()).into();
        let found = on_this_machine(addresses.iter().copied());
        assert_eq!(found, addresses[..3]);
    }
}
