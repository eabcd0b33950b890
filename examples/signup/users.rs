//! The shop's accounts, in memory, and its database. A real shop would store its accounts in the
//! database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;

/// One account of the shop.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) email: String,
    /// The outcome of the report to Partnero.
    pub(crate) report: String,
    /// Why another link than the last one was credited, if that is so.
    pub(crate) why: Option<String>,
    /// The public key in this account's link; `None` until Partnero has told it.
    key: Option<String>,
    /// The numbers of the orders that were not refunded.
    pub(crate) orders: Vec<u64>,
    pub(crate) next_order: u64,
}

/// A database in memory. It lives in one connection, so this connection must not end before the
/// shop.
pub(crate) async fn database() -> Result<SqlitePool, sqlx::Error> {
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.idle_timeout(None).max_lifetime(None);
    pool.connect("sqlite::memory:").await
}

/// All accounts.
#[derive(Clone, Default)]
pub(crate) struct Users(Arc<Mutex<BTreeMap<u64, User>>>);

impl Users {
    pub(crate) fn add(&self, name: &str, email: &str) -> u64 {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = users.len() as u64 + 1;
        let (name, email) = (name.to_owned(), email.to_owned());
        let report = "not yet reported".to_owned();
        users.insert(
            id,
            User {
                id,
                name,
                email,
                report,
                why: None,
                key: None,
                orders: Vec::new(),
                next_order: 1,
            },
        );
        id
    }

    /// The name of the account with this public key. The shop does not ask Partnero for it:
    /// Partnero would also find identifiers and e-mail addresses, and so tell strangers whose they
    /// are.
    pub(crate) fn friend_name(&self, key: &str) -> String {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let friend = users.values().find(|user| user.key.as_deref() == Some(key));
        friend.map_or_else(|| "A friend".to_owned(), |friend| friend.name.clone())
    }

    pub(crate) fn set_report(&self, id: u64, report: String, key: Option<String>) {
        self.change(id, |user| {
            user.report = report;
            user.key = key.or(user.key.take());
        });
    }

    /// Changes an account; `None` if there is no such account.
    pub(crate) fn change<T>(&self, id: u64, change: impl FnOnce(&mut User) -> T) -> Option<T> {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        users.get_mut(&id).map(change)
    }

    pub(crate) fn get(&self, id: u64) -> Option<User> {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        users.get(&id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<User> {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        users.values().cloned().collect()
    }
}
