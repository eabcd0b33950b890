//! The subscription by which Partnero sends events to the app.

use std::error::Error as StdError;
use std::fmt;

use reqwest::Url;

use super::digest::EventDigest;
use super::secret::WebhookSecret;
use crate::client::base_url::is_loopback;
use crate::client::{Client, Error, ErrorKind, NewWebhook, Webhook, WebhookUpdate};
use crate::error::ConfigError;

/// How long a name may be: Partnero's own n8n node cuts it to that
/// (<https://github.com/partnero/n8n-nodes-partnero>).
const LONGEST_NAME: usize = 100;

/// Makes Partnero send `events` to `url`. An app calls it each time it starts.
///
/// If there is a subscription to this URL, its events are changed where they differ, and it is
/// switched on. If there is none, one is made, under a key that follows from the URL, so that several
/// processes which start at the same time make one. If the subscription under that key leads to
/// another URL, its URL is changed. Then `keep` gets the secret and stores it where the app wants it.
/// It gets the secret every time, because Partnero shows it every time. The returned
/// [`Subscription`] has the secret, too.
///
/// ```no_run
/// use tower_partnero::webhook::{WebhookVerifier, ensure_subscription};
///
/// # async fn example(client: tower_partnero::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let url = "https://shop.example/partnero";
/// let events = ["customer.rewarded", "transaction.deleted"];
/// let subscription = ensure_subscription(&client, url, events, |secret| {
///     std::fs::write("/var/lib/shop/webhook-secret", secret.expose())
/// })
/// .await?;
/// let verifier = WebhookVerifier::new(subscription.secret);
/// # Ok(())
/// # }
/// ```
///
/// In refer-a-friend programs there are `customer.created`, `customer.updated`,
/// `customer.deleted`, `customer.rewarded`, `customer.credited`, `transaction.created` and
/// `transaction.deleted`. In affiliate programs there are also the events of partners and leads
/// ([`EventKind`](super::EventKind)), and not `customer.rewarded` and `customer.credited`. Partnero
/// refuses events that the program does not have.
///
/// # Errors
///
/// [`SubscribeError::Config`] for a URL that is not `https`, or `http` to loopback, and for no
/// events; [`SubscribeError::Client`] if Partnero could not be asked or refused;
/// [`SubscribeError::NoSecret`] if its answer has no secret; [`SubscribeError::Keep`] with the
/// error of `keep`: the subscription is there then, and the next start finds it.
pub async fn ensure_subscription<E>(
    client: &Client,
    url: &str,
    events: impl IntoIterator<Item = impl Into<String>>,
    keep: impl FnOnce(&WebhookSecret) -> Result<(), E>,
) -> Result<Subscription, SubscribeError>
where
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    let wanted = Wanted::new(url, events)?;
    check(url).await?;
    let (webhook, change) = match wanted.find(client).await? {
        Some(found) => wanted.adjust(client, found).await?,
        None => wanted.create(client).await?,
    };
    let secret = webhook.signature.map(WebhookSecret::new);
    let secret = secret
        .and_then(Result::ok)
        .ok_or(SubscribeError::NoSecret)?;
    // Each time, also for a subscription that was there: an app that lost the secret gets it again.
    keep(&secret).map_err(|error| SubscribeError::Keep(error.into()))?;
    Ok(Subscription {
        key: webhook.key,
        change,
        secret,
    })
}

/// A subscription that Partnero sends events by.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Subscription {
    /// Its key, which is in every event.
    pub key: Option<String>,
    /// What was done for it.
    pub change: SubscriptionChange,
    /// The secret that its events are signed with.
    pub secret: WebhookSecret,
}

/// What [`ensure_subscription`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubscriptionChange {
    /// There was no subscription, and it was made.
    Created,
    /// Its events or its URL were changed, or it was switched on.
    Updated,
    /// It was as it should be.
    None,
}

struct Wanted {
    url: String,
    events: Vec<String>,
    name: String,
    key: String,
}

impl Wanted {
    fn new(
        url: &str,
        events: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        let mut events: Vec<String> = events.into_iter().map(Into::into).collect();
        // Sorted and without repetitions, so that it can be compared with what Partnero has.
        events.sort_unstable();
        events.dedup();
        if events.is_empty() {
            return Err(ConfigError::new(
                "events",
                "name at least one, as `customer.rewarded`",
            ));
        }
        let key = EventDigest::of(url.as_bytes()).to_string();
        Ok(Self {
            url: url.to_owned(),
            events,
            name: url.chars().take(LONGEST_NAME).collect(),
            // The same address gives the same key in every process, so that a second one cannot
            // make a second subscription.
            key: format!("tower-partnero-{}", &key[..16]),
        })
    }

    /// The subscription under our key, or else another one to the same URL.
    async fn find(&self, client: &Client) -> Result<Option<Webhook>, Error> {
        let mut found = None;
        let client = client.within_one_deadline();
        let mut webhooks = client.webhooks().list().stream();
        while let Some(webhook) = webhooks.next().await {
            let webhook = webhook?;
            if webhook.key.as_deref() == Some(&self.key) {
                return Ok(Some(webhook));
            }
            if webhook.url.as_deref() == Some(&self.url) {
                found = found.or(Some(webhook));
            }
        }
        Ok(found)
    }

    async fn create(
        &self,
        client: &Client,
    ) -> Result<(Webhook, SubscriptionChange), SubscribeError> {
        let new = NewWebhook::new(&self.name, &self.url, &self.events).key(&self.key);
        match client.webhooks().create(&new).await {
            Ok(webhook) => Ok((webhook, SubscriptionChange::Created)),
            // Another process may have made it meanwhile.
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Invalid) => {
                match self.find(client).await? {
                    Some(found) => self.adjust(client, found).await,
                    None => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn adjust(
        &self,
        client: &Client,
        mut found: Webhook,
    ) -> Result<(Webhook, SubscriptionChange), SubscribeError> {
        let mut events = found.events.clone();
        events.sort_unstable();
        let leads_here = found.url.as_deref() == Some(&self.url);
        if leads_here && events == self.events && found.is_active != Some(false) {
            return Ok((found, SubscriptionChange::None));
        }
        let key = found.key.clone().ok_or(SubscribeError::NoKey)?;
        let mut update = WebhookUpdate::new().events(&self.events).is_active(true);
        if !leads_here {
            update = update.url(&self.url);
        }
        let updated = client.webhooks().update(&key, &update).await?;
        // If the answer has no signature, the subscription keeps the one it had.
        found.signature = updated.signature.or(found.signature);
        Ok((found, SubscriptionChange::Updated))
    }
}

/// Events hold names and addresses, so they may go to `https`, or stay on this machine.
async fn check(text: &str) -> Result<(), ConfigError> {
    let refuse = |advice: &'static str| Err(ConfigError::new("url", advice));
    let Ok(url) = Url::parse(text) else {
        return refuse("this is no URL: write it whole, as in `https://shop.example/partnero`");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("the URL has a user in it: the signature is what proves the sender");
    }
    if url.fragment().is_some() {
        return refuse("the URL has a fragment, which is never sent");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if stays_here(url.clone()).await => Ok(()),
        "http" => refuse(
            "the URL would show events to the network: write `https`; plain `http` is for loopback",
        ),
        _ => refuse("the URL has no scheme that Partnero can reach: write `https`"),
    }
}

/// Whether a URL leads to this machine. A name is resolved in a thread that may block.
async fn stays_here(url: Url) -> bool {
    let is_loopback = tokio::task::spawn_blocking(move || is_loopback(&url));
    is_loopback.await.unwrap_or(false)
}

/// Why there is no subscription, or its secret is not known.
#[derive(Debug)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The URL or the events cannot work; nothing was sent.
    Config(ConfigError),
    /// Partnero could not be asked, or refused.
    Client(Error),
    /// Partnero's answer has no secret, or its secret cannot be a key.
    NoSecret,
    /// There is a subscription to this URL that has to be changed, and Partnero does not say its
    /// key.
    NoKey,
    /// The secret could not be stored.
    Keep(Box<dyn StdError + Send + Sync>),
}

impl From<ConfigError> for SubscribeError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<Error> for SubscribeError {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config(_) => "the subscription cannot work",
            Self::Client(_) => "Partnero could not be asked for the subscription",
            Self::NoSecret => "Partnero's answer has no secret",
            Self::NoKey => "Partnero's answer does not name the subscription",
            Self::Keep(_) => "the secret could not be stored",
        })
    }
}

impl StdError for SubscribeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::Client(error) => Some(error),
            Self::NoSecret | Self::NoKey => None,
            Self::Keep(error) => Some(&**error),
        }
    }
}
