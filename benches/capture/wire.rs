//! Whole requests, from bytes to bytes: hyper's HTTP/1.1 server over one kept-alive connection
//! in memory.

use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tower_service::Service;

use super::requests::get;
use super::work::Answer;
use crate::harness::Work;

type Connection = Pin<Box<dyn Future<Output = hyper::Result<()>>>>;

pub(crate) struct Wire {
    server: Connection,
    client: DuplexStream,
    request: Vec<u8>,
    answer: Answer,
}

impl Wire {
    pub(crate) fn new<S>(service: S, uri: &str, cookies: &str, answer: Answer) -> Self
    where
        S: Service<Request, Response = Response, Error = Infallible> + Clone + 'static,
    {
        let (client, server) = tokio::io::duplex(64 * 1024);
        let service = tower::ServiceBuilder::new()
            .map_request(|request: hyper::Request<_>| request.map(Body::new))
            .service(service);
        // hyper renders the date once a second, in the middle of any measurement.
        let server = hyper::server::conn::http1::Builder::new()
            .auto_date_header(false)
            .serve_connection(TokioIo::new(server), TowerToHyperService::new(service));
        Self {
            server: Box::pin(server),
            client,
            request: head(uri, cookies),
            answer,
        }
    }

    /// Takes what the server has sent so far.
    fn received(&mut self) -> Vec<u8> {
        let mut bytes = [0; 4096];
        let mut buffer = ReadBuf::new(&mut bytes);
        let mut cx = Context::from_waker(Waker::noop());
        let _ = Pin::new(&mut self.client).poll_read(&mut cx, &mut buffer);
        buffer.filled().to_vec()
    }
}

impl Work for Wire {
    fn prepare(&mut self) {
        self.received();
        let mut cx = Context::from_waker(Waker::noop());
        let written = Pin::new(&mut self.client).poll_write(&mut cx, &self.request);
        assert!(matches!(written, Poll::Ready(Ok(sent)) if sent == self.request.len()));
    }

    /// One poll reads the request, calls the service and writes the response.
    fn serve(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        let connection = black_box(&mut self.server).as_mut().poll(&mut cx);
        assert!(connection.is_pending(), "the connection is kept alive");
    }

    fn check(&mut self, name: &str) {
        self.prepare();
        self.serve();
        let response = String::from_utf8(self.received()).expect("the response is text");
        let status = format!("HTTP/1.1 {}", self.answer.status.as_str());
        assert!(response.starts_with(&status), "{name}: {response}");
        assert_eq!(response.contains("set-cookie"), self.answer.captures);
    }
}

fn head(uri: &str, cookies: &str) -> Vec<u8> {
    let mut head = format!("GET {uri} HTTP/1.1\r\n").into_bytes();
    for (name, value) in get(uri, cookies).headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}
