//! What can fail between the app and its outbox.

use std::error::Error as StdError;
use std::fmt;

/// A report was not written to the outbox, or the outbox could not be read.
///
/// [`kind`](Self::kind) says what to do about it, and [`source`](StdError::source) is the
/// database's own error. The text of this error names no customer.
pub struct OutboxError {
    inner: Box<Inner>,
}

struct Inner {
    kind: OutboxErrorKind,
    message: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// A server has answered so, and another server may answer otherwise.
    is_of_server: bool,
}

/// What failed, as far as it decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutboxErrorKind {
    /// The report can never be written: its key or identifier is empty, has over 1,000 bytes or
    /// holds a zero byte.
    Invalid,
    /// The transaction is of another kind of database than the outbox.
    WrongEngine,
    /// Another connection held a lock for too long, or the database has ended the transaction
    /// because of another one (`SQLITE_BUSY`, SQLSTATE 55P03 and class 40). Run the whole
    /// transaction again.
    Busy,
    /// The database cannot be reached, does not answer, or the connection broke.
    Unavailable,
    /// The disk is full.
    Full,
    /// The database cannot be written to: a file without the right to write, or a server that is a
    /// standby, as the old one is after a failover. On a new connection to a server the same call may
    /// succeed, and so that is [retryable](OutboxError::is_retryable).
    ReadOnly,
    /// The outbox's table is missing, lacks something, or is of a newer version than this crate knows.
    Schema,
    /// Any other error of the database.
    Database,
}

impl OutboxErrorKind {
    fn phrase(self) -> &'static str {
        match self {
            Self::Invalid => "this report can never be written to the outbox",
            Self::WrongEngine => "the transaction is of another kind of database than the outbox",
            Self::Busy => "the outbox's database is busy",
            Self::Unavailable => "the outbox's database cannot be reached",
            Self::Full => "the outbox's database is full",
            Self::ReadOnly => "the outbox's database is read-only",
            Self::Schema => "the outbox's table is missing, of a newer version, or was changed",
            Self::Database => "the outbox's database reports an error",
        }
    }
}

impl OutboxError {
    pub(crate) fn new(kind: OutboxErrorKind) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                message: None,
                source: None,
                is_of_server: false,
            }),
        }
    }

    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.inner.message = Some(message.into());
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// What failed.
    #[must_use]
    pub fn kind(&self) -> OutboxErrorKind {
        self.inner.kind
    }

    /// Whether the same call may succeed later, although nothing else is changed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.inner.kind {
            OutboxErrorKind::Busy | OutboxErrorKind::Unavailable => true,
            OutboxErrorKind::ReadOnly => self.inner.is_of_server,
            _ => false,
        }
    }
}

impl fmt::Display for OutboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.inner.kind.phrase())?;
        match &self.inner.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for OutboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxError")
            .field("kind", &self.inner.kind)
            .field("message", &self.inner.message)
            .field("source", &self.inner.source)
            .finish()
    }
}

impl StdError for OutboxError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.inner.source.as_deref()?;
        Some(source)
    }
}

/// How long PostgreSQL's codes are. Those of SQLite are shorter.
#[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
const SQLSTATE: usize = 5;

#[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
impl From<sqlx::Error> for OutboxError {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        let is_of_server = code.is_some_and(|code| code.len() == SQLSTATE);
        let mut error = Self::new(kind_of(&error)).with_source(error);
        error.inner.is_of_server = is_of_server;
        error
    }
}

#[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
fn kind_of(error: &sqlx::Error) -> OutboxErrorKind {
    match error {
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some(code) if code.len() == SQLSTATE => kind_of_sqlstate(code),
            Some(code) => code
                .parse()
                .map_or(OutboxErrorKind::Database, kind_of_sqlite_code),
            None => OutboxErrorKind::Database,
        },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => OutboxErrorKind::Unavailable,
        _ => OutboxErrorKind::Database,
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
#[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
fn kind_of_sqlstate(code: &str) -> OutboxErrorKind {
    match code {
        "55P03" => OutboxErrorKind::Busy,
        "25P03" | "25P04" => OutboxErrorKind::Unavailable,
        "53100" => OutboxErrorKind::Full,
        // A standby says the second to a transaction that is begun to write.
        "25006" | "0A000" => OutboxErrorKind::ReadOnly,
        "42P01" | "42703" => OutboxErrorKind::Schema,
        _ if code.starts_with("40") => OutboxErrorKind::Busy,
        _ if ["08", "53", "57"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            OutboxErrorKind::Unavailable
        }
        _ => OutboxErrorKind::Database,
    }
}

/// The primary code is the lower byte of an extended code
/// (<https://www.sqlite.org/rescode.html>).
#[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
fn kind_of_sqlite_code(code: u32) -> OutboxErrorKind {
    match code & 0xff {
        5 | 6 => OutboxErrorKind::Busy,
        8 => OutboxErrorKind::ReadOnly,
        10 | 14 => OutboxErrorKind::Unavailable,
        13 => OutboxErrorKind::Full,
        _ => OutboxErrorKind::Database,
    }
}

#[cfg(all(test, any(feature = "outbox-sqlite", feature = "outbox-postgres")))]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_engines_are_told_apart() {
        for (code, kind) in [
            (5, OutboxErrorKind::Busy),
            (517, OutboxErrorKind::Busy),
            (1032, OutboxErrorKind::ReadOnly),
            (13, OutboxErrorKind::Full),
            (14, OutboxErrorKind::Unavailable),
            (1, OutboxErrorKind::Database),
        ] {
            assert_eq!(kind_of_sqlite_code(code), kind, "{code}");
        }
        for (code, kind) in [
            ("40001", OutboxErrorKind::Busy),
            ("40P01", OutboxErrorKind::Busy),
            ("55P03", OutboxErrorKind::Busy),
            ("25P03", OutboxErrorKind::Unavailable),
            ("53100", OutboxErrorKind::Full),
            ("57P01", OutboxErrorKind::Unavailable),
            ("08006", OutboxErrorKind::Unavailable),
            ("25006", OutboxErrorKind::ReadOnly),
            ("0A000", OutboxErrorKind::ReadOnly),
            ("42P01", OutboxErrorKind::Schema),
            ("23514", OutboxErrorKind::Database),
        ] {
            assert_eq!(kind_of_sqlstate(code), kind, "{code}");
        }
    }
}
