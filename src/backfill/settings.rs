//! The settings of a backfill.

use std::error::Error as StdError;
use std::fmt;
use std::num::NonZeroU32;
use std::pin::pin;
use std::time::Duration;

use futures_core::Stream;

use super::error::BackfillError;
use super::report::BackfillReport;
use super::run::Run;
use crate::client::{Client, NewCustomer};

/// Makes customers of the app's users. See the [module docs](super) for what is guaranteed, and for an
/// example.
#[must_use = "a backfill does nothing until it is run"]
pub struct Backfill {
    pub(super) client: Client,
    pub(super) per_second: Option<NonZeroU32>,
    pub(super) concurrency: usize,
    pub(super) patience: Duration,
    pub(super) skip: u64,
    pub(super) on_progress: Box<dyn FnMut(&BackfillReport) + Send>,
}

impl Backfill {
    /// A backfill through this client.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            per_second: NonZeroU32::new(10),
            concurrency: 4,
            patience: Duration::from_secs(600),
            skip: 0,
            on_progress: Box::new(|_| {}),
        }
    }

    /// How many users are begun in a second; 0 for as many as Partnero answers. Default: 10. A new
    /// user costs one call, one whom Partnero has already costs two. Partnero does not document its
    /// rate limit.
    pub fn per_second(mut self, users: u32) -> Self {
        self.per_second = NonZeroU32::new(users);
        self
    }

    /// How many users are under way at once. Default: 4; 0 counts as 1. The client's own
    /// [limit](crate::client::ClientBuilder::concurrency) holds as well.
    pub fn concurrency(mut self, users: usize) -> Self {
        self.concurrency = users.max(1);
        self
    }

    /// How long Partnero may fail, without taking anybody, until the backfill stops. Default: 10
    /// minutes.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Leaves out so many users at the beginning of the stream: the
    /// [`finished`](BackfillReport::finished) ones of an earlier run. Default: 0.
    pub fn skip(mut self, users: u64) -> Self {
        self.skip = users;
        self
    }

    /// Called after each user, for a progress bar and for a checkpoint.
    pub fn on_progress(
        mut self,
        on_progress: impl FnMut(&BackfillReport) + Send + 'static,
    ) -> Self {
        self.on_progress = Box::new(on_progress);
        self
    }

    /// Makes customers of these users. An error in the stream ends it.
    ///
    /// # Errors
    ///
    /// The stream has failed, Partnero does not accept the API key, or it has failed for longer than
    /// [`patience`](Self::patience). [`BackfillError::report`] says what was done until then.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn run<S, E>(self, users: S) -> Result<BackfillReport, BackfillError>
    where
        S: Stream<Item = Result<NewCustomer, E>>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        Run::new(self).run(pin!(users)).await
    }
}

impl fmt::Debug for Backfill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backfill")
            .field("client", &self.client)
            .field("per_second", &self.per_second)
            .field("concurrency", &self.concurrency)
            .field("patience", &self.patience)
            .field("skip", &self.skip)
            .finish_non_exhaustive()
    }
}
