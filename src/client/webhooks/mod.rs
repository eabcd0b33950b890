//! The endpoints about webhook subscriptions. By a subscription Partnero sends events to a URL.

mod new;
mod webhook;

use http::Method;

pub use self::new::{NewWebhook, WebhookUpdate};
pub use self::webhook::Webhook;
use super::call::{Call, is_segment};
use super::error::Error;
use super::handle::Client;
use super::list::List;
use super::summary::CallSummary;

/// The webhook subscriptions of the program; made by [`Client::webhooks`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Webhooks<'a> {
    client: &'a Client,
}

impl Client {
    /// The webhook subscriptions of the program.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks { client: self }
    }
}

impl Webhooks<'_> {
    /// Subscribes to events (`POST /webhooks`,
    /// <https://docs.partnero.com/api-reference/webhooks/create>). The answer holds the secret
    /// that signs them.
    ///
    /// The call is repeated only with a [`key`](NewWebhook::key) of the app's own, because Partnero is
    /// assumed to keep it unique. Without a key, a second try could make a second subscription.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a key that is empty, `.` or `..`;
    /// [`Invalid`](crate::ErrorKind::Invalid) for events that the program's type does not have;
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if a subscription without a key may have been made,
    /// and any other [`ErrorKind`](crate::ErrorKind).
    pub async fn create(self, webhook: &NewWebhook) -> Result<Webhook, Error> {
        // With a key of its own, a second subscription is refused. Without one, each call makes a
        // subscription, and every event arrives twice.
        let summary = if webhook.own_key().is_some() {
            CallSummary::repeatable(Method::POST, "/webhooks")
        } else {
            let find_out = "look for its URL with `webhooks().list()`";
            CallSummary::once(Method::POST, "/webhooks", find_out)
        };
        let call = Call::new(summary).json(webhook)?;
        if !webhook.own_key().is_none_or(is_segment) {
            return Err(call.invalid("the key of a subscription is not empty, `.` or `..`"));
        }
        self.client.change(call, Webhook::from_value).await
    }

    /// Lists the subscriptions (`GET /webhooks`,
    /// <https://developers.partnero.com/reference/webhooks>), with their secrets.
    pub fn list(self) -> List<Webhook> {
        let call = Call::get("/webhooks");
        List::new(self.client, Ok(call), Webhook::from_value)
    }

    /// Fetches one subscription (`GET /webhooks/{key}`), with its secret.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn get(self, key: &str) -> Result<Webhook, Error> {
        let call = Call::get("/webhooks/{id}").id(key)?;
        self.client.fetch(call, Webhook::from_value).await
    }

    /// Changes a subscription (`PUT /webhooks/{key}`,
    /// <https://docs.partnero.com/api-reference/webhooks/update>). Its secret cannot be changed:
    /// for another one, delete it and subscribe again.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an update without anything in it;
    /// [`NotFound`](crate::ErrorKind::NotFound), and any other [`ErrorKind`](crate::ErrorKind).
    pub async fn update(self, key: &str, update: &WebhookUpdate) -> Result<Webhook, Error> {
        let call = Call::repeatable(Method::PUT, "/webhooks/{id}")
            .id(key)?
            .json(update)?;
        if update.is_empty() {
            return Err(call.invalid("the update changes nothing"));
        }
        self.client.change(call, Webhook::from_value).await
    }

    /// Ends a subscription (`DELETE /webhooks/{key}`).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound), also when an earlier attempt of the same call
    /// deleted it and its answer was lost; any other [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(self, key: &str) -> Result<(), Error> {
        let call = Call::repeatable(Method::DELETE, "/webhooks/{id}").id(key)?;
        self.client.send(call).await.map(drop)
    }
}
