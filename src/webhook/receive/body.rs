//! Reads a body up to a limit.

use std::future::poll_fn;
use std::pin::pin;

use bytes::Buf;
use http_body::Body;

use crate::webhook::error::WebhookErrorKind;

/// The whole body, if it is not larger than `limit`.
pub(super) async fn read<B: Body>(body: B, limit: usize) -> Result<Vec<u8>, WebhookErrorKind> {
    let mut body = pin!(body);
    let announced = body.size_hint().lower();
    // A body that announces too much is refused before any of it is read.
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Err(WebhookErrorKind::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|_| WebhookErrorKind::Unreadable)?;
        // Trailers are no part of the body.
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        // Counted all the same, because a chunked body announces nothing.
        if data.remaining() > limit - bytes.len() {
            return Err(WebhookErrorKind::TooLarge);
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            let length = chunk.len();
            bytes.extend_from_slice(chunk);
            data.advance(length);
        }
    }
    Ok(bytes)
}
