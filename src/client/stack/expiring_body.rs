//! A request body that refuses to be written after a given time.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

/// Looks at the clock once more at the moment when the bytes are written.
///
/// hyper writes them in a task of its own, which may run on for a moment after the process stood
/// still and before the call that waits for it is ended. If the body fails there, hyper does not
/// finish the request and closes the connection.
#[derive(Debug)]
pub(super) struct ExpiringBody {
    bytes: Option<Bytes>,
    latest: Instant,
}

impl ExpiringBody {
    pub(super) fn new(bytes: Bytes, latest: Instant) -> Self {
        Self {
            bytes: Some(bytes),
            latest,
        }
    }
}

impl Body for ExpiringBody {
    type Data = Bytes;
    type Error = TooLate;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TooLate>>> {
        if Instant::now() >= self.latest {
            return Poll::Ready(Some(Err(TooLate)));
        }
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(left as u64)
    }
}

#[derive(Debug)]
pub(super) struct TooLate;

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("held up for too long to be sent")
    }
}

impl std::error::Error for TooLate {}
