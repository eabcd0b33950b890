//! The shop's accounts, and its database. A real shop would have the accounts in it, too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use tower_partnero::Referral;

/// One account of the shop.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) email: String,
    /// What came of the report to Partnero.
    pub(crate) report: String,
    /// The public key in this account's link, once Partnero has told it.
    key: Option<String>,
    /// What was bought, as order numbers; a refunded order is gone.
    pub(crate) orders: Vec<u64>,
    pub(crate) next_order: u64,
}

/// A database that is gone when the shop stops: one connection, which never ends before that.
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
                key: None,
                orders: Vec::new(),
                next_order: 1,
            },
        );
        id
    }

    /// Who shares this key. It is looked for among keys alone: Partnero would also answer to
    /// identifiers and e-mail addresses, and tell a stranger whose they are.
    pub(crate) fn friend_name(&self, referral: &Referral) -> String {
        let users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Some(referral.key().as_str());
        let friend = users.values().find(|user| user.key.as_deref() == key);
        friend.map_or_else(|| "A friend".to_owned(), |friend| friend.name.clone())
    }

    pub(crate) fn set_report(&self, id: u64, report: String, key: Option<String>) {
        self.change(id, |user| {
            user.report = report;
            user.key = key.or(user.key.take());
        });
    }

    /// Changes an account; `None` if there is no such.
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
