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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    async fn next(body: &mut ExpiringBody) -> Option<Result<Frame<Bytes>, TooLate>> {
        poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
    }

    #[tokio::test(start_paused = true)]
    async fn the_bytes_are_given_once_and_until_the_latest_moment() {
        let second = Duration::from_secs(1);
        let begin = || ExpiringBody::new(Bytes::from_static(b"{}"), Instant::now() + second);
        let mut body = begin();
        assert!(!body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(2));
        let frame = next(&mut body).await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "{}");
        assert!(body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(0));
        assert!(next(&mut body).await.is_none());

        let mut body = begin();
        tokio::time::advance(second).await;
        assert!(next(&mut body).await.unwrap().is_err());
    }
}
