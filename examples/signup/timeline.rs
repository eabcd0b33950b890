//! What happened to an account, in plain words: the answer to "why was this sign-up (not) credited?"
//!
//! It is put together from what the shop wrote down itself, and from the rows of the outbox, whose
//! columns are documented. A row stays as a receipt when its report has arrived.

use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{FromRow, Row};
use tower_partnero::{Referral, ReferralContext, ReferralKey, ReferralSource};

use crate::accounts::{self, Account};
use crate::pages::Words;
use crate::sales::{self, Order};

pub(crate) struct Timeline {
    /// Who was credited for the sign-up, or why nobody was.
    pub(crate) verdict: String,
    /// The outbox's own name of that outcome, as it stands in logs and counters.
    pub(crate) outcome: Option<String>,
    pub(crate) entries: Vec<Entry>,
}

pub(crate) struct Entry {
    /// Milliseconds since 1970; `None` for what is still to come.
    pub(crate) at: Option<i64>,
    pub(crate) state: State,
    pub(crate) text: String,
    /// Why the last try to deliver the report has failed.
    pub(crate) problem: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Done,
    /// The report is in the outbox.
    Waiting,
    /// The report is a dead letter: a person has to look at it.
    Dead,
}

/// A row of the outbox.
struct Report {
    kind: String,
    key: String,
    state: State,
    outcome: String,
    attempts: i64,
    last_answer: Option<String>,
    settled_at: Option<i64>,
}

/// Writes down how the visitor came to sign up. Call it in the transaction of the sign-up.
pub(crate) async fn note_arrival(
    database: &mut SqliteConnection,
    account: i64,
    visitor: &ReferralContext,
    words: &Words,
) -> Result<(), sqlx::Error> {
    let referral = visitor.referral.as_ref();
    let last = referral.map(Referral::key);
    // The newest of the earlier links comes first, and a timeline begins with the oldest.
    for key in visitor.runners_up().iter().rev().chain(last) {
        let what = format!("Followed {}.", link(database, key, words).await?);
        accounts::note_earlier(database, account, &what).await?;
    }
    let what = match referral.map(Referral::source) {
        None => format!("Came without a {}'s link.", words.inviter),
        Some(ReferralSource::Cookie) => {
            "The shop stored the link in a cookie, until the sign-up.".to_owned()
        }
        Some(_) => "The link came with the sign-up itself.".to_owned(),
    };
    accounts::note_earlier(database, account, &what).await?;
    let what = "Signed up. The account and its report to Partnero were stored together.";
    accounts::note(database, account, what).await
}

async fn link(
    database: &mut SqliteConnection,
    key: &ReferralKey,
    words: &Words,
) -> Result<String, sqlx::Error> {
    let owner = accounts::name_by_key(database, key.as_str()).await?;
    Ok(match owner {
        Some(owner) => format!("{owner}'s link, with the key “{key}”"),
        None => format!(
            "a link with the key “{key}”, which is no {}'s as far as the shop knows",
            words.owner
        ),
    })
}

/// `inviter` is the name of the friend or partner whom Partnero has credited or, before that, of the
/// one whose link the account came with.
pub(crate) async fn of(
    database: &SqlitePool,
    account: &Account,
    inviter: Option<&str>,
    words: &Words,
) -> Result<Timeline, sqlx::Error> {
    let query = "SELECT at, what FROM history WHERE account = $1 ORDER BY id";
    let query = sqlx::query_as(query).bind(account.id);
    let history: Vec<(Option<i64>, String)> = query.fetch_all(database).await?;
    let mut entries: Vec<Entry> = history.into_iter().map(Entry::noted).collect();

    let reports = reports(database, account.id).await?;
    let orders = sales::orders(database, account.id).await?;
    for report in &reports {
        entries.push(report.entry(words));
        if let Some(effect) = report.effect(&orders, inviter, words) {
            entries.push(Entry::noted((report.settled_at, effect)));
        }
    }
    // Each part is in its order already. What is still to come stands at the end.
    entries.sort_by_key(|entry| match entry.state {
        State::Waiting => Some(i64::MAX),
        _ => entry.at,
    });
    let sign_up = reports.iter().find(|report| report.kind == "customer");
    let settled = sign_up.filter(|report| report.state != State::Waiting);
    Ok(Timeline {
        verdict: verdict(account, inviter, sign_up, words),
        outcome: settled.map(|report| report.outcome.clone()),
        entries,
    })
}

async fn reports(database: &SqlitePool, account: i64) -> Result<Vec<Report>, sqlx::Error> {
    let query = "SELECT * FROM partnero_outbox WHERE customer = $1 ORDER BY id";
    let query = sqlx::query_as(query).bind(account.to_string());
    query.fetch_all(database).await
}

impl FromRow<'_, SqliteRow> for Report {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            kind: row.try_get("kind")?,
            key: row.try_get("key")?,
            state: match row.try_get("state")? {
                "done" => State::Done,
                "dead" => State::Dead,
                _ => State::Waiting,
            },
            outcome: row.try_get::<Option<_>, _>("outcome")?.unwrap_or_default(),
            attempts: row.try_get("attempts")?,
            last_answer: row.try_get("last_answer")?,
            settled_at: row.try_get("settled_at")?,
        })
    }
}

impl Entry {
    fn noted((at, text): (Option<i64>, String)) -> Self {
        Self {
            at,
            state: State::Done,
            text,
            problem: None,
        }
    }
}

impl Report {
    fn entry(&self, words: &Words) -> Entry {
        let is_for_nobody = self.outcome == "no_partner"
            || self.outcome == "not_referred" && words.inviter == "partner";
        let of = match (&*self.kind, sales::order(&self.key)) {
            ("refund", Some(order)) => format!("the return of order {order}"),
            (_, Some(order)) => format!("the sale of order {order}"),
            (_, None) => "the sign-up".to_owned(),
        };
        let text = match (self.state, &*self.outcome) {
            (State::Waiting, _) if self.attempts == 0 => {
                format!("The report of {of} waits in the outbox.")
            }
            (State::Waiting, _) => format!(
                "The report of {of} waits in the outbox. It was tried {} times, and will be again.",
                self.attempts
            ),
            (State::Dead, reason) => {
                format!("Partnero refused {of} ({reason}). A person has to look at it.")
            }
            (State::Done, _) if is_for_nobody => {
                format!("Partnero was not told of {of}: nobody is to be paid for it.")
            }
            (State::Done, _) => format!("Reported {of} to Partnero."),
        };
        Entry {
            at: self.settled_at,
            state: self.state,
            text,
            problem: self
                .last_answer
                .clone()
                .filter(|_| self.state != State::Done),
        }
    }

    /// What a report that has arrived has brought about.
    fn effect(&self, orders: &[Order], inviter: Option<&str>, words: &Words) -> Option<String> {
        let inviter = inviter.map_or_else(|| format!("The {}", words.inviter), str::to_owned);
        match (&*self.kind, &*self.outcome) {
            _ if self.state != State::Done => None,
            ("customer", outcome) if outcome.starts_with("referred") => {
                Some(format!("{inviter} was credited."))
            }
            ("customer", _) => Some("Nobody was credited.".to_owned()),
            ("transaction", "recorded") => {
                let order = sales::order(&self.key);
                let order = orders.iter().find(|known| Some(known.id) == order)?;
                Some(format!("{inviter} earned {}.", order.reward.as_ref()?))
            }
            ("transaction", "not_referred") if words.inviter == "friend" => {
                Some("Partnero did not record the sale: nobody is to be paid for it.".to_owned())
            }
            ("refund", "refunded") => Some(format!(
                "Partnero deleted the sale, and took the {} for it back.",
                words.reward
            )),
            ("refund", "nothing_to_refund") => Some("Partnero has no such sale.".to_owned()),
            _ => None,
        }
    }
}

/// Who is credited for a sign-up, and why.
fn verdict(
    account: &Account,
    inviter: Option<&str>,
    sign_up: Option<&Report>,
    words: &Words,
) -> String {
    let name = &account.name;
    let key = account.came_with.as_deref().unwrap_or_default();
    let Words {
        inviter: role,
        owner,
        ..
    } = words;
    let Some(sign_up) = sign_up else {
        return format!("{name} was never reported to Partnero.");
    };
    if sign_up.state == State::Waiting {
        let why = "The report waits in the outbox, and arrives by itself.";
        return match inviter {
            Some(inviter) => format!("{inviter} invited {name}, and is not credited yet. {why}"),
            None => format!("It is not decided yet. {why}"),
        };
    }
    let inviter = inviter.map_or_else(|| format!("A {role}"), str::to_owned);
    // The name of the outcome is followed by the fields that Partnero has refused, if there are any.
    let outcome = sign_up.outcome.split("_without_").next();
    match outcome.unwrap_or_default() {
        "referred" => format!("{inviter} is credited, because {name} followed {inviter}'s link."),
        "referred_trimmed_key" => format!(
            "{inviter} is credited. Partnero knows no {owner} with the key “{key}” of the link, but \
             without the punctuation, which some program has put there, it is {inviter}'s."
        ),
        "referred_runner_up" => format!(
            "{inviter} is credited, although the last link had the key “{key}”: Partnero knows no \
             such {owner}, and the shop remembered {inviter}'s link from before."
        ),
        "not_referred" | "no_partner" => {
            format!("Nobody is credited: {name} came without a {role}'s link.")
        }
        "unknown_referrer" | "unknown_partner" => {
            format!("Nobody is credited: Partnero knows no {owner} with the key “{key}”.")
        }
        "self_referral" => format!("Nobody is credited: {name} followed {name}'s own link."),
        outcome => format!("Partnero's answer needs a look: {outcome}."),
    }
}
