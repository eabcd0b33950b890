//! Speaks HTTP/1.1 byte by byte over a loopback port, so that a test sends what no client
//! library would, and sees what no client library would hide.

use std::error::Error;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::Service;

/// One request, up to the empty line that ends it. hyper hangs up after its answer.
pub(crate) fn request(method: &str, target: &[u8], cookies: &[&[u8]]) -> Vec<u8> {
    let mut bytes = [method.as_bytes(), b" ", target, b" HTTP/1.1\r\n"].concat();
    bytes.extend_from_slice(b"host: shop.example\r\nconnection: close\r\n");
    for cookie in cookies {
        bytes.extend([b"cookie: ", *cookie, b"\r\n"].concat());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Serves one connection with `service` on a bare hyper server, and gives back the whole answer.
pub(crate) async fn exchange<S, B>(service: S, request: &[u8]) -> String
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let visitor = TcpStream::connect(listener.local_addr().unwrap());
    let (visitor, accepted) = tokio::join!(visitor, listener.accept());
    let (mut visitor, (stream, _)) = (visitor.unwrap(), accepted.unwrap());

    let service = TowerToHyperService::new(service);
    let serve = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let visit = async {
        visitor.write_all(request).await.unwrap();
        let mut answer = String::new();
        visitor.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let (served, answer) = tokio::join!(serve, visit);
    served.unwrap();
    answer
}
