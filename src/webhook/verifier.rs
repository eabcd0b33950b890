//! Checks whether Partnero sent a body.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hmac::Mac;
use http::HeaderMap;

use super::error::{WebhookError, WebhookErrorKind};
use super::event::Event;
use super::secret::WebhookSecret;
use super::signature;

/// Checks that Partnero sent a webhook.
///
/// The signature is checked over the bytes as they came, and nothing is parsed before. Clones share
/// the secrets. See the [module docs](crate::webhook) for an example.
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
    /// Accepts bodies that are signed with this secret in the header `Signature`, of any age.
    pub fn new(secret: WebhookSecret) -> Self {
        Self {
            rules: Arc::new(Rules {
                secrets: vec![secret],
                older_header: false,
                max_age: None,
            }),
        }
    }

    /// Accepts another secret, too: that of a second subscription, or the old one after a change.
    /// Partnero has no call that changes a secret. To change it, delete the subscription and make
    /// another; for a while, events signed by either secret may arrive.
    ///
    /// Two subscriptions at the same time send every event twice, and an
    /// [inbox](crate::webhook::inbox) takes them for two events. For every secret, each body is
    /// hashed once.
    pub fn secret(mut self, secret: WebhookSecret) -> Self {
        Arc::make_mut(&mut self.rules).secrets.push(secret);
        self
    }

    /// Reads the signature from `x-partnero-signature` if there is no `Signature`. An older version of
    /// Partnero's documentation names this header. No source says which subscriptions still use it.
    /// Default: false.
    pub fn older_header(mut self, accepted: bool) -> Self {
        Arc::make_mut(&mut self.rules).older_header = accepted;
        self
    }

    /// Refuses events whose time is further from now than this, in either direction. Default: any
    /// time is accepted.
    ///
    /// No source says whether a repeated delivery has a new time or that of the first one, nor for how
    /// long Partnero tries. If that is longer than `age`, events are lost. Against replays, use an
    /// inbox.
    pub fn max_age(mut self, age: Duration) -> Self {
        Arc::make_mut(&mut self.rules).max_age = Some(age);
        self
    }

    /// Checks the signature and reads the event.
    ///
    /// Pass the body as it came. JSON that was read and written again has other bytes and is refused.
    ///
    /// # Errors
    ///
    /// [`WebhookError`] if the signature is wrong, the event is too old, or the body is no event.
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
        // Only now: nothing of an unsigned body is parsed.
        let event = Event::from_verified(body)?;
        self.check_age(&event, now).map_err(WebhookError::new)?;
        Ok(event)
    }

    /// Hashes the body with every secret, also if the header is malformed. So the time that it takes
    /// does not tell a forger what was wrong.
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
