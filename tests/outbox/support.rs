//! An empty outbox in each engine, a sandbox, and a worker with short waits.

use std::time::Duration;

#[cfg(postgres)]
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tower_partnero::client::{Amount, CustomerRef, Money};
use tower_partnero::delivery::{
    DeadLetter, DeliveryWorker, DeliveryWorkerBuilder, Outbox, Report, Sale, Status,
};
use tower_partnero::sandbox::switches::Switch;
use tower_partnero::{ApiKey, Client, NewCustomer, Sandbox};

/// Makes a test of each behaviour for each engine.
macro_rules! every_engine {
    ($($behaviour:ident,)+) => {
        mod memory {
            $(#[tokio::test]
            async fn $behaviour() {
                let outbox = tower_partnero::delivery::Outbox::memory();
                super::$behaviour(crate::support::Shop::open(outbox).await).await;
            })+
        }

        mod sqlite {
            $(#[tokio::test]
            async fn $behaviour() {
                let directory = tempfile::tempdir().unwrap();
                let file = directory.path().join("outbox.db");
                let outbox = tower_partnero::delivery::Outbox::sqlite(file).await.unwrap();
                super::$behaviour(crate::support::Shop::open(outbox).await).await;
            })+
        }

        #[cfg(postgres)]
        mod postgres {
            $(#[tokio::test]
            async fn $behaviour() {
                let pool = crate::support::postgres(stringify!($behaviour)).await;
                let outbox = tower_partnero::delivery::Outbox::postgres(pool).await.unwrap();
                super::$behaviour(crate::support::Shop::open(outbox).await).await;
            })+
        }
    };
}
pub(crate) use every_engine;

/// A schema of its own in the database that the environment names.
#[cfg(postgres)]
pub(crate) async fn postgres(test: &str) -> PgPool {
    use std::hash::{BuildHasher, RandomState};

    let url = std::env::var("TOWER_PARTNERO_TEST_POSTGRES").unwrap();
    let options: PgConnectOptions = url.parse().unwrap();
    let schema = format!("test_{:x}", RandomState::new().hash_one(test));
    let admin = PgPool::connect_with(options.clone()).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    sqlx::raw_sql(create).execute(&admin).await.unwrap();
    admin.close().await;
    let options = options.options([("search_path", schema.as_str())]);
    let pool = PgPoolOptions::new().max_connections(4);
    pool.connect_with(options).await.unwrap()
}

/// An app with its outbox, and a sandbox to deliver to.
pub(crate) struct Shop {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    pub(crate) outbox: Outbox,
    /// How long the client waits for an answer.
    pub(crate) timeout: Duration,
}

impl Shop {
    pub(crate) async fn open(outbox: Outbox) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let timeout = Duration::from_millis(300);
        Self {
            client: client(&sandbox, timeout),
            timeout,
            sandbox,
            outbox,
        }
    }

    /// The same shop with a client that waits this long for an answer.
    pub(crate) fn with_timeout(self, timeout: Duration) -> Self {
        Self {
            client: client(&self.sandbox, timeout),
            timeout,
            ..self
        }
    }

    /// A worker whose waits are fractions of a second instead of minutes.
    pub(crate) fn worker(&self) -> DeliveryWorkerBuilder {
        // Half a second for a slow database.
        let look_up_after = self.timeout + Duration::from_millis(500);
        DeliveryWorker::builder(self.outbox.clone(), self.client.clone())
            .poll(Duration::from_millis(10))
            .look_up_after(look_up_after)
            .lease(2 * look_up_after.max(Duration::from_millis(2_500)))
            .retries(Duration::from_millis(20), Duration::from_millis(100))
            .probes(Duration::from_millis(20), Duration::from_millis(100))
            .referrer_grace(Duration::ZERO)
    }

    pub(crate) async fn report(&self, report: impl Into<Report>) {
        self.outbox.enqueue(report).await.unwrap();
    }

    /// Creates Anna at Partnero.
    pub(crate) async fn anna(&self) {
        let anna = NewCustomer::new("anna").key("anna-7");
        self.client.customers().create(&anna).await.unwrap();
    }

    pub(crate) async fn status_when(&self, is_it: impl Fn(&Status) -> bool) -> Status {
        let wait = async {
            loop {
                let status = self.outbox.status().await.unwrap();
                if is_it(&status) {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        // Long enough for a machine on which other tests run.
        if let Ok(status) = tokio::time::timeout(Duration::from_secs(120), wait).await {
            return status;
        }
        let dead = self.dead().await;
        panic!("still {:?} with {dead:?}", self.outbox.status().await)
    }

    /// Delivers until nothing is pending, and stops.
    pub(crate) async fn deliver(&self) -> Status {
        let worker = self.worker().start().unwrap();
        let status = self.status_when(Status::is_drained).await;
        assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
        status
    }

    pub(crate) async fn dead(&self) -> Vec<DeadLetter> {
        self.outbox.dead(0, 100).await.unwrap()
    }

    pub(crate) fn switch(&self, switch: impl Switch) {
        self.sandbox.switch(switch);
    }

    /// How often Partnero has recorded the sale of this key.
    pub(crate) fn recorded(&self, key: &str) -> usize {
        let transactions = self.sandbox.transactions();
        let with_key = transactions
            .iter()
            .filter(|transaction| transaction.key.as_deref() == Some(key));
        with_key.count()
    }

    pub(crate) fn knows(&self, id: &str) -> bool {
        let customers = self.sandbox.customers();
        customers.iter().any(|customer| customer.id == id)
    }

    /// The referrer that Partnero has recorded for a customer.
    pub(crate) fn referrer_of(&self, id: &str) -> Option<String> {
        let customers = self.sandbox.customers();
        let customer = customers.into_iter().find(|customer| customer.id == id);
        customer.expect("the customer has arrived").referred_by
    }

    /// How many calls Partnero got whose method and path begin so.
    pub(crate) fn calls(&self, start: &str) -> usize {
        let requests = self.sandbox.requests();
        let calls = requests
            .iter()
            .map(|request| format!("{} {}", request.method, request.path));
        calls.filter(|call| call.starts_with(start)).count()
    }
}

fn client(sandbox: &Sandbox, timeout: Duration) -> Client {
    Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
        .base_url(sandbox.base_url())
        .timeout(timeout)
        .retries(0)
        .build()
        .unwrap()
}

/// A customer whom Anna has referred.
pub(crate) fn friend(id: &str) -> NewCustomer {
    NewCustomer::new(id).referring_customer(CustomerRef::key("anna-7"))
}

pub(crate) fn euros(text: &str) -> Money {
    Money::currency(Amount::major(text).unwrap(), "EUR")
}

pub(crate) fn sale(key: &str, customer: &str) -> Sale {
    Sale::new(key, customer, euros("19.90"))
}
