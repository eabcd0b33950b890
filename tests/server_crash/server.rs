//! The server, for one test at a time.

use std::process::Command;

use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::const_new(());

pub(crate) struct Server {
    pub(crate) options: PgConnectOptions,
    pub(crate) pool: PgPool,
    restart: String,
    _turn: MutexGuard<'static, ()>,
}

impl Server {
    /// Waits for its turn, and makes a schema of its own.
    pub(crate) async fn take(test: &str) -> Self {
        use std::hash::{BuildHasher, RandomState};

        let url = std::env::var("TOWER_PARTNERO_TEST_POSTGRES").unwrap();
        let restart = std::env::var("TOWER_PARTNERO_TEST_POSTGRES_RESTART").unwrap();
        let turn = TURN.lock().await;
        let options: PgConnectOptions = url.parse().unwrap();
        let schema = format!("crash_{:x}", RandomState::new().hash_one(test));
        let admin = PgPool::connect_with(options.clone()).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(create).execute(&admin).await.unwrap();
        let options = options.options([("search_path", schema.as_str())]);
        Self {
            pool: PgPool::connect_with(options.clone()).await.unwrap(),
            options,
            restart,
            _turn: turn,
        }
    }

    /// Changes a setting by `ALTER SYSTEM`, which needs no restart.
    pub(crate) async fn alter(&self, what: &str) {
        let alter = sqlx::AssertSqlSafe(format!("ALTER SYSTEM {what}"));
        sqlx::raw_sql(alter).execute(&self.pool).await.unwrap();
        let reload = sqlx::raw_sql("SELECT pg_reload_conf()");
        reload.execute(&self.pool).await.unwrap();
    }

    /// Waits until new connections have the setting.
    pub(crate) async fn alter_until(&self, what: &str, setting: &str, value: &str) {
        self.alter(what).await;
        loop {
            let pool = PgPool::connect_with(self.options.clone()).await.unwrap();
            let show = sqlx::AssertSqlSafe(format!("SHOW {setting}"));
            let now: String = sqlx::query_scalar(show).fetch_one(&pool).await.unwrap();
            if now == value {
                return;
            }
        }
    }

    /// Crashes the server: commits that were not on the disk are lost.
    pub(crate) fn crash(&self) {
        let restart = Command::new("sh").arg("-c").arg(&self.restart).status();
        assert!(restart.unwrap().success());
    }
}
