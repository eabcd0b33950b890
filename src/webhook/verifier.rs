//! Whether a body is Partnero's.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hmac::Mac;
use http::HeaderMap;

use super::error::{WebhookError, WebhookErrorKind};
use super::event::Event;
use super::secret::WebhookSecret;
use super::signature;

/// Tells Partnero's webhooks from everybody else's.
///
/// The signature is checked over the bytes as they came, and nothing is parsed before that. Clones
/// share the secrets. See the [module docs](crate::webhook) for an example.
#[derive(Clone)]
#[must_use]
pub struct WebhookVerifier {
    rules: Arc<Rules>,
}

#[derive(Clone)]
struct Rules {
    secrets: Vec<WebhookSecret>,
    older_header: bool,
    max_age: Option<Duration>,
}

impl WebhookVerifier {
    /// Accepts what is signed with this secret, in the header `Signature`, however old it is.
    pub fn new(secret: WebhookSecret) -> Self {
        Self {
            rules: Arc::new(Rules {
                secrets: vec![secret],
                older_header: false,
                max_age: None,
            }),
        }
    }

    /// Accepts another secret, too: that of a second subscription, or the one before or after a
    /// change. Partnero has no call that changes a secret; one deletes the subscription and makes
    /// another, and events signed by either are on their way for a while.
    ///
    /// Two subscriptions at the same time tell every event twice, and an
    /// [inbox](crate::webhook::inbox) takes that for two events. Every secret costs one hash of
    /// each body.
    pub fn secret(mut self, secret: WebhookSecret) -> Self {
        Arc::make_mut(&mut self.rules).secrets.push(secret);
        self
    }

    /// Reads the signature from `x-partnero-signature` where there is no `Signature`. An older
    /// version of Partnero's documentation names it; which subscriptions still have it, no source
    /// says. Default: false.
    pub fn older_header(mut self, accepted: bool) -> Self {
        Arc::make_mut(&mut self.rules).older_header = accepted;
        self
    }

    /// Refuses events whose time is further from now than this, in either direction. Default: any
    /// time is accepted.
    ///
    /// No source says whether a delivery that is tried again bears its own time or that of the
    /// first try, nor how long Partnero tries. A window shorter than that loses events; against
    /// replays, use an inbox.
    pub fn max_age(mut self, age: Duration) -> Self {
        Arc::make_mut(&mut self.rules).max_age = Some(age);
        self
    }

    /// Checks the signature and reads the event.
    ///
    /// The body is taken as it came: JSON that was read and written again does not verify.
    ///
    /// # Errors
    ///
    /// [`WebhookError`] if the body is not proven to be Partnero's, is too old, or is no event.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        body: impl Into<Vec<u8>>,
    ) -> Result<Event, WebhookError> {
        self.verify_at(headers, body, SystemTime::now())
    }

    /// As [`verify`](Self::verify), at a given time.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_at(
        &self,
        headers: &HeaderMap,
        body: impl Into<Vec<u8>>,
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let body = body.into();
        self.check_signature(headers, &body)
            .map_err(WebhookError::new)?;
        let event = Event::from_verified(body)?;
        self.check_age(&event, now).map_err(WebhookError::new)?;
        Ok(event)
    }

    /// Hashes the body by every secret whatever the headers say, so that the time it takes tells
    /// nobody how far a forgery came.
    fn check_signature(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), WebhookErrorKind> {
        let signature = signature::read(headers, self.rules.older_header);
        let tag = signature.unwrap_or_default();
        let is_signed = self.rules.secrets.iter().fold(false, |found, secret| {
            found | secret.mac(body).verify_slice(&tag).is_ok()
        });
        signature?;
        if is_signed {
            Ok(())
        } else {
            Err(WebhookErrorKind::Mismatch)
        }
    }

    fn check_age(&self, event: &Event, now: SystemTime) -> Result<(), WebhookErrorKind> {
        let Some(max_age) = self.rules.max_age else {
            return Ok(());
        };
        let created_at = event.created_at().ok_or(WebhookErrorKind::NoTime)?;
        let distance = now
            .duration_since(created_at)
            .unwrap_or_else(|future| future.duration());
        if distance > max_age {
            return Err(WebhookErrorKind::Stale);
        }
        Ok(())
    }
}

impl fmt::Debug for WebhookVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookVerifier")
            .field("secrets", &self.rules.secrets.len())
            .field("older_header", &self.rules.older_header)
            .field("max_age", &self.rules.max_age)
            .finish()
    }
}
