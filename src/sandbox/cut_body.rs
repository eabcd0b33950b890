//! An answer that breaks off in its middle.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use http::Response;
use http::header::CONTENT_LENGTH;
use hyper::body::Frame;

/// The answer with the length of its whole body and half of its bytes.
pub(super) async fn cut_inside(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    // Our own answers are in memory already.
    let body = to_bytes(body, usize::MAX)
        .await
        .unwrap_or_else(|_| Bytes::new());
    parts.headers.insert(CONTENT_LENGTH, body.len().into());
    let half = body.slice(..body.len() / 2);
    Response::from_parts(parts, Body::new(CutBody::Half(half)))
}

enum CutBody {
    Half(Bytes),
    /// A pause, in which hyper sends what it has.
    Pause,
    Cut,
}

impl HttpBody for CutBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Self::Half(half) => {
                let half = std::mem::take(half);
                *self = Self::Pause;
                Poll::Ready(Some(Ok(Frame::data(half))))
            }
            Self::Pause => {
                *self = Self::Cut;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Cut => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }
}
