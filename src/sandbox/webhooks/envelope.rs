//! A webhook for one subscription: its body, its signature and its headers.

use std::time::SystemTime;

use http::HeaderName;

use super::notice::Notice;
use crate::sandbox::clock::{iso, whole_seconds};
use crate::sandbox::json::Json;
use crate::sandbox::subscriptions::Subscription;
use crate::sandbox::switches::{
    Switches, WebhookEnvelope, WebhookHeader, WebhookRetryTime, WebhookTime,
};
use crate::webhook::{OLDER_SIGNATURE, SIGNATURE, WebhookSecret, sign};

#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) notice: Notice,
    pub(super) url: String,
    key: String,
    secret: WebhookSecret,
    form: WebhookEnvelope,
    header: WebhookHeader,
    retry_time: WebhookRetryTime,
    time: WebhookTime,
}

impl Envelope {
    /// `None` if the subscription's secret is empty. The sandbox makes no such secret.
    pub(super) fn new(
        notice: Notice,
        subscription: &Subscription,
        switches: &Switches,
    ) -> Option<Self> {
        Some(Self {
            notice,
            url: subscription.url.clone(),
            key: subscription.key.clone(),
            secret: WebhookSecret::new(subscription.signature.as_str()).ok()?,
            form: switches.webhook_envelope,
            header: switches.webhook_header,
            retry_time: switches.webhook_retry_time,
            time: switches.webhook_time,
        })
    }

    /// The body of an attempt. The first attempt has the number 0.
    pub(super) fn body(&self, attempt: u32) -> Vec<u8> {
        let is_renewed = attempt > 0 && self.retry_time == WebhookRetryTime::New;
        let time = if is_renewed {
            SystemTime::now()
        } else {
            self.notice.created_at
        };
        let time = match self.time {
            WebhookTime::Exact => time,
            WebhookTime::Seconds => whole_seconds(time),
        };
        let time = Json::from(iso(time));
        let event = Json::from(self.notice.event);
        let data = self.notice.data.clone();
        let envelope = match self.form {
            WebhookEnvelope::Current => Json::object([
                ("event", event),
                ("url", self.url.as_str().into()),
                ("webhook_key", self.key.as_str().into()),
                ("created_at", time),
                ("data", data),
            ]),
            WebhookEnvelope::Older => {
                Json::object([("event", event), ("data", data), ("timestamp", time)])
            }
        };
        // serde_json fails only for a map whose keys are no strings. All keys here are strings.
        serde_json::to_vec(&envelope).unwrap_or_default()
    }

    pub(super) fn signature(&self, body: &[u8]) -> String {
        sign(&self.secret, body)
    }

    pub(super) fn headers(&self) -> Vec<HeaderName> {
        match self.header {
            WebhookHeader::Signature => vec![SIGNATURE],
            WebhookHeader::Older => vec![OLDER_SIGNATURE],
            WebhookHeader::Both => vec![SIGNATURE, OLDER_SIGNATURE],
        }
    }
}
