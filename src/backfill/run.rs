//! Takes user after user from the stream and creates them, several at a time.

use std::collections::{HashSet, VecDeque};
use std::error::Error as StdError;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::error::BackfillError;
use super::report::{BackfillReport, RefusedReason};
use super::settings::Backfill;
use crate::client::{Customer, Error, ErrorKind, NewCustomer};
use crate::delivery::{RegisterError, Reported, register};

/// How many users are held at once: those under way, those that wait for a referrer, and those
/// behind the first unfinished one.
const WINDOW: usize = 1_000;
/// How many times a user is tried for whom Partnero fails while it takes others.
const MOST_TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

type BoxError = Box<dyn StdError + Send + Sync>;

const SOURCE: &str = "the app's own list of users failed";

async fn next<S: Stream>(mut stream: Pin<&mut S>) -> Option<S::Item> {
    poll_fn(|cx| stream.as_mut().poll_next(cx)).await
}

/// A user who is not finished.
struct User {
    /// The place in the stream.
    position: u64,
    new: NewCustomer,
    /// Whether a referrer whom Partnero does not know is waited for.
    keep_referrer: bool,
    /// Whether Partnero has refused this user although it knows the referrer.
    is_refused: bool,
    tries: u32,
    /// How many users had been taken when this one was first tried.
    taken_before: u64,
}

type Tried = (User, Result<Reported, RegisterError>);

pub(super) struct Run {
    settings: Backfill,
    report: BackfillReport,
    under_way: JoinSet<Tried>,
    /// To be tried before the stream is read on.
    again: VecDeque<User>,
    /// Wait for a referrer who may be under way, or who waits as well.
    friends: Vec<User>,
    /// The users from the first unfinished one on: the identifier, and whether it is finished.
    window: VecDeque<(String, bool)>,
    next_start: Instant,
    pause: Duration,
    failing_since: Option<Instant>,
    /// How many users Partnero has taken.
    taken: u64,
}

impl Run {
    pub(super) fn new(settings: Backfill) -> Self {
        let report = BackfillReport {
            finished: settings.skip,
            ..BackfillReport::default()
        };
        Self {
            settings,
            report,
            under_way: JoinSet::new(),
            again: VecDeque::new(),
            friends: Vec::new(),
            window: VecDeque::new(),
            next_start: Instant::now(),
            pause: FIRST_PAUSE,
            failing_since: None,
            taken: 0,
        }
    }

    pub(super) async fn run<S, E>(
        mut self,
        mut users: Pin<&mut S>,
    ) -> Result<BackfillReport, BackfillError>
    where
        S: Stream<Item = Result<NewCustomer, E>>,
        E: Into<BoxError>,
    {
        for _ in 0..self.settings.skip {
            match next(users.as_mut()).await {
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    let report = BackfillReport::default();
                    return Err(BackfillError::new(report, SOURCE, error.into()));
                }
                None => break,
            }
        }
        let mut is_ended = false;
        loop {
            while self.under_way.len() < self.settings.concurrency {
                let user = if let Some(user) = self.again.pop_front() {
                    user
                } else if is_ended || self.window.len() >= WINDOW {
                    break;
                } else {
                    match next(users.as_mut()).await {
                        Some(Ok(new)) => self.meet(new),
                        Some(Err(error)) => return Err(self.stop(SOURCE, error.into()).await),
                        None => {
                            is_ended = true;
                            break;
                        }
                    }
                };
                self.start(user).await;
            }
            match self.under_way.join_next().await {
                Some(tried) => {
                    if let Err((message, source)) = self.settle(tried) {
                        return Err(self.stop(message, source).await);
                    }
                }
                None if !self.friends.is_empty() => self.release_friends(),
                None if is_ended && self.again.is_empty() => return Ok(self.report),
                None => {}
            }
        }
    }

    /// Gives the next user of the stream a place.
    fn meet(&mut self, new: NewCustomer) -> User {
        let position = self.report.finished + self.window.len() as u64;
        self.window.push_back((new.id().to_owned(), false));
        User {
            position,
            new,
            keep_referrer: true,
            is_refused: false,
            tries: 0,
            taken_before: self.taken,
        }
    }

    /// Begins a user when the rate allows it.
    async fn start(&mut self, user: User) {
        sleep_until(self.next_start).await;
        if let Some(per_second) = self.settings.per_second {
            let now = Instant::now().max(self.next_start);
            self.next_start = now + Duration::from_secs(1) / per_second.get();
        }
        let client = self.settings.client.clone();
        self.under_way.spawn(async move {
            let result = register(&client, user.new.clone(), user.keep_referrer).await;
            (user, result)
        });
    }

    fn settle(&mut self, tried: Result<Tried, JoinError>) -> Result<(), (&'static str, BoxError)> {
        let (mut user, result) = match tried {
            Ok(tried) => tried,
            Err(error) => return Err(("a user's task ended without an answer", error.into())),
        };
        let refusal = match result {
            Ok(reported) => {
                self.took();
                let has_referrer = user.new.referrer().is_some();
                self.report.count(&reported, has_referrer);
                self.finish(user.position);
                return Ok(());
            }
            Err(RegisterError::UnknownReferrer(_)) => {
                self.wait_for_referrer(user);
                return Ok(());
            }
            Err(RegisterError::IdentifierTaken(other)) => {
                (RefusedReason::IdentifierTaken, in_the_way(&other))
            }
            Err(RegisterError::EmailKnown(other)) => {
                (RefusedReason::EmailKnown, in_the_way(&other))
            }
            Err(RegisterError::Failed(error)) => match error.kind() {
                ErrorKind::InvalidInput
                | ErrorKind::NotFound
                | ErrorKind::Conflict
                | ErrorKind::Invalid
                | ErrorKind::Rejected => {
                    // The referrer may have become known between the refusal and the look-up that
                    // asked why. A second refusal has another reason.
                    if !user.is_refused && user.new.referrer().is_some() {
                        user.is_refused = true;
                        self.wait_for_referrer(user);
                        return Ok(());
                    }
                    (RefusedReason::Refused, error.to_string())
                }
                // A refused key refuses every other user as well.
                ErrorKind::Unauthorized => {
                    return Err(("Partnero does not accept the API key", error.into()));
                }
                _ => match self.failed(user, error)? {
                    None => return Ok(()),
                    Some((given_up, error)) => {
                        user = given_up;
                        (RefusedReason::Failed, error.to_string())
                    }
                },
            },
        };
        if refusal.0 != RefusedReason::Failed {
            self.took();
        }
        let (reason, message) = refusal;
        self.report
            .refuse(user.new.id().to_owned(), reason, message);
        self.finish(user.position);
        Ok(())
    }

    /// Puts a user off until nobody is under way who may be the referrer.
    fn wait_for_referrer(&mut self, user: User) {
        self.took();
        self.friends.push(user);
    }

    /// Lets those friends go whose referrer is not waiting as well. Nobody is under way now, so what
    /// these friends wait for does not come any more.
    fn release_friends(&mut self) {
        let mut friends = std::mem::take(&mut self.friends);
        // In the order of the list, so that two runs over the same list do the same.
        friends.sort_unstable_by_key(|friend| friend.position);
        let ids: HashSet<_> = friends.iter().map(|friend| friend.new.id()).collect();
        let keys = friends.iter().map(|friend| friend.new.public_key());
        let known_keys: HashSet<_> = keys.clone().flatten().collect();
        // Partnero makes a key for a user without one. So any of these users may have the key.
        let unknown_keys = keys.filter(Option::is_none).count();
        let waits = |friend: &User| {
            let key = friend.new.public_key();
            friend.new.referrer().is_some_and(|referrer| {
                let name = referrer.as_str();
                match referrer.as_key() {
                    None => name != friend.new.id() && ids.contains(name),
                    Some(_) => {
                        Some(name) != key && known_keys.contains(name)
                            || unknown_keys > usize::from(key.is_none())
                    }
                }
            })
        };
        let mut waiting: Vec<_> = friends.iter().map(waits).collect();
        // They wait for each other: the first user goes without the referrer.
        if waiting.iter().all(|waits| *waits)
            && let Some(first) = waiting.first_mut()
        {
            *first = false;
        }
        for (mut friend, waits) in friends.into_iter().zip(waiting) {
            if waits {
                self.friends.push(friend);
            } else {
                friend.keep_referrer = false;
                self.again.push_back(friend);
            }
        }
    }

    /// Partnero answers: the next failure is the first one.
    fn took(&mut self) {
        self.taken += 1;
        self.failing_since = None;
        self.pause = FIRST_PAUSE;
    }

    /// Puts a user off for whom Partnero has failed, and pauses. Returns a user who is given up.
    fn failed(
        &mut self,
        mut user: User,
        error: Error,
    ) -> Result<Option<(User, Error)>, (&'static str, BoxError)> {
        let now = Instant::now();
        // Patience is counted from the first failure in a row, and any answer ends the row.
        let since = *self.failing_since.get_or_insert(now);
        if now.duration_since(since) > self.settings.patience {
            return Err(("Partnero has failed for too long", error.into()));
        }
        user.tries += 1;
        // Only if others were taken meanwhile: otherwise Partnero is down, and the user is not at
        // fault.
        if user.tries >= MOST_TRIES && self.taken > user.taken_before {
            return Ok(Some((user, error)));
        }
        let pause = error.retry_after().unwrap_or(self.pause).max(self.pause);
        // A longer pause would only find out later that the patience is at its end.
        let pause = pause.min(self.settings.patience);
        // All users wait, because a failing Partnero fails for the next one as well.
        self.next_start = self.next_start.max(now + pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.again.push_back(user);
        Ok(None)
    }

    fn finish(&mut self, position: u64) {
        // The window begins with the first user who is not finished, so positions in it are counted
        // from there.
        let place = usize::try_from(position - self.report.finished).ok();
        if let Some(user) = place.and_then(|place| self.window.get_mut(place)) {
            user.1 = true;
        }
        while self
            .window
            .front()
            .is_some_and(|(_, is_finished)| *is_finished)
        {
            self.report.finished_id = self.window.pop_front().map(|(id, _)| id);
            self.report.finished += 1;
        }
        (self.settings.on_progress)(&self.report);
    }

    /// Lets the users end who are under way, and begins no other.
    async fn stop(mut self, message: &'static str, source: BoxError) -> BackfillError {
        while let Some(tried) = self.under_way.join_next().await {
            // The first error is told; another one of the same outage adds nothing.
            let _ = self.settle(tried);
        }
        BackfillError::new(self.report, message, source)
    }
}

/// Which customer is in the way, without a name or an address.
fn in_the_way(customer: &Customer) -> String {
    let (id, key) = (customer.id.as_deref(), customer.key.as_deref());
    match (id, key) {
        (Some(id), _) => format!("Partnero has the customer {id:?}"),
        (None, Some(key)) => format!("Partnero has the customer with the key {key:?}"),
        (None, None) => "Partnero has another customer".to_owned(),
    }
}
