//! The app: stores users and orders, each with its report in one transaction.

use tower_partnero::NewCustomer;
use tower_partnero::client::{Amount, CustomerRef, Money, PartnerRef};
use tower_partnero::delivery::{Outbox, OutboxTransaction, Sale};

use crate::Failure;
use crate::database::{Database, Pool};

/// The customers whom Partnero always refuses.
pub(crate) fn is_refused(user: usize) -> bool {
    user % 50 == 49
}

/// The customers whose sales Partnero always refuses. All of them have a referrer, because a refused
/// sale of a customer without one is no failure.
pub(crate) fn is_sale_refused(user: usize) -> bool {
    user % 75 == 40
}

/// A third of the users were referred by the user before them.
pub(crate) fn referrer(user: usize) -> Option<usize> {
    (user % 3 == 1 && !is_refused(user - 1)).then(|| user - 1)
}

pub(crate) fn id(user: usize) -> String {
    let kind = if is_refused(user) { "bad" } else { "user" };
    format!("{kind}-{user}")
}

pub(crate) fn order(user: usize) -> String {
    let kind = if is_sale_refused(user) { "bad" } else { "good" };
    format!("{kind}-order-{user}")
}

/// The kind of program at Partnero.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Program {
    ReferAFriend,
    /// A third of the users, those who were referred, were brought by a partner.
    Affiliate,
}

impl Program {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ReferAFriend => "refer-a-friend",
            Self::Affiliate => "affiliate",
        }
    }

    pub(crate) fn parse(name: &str) -> Self {
        if name == Self::Affiliate.name() {
            Self::Affiliate
        } else {
            Self::ReferAFriend
        }
    }

    /// The identifier of who brought a user, as the sandbox has it.
    pub(crate) fn referrer_id(self, user: usize) -> Option<String> {
        let referrer = referrer(user)?;
        Some(match self {
            Self::ReferAFriend => id(referrer),
            Self::Affiliate => partner_id(user),
        })
    }
}

/// There are a few partners.
pub(crate) const PARTNERS: usize = 3;

pub(crate) fn partner_id(user: usize) -> String {
    format!("partner-{}", user % PARTNERS)
}

pub(crate) fn partner_key(user: usize) -> String {
    format!("brings-{}", user % PARTNERS)
}

/// Goes on where the killed process before it has stopped, until everything is stored.
pub(crate) async fn run(
    place: &str,
    schema: &str,
    program: Program,
    users: &str,
) -> Result<(), Failure> {
    let users: usize = users.parse()?;
    let (pool, outbox) = Database::open(place, schema).await?;
    for table in ["users", "orders"] {
        let create = format!("CREATE TABLE IF NOT EXISTS {table} (id BIGINT PRIMARY KEY)");
        let create = sqlx::AssertSqlSafe(create);
        match &pool {
            Pool::Sqlite(pool) => sqlx::raw_sql(create).execute(pool).await.map(drop),
            Pool::Postgres(pool) => sqlx::raw_sql(create).execute(pool).await.map(drop),
        }?;
    }
    for user in stored(&pool, "users").await?.saturating_sub(1)..users {
        loop {
            match store(&pool, &outbox, program, user).await {
                Ok(()) => break,
                // The database restarts.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
            }
        }
    }
    Ok(())
}

pub(crate) async fn stored(pool: &Pool, table: &str) -> Result<usize, Failure> {
    let count = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    let stored: i64 = match pool {
        Pool::Sqlite(pool) => sqlx::query_scalar(count).fetch_one(pool).await?,
        Pool::Postgres(pool) => sqlx::query_scalar(count).fetch_one(pool).await?,
    };
    Ok(stored.try_into()?)
}

const USER: &str = "INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) DO NOTHING";
const ORDER: &str = "INSERT INTO orders (id) VALUES ($1) ON CONFLICT (id) DO NOTHING";

/// One transaction for the user and one for the order, each with its report. If the user's own row is
/// new, so is the report.
async fn store(pool: &Pool, outbox: &Outbox, program: Program, user: usize) -> Result<(), Failure> {
    let number = i64::try_from(user)?;
    match pool {
        Pool::Sqlite(pool) => {
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            let stored = sqlx::query(USER).bind(number).execute(&mut *transaction);
            if stored.await?.rows_affected() == 1 {
                sign_up(outbox, &mut transaction, program, user).await?;
            }
            transaction.commit().await?;
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            let stored = sqlx::query(ORDER).bind(number).execute(&mut *transaction);
            if stored.await?.rows_affected() == 1 {
                sell(outbox, &mut transaction, user).await?;
            }
            transaction.commit().await?;
        }
        Pool::Postgres(pool) => {
            let mut transaction = pool.begin().await?;
            let stored = sqlx::query(USER).bind(number).execute(&mut *transaction);
            if stored.await?.rows_affected() == 1 {
                sign_up(outbox, &mut transaction, program, user).await?;
            }
            transaction.commit().await?;
            let mut transaction = pool.begin().await?;
            let stored = sqlx::query(ORDER).bind(number).execute(&mut *transaction);
            if stored.await?.rows_affected() == 1 {
                sell(outbox, &mut transaction, user).await?;
            }
            transaction.commit().await?;
        }
    }
    Ok(())
}

async fn sign_up(
    outbox: &Outbox,
    transaction: &mut impl OutboxTransaction,
    program: Program,
    user: usize,
) -> Result<(), Failure> {
    let mut customer = NewCustomer::new(id(user)).key(format!("key-{user}"));
    if let Some(referrer) = referrer(user) {
        customer = match program {
            Program::ReferAFriend => {
                customer.referring_customer(CustomerRef::key(format!("key-{referrer}")))
            }
            Program::Affiliate => customer.partner(PartnerRef::key(partner_key(user))),
        };
    }
    outbox.enqueue_in(transaction, customer).await?;
    Ok(())
}

async fn sell(
    outbox: &Outbox,
    transaction: &mut impl OutboxTransaction,
    user: usize,
) -> Result<(), Failure> {
    let price = Money::currency(Amount::major("19.90")?, "EUR");
    outbox
        .enqueue_in(transaction, Sale::new(order(user), id(user), price))
        .await?;
    Ok(())
}
