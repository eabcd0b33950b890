//! The outbox of an app, in a real file and in PostgreSQL.

use serde_json::Value;
use tempfile::TempDir;
use tower_partnero::client::CustomerRef;
use tower_partnero::sandbox::Fault;
use tower_partnero::{NewCustomer, Outbox, Sandbox};

use crate::support::{Call, Said, json, partnero};

/// A database with an outbox, as the operator's program gets to it.
struct Database {
    url: String,
    outbox: Outbox,
    pool: Pool,
    _directory: Option<TempDir>,
}

enum Pool {
    Sqlite(sqlx::SqlitePool),
    #[cfg(postgres)]
    Postgres(sqlx::PgPool),
}

impl Database {
    async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("app.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
        let pool = sqlx::SqlitePool::connect_with(options.create_if_missing(true));
        let pool = pool.await.unwrap();
        Self {
            url: format!("sqlite:{}", file.to_str().unwrap()),
            outbox: Outbox::sqlite_pool(pool.clone()).await.unwrap(),
            pool: Pool::Sqlite(pool),
            _directory: Some(directory),
        }
    }

    /// A schema of its own in the database that the environment names.
    #[cfg(postgres)]
    async fn postgres() -> Self {
        use std::hash::{BuildHasher, RandomState};

        let url = std::env::var("TOWER_PARTNERO_TEST_POSTGRES").unwrap();
        let schema = format!("cli_{:x}", RandomState::new().hash_one(0));
        let admin = sqlx::PgPool::connect(&url).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(create).execute(&admin).await.unwrap();
        admin.close().await;
        let url = format!("{url}?options=-c%20search_path%3D{schema}");
        let pool = sqlx::PgPool::connect(&url).await.unwrap();
        Self {
            url,
            outbox: Outbox::postgres(pool.clone()).await.unwrap(),
            pool: Pool::Postgres(pool),
            _directory: None,
        }
    }

    fn call(&self, arguments: &[&str]) -> Call {
        partnero(&[&["outbox"], arguments].concat()).variable("DATABASE_URL", &self.url)
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.call(arguments).run()
    }

    fn drain(&self, sandbox: &Sandbox, within: &str) -> Said {
        self.call(&["drain", "--within", within]).at(sandbox).run()
    }

    async fn execute(&self, statement: &'static str) {
        match &self.pool {
            Pool::Sqlite(pool) => {
                sqlx::query(statement).execute(pool).await.unwrap();
            }
            #[cfg(postgres)]
            Pool::Postgres(pool) => {
                sqlx::query(statement).execute(pool).await.unwrap();
            }
        }
    }
}

/// Makes a test of each behaviour for each engine that outlives a process.
macro_rules! every_database {
    ($($behaviour:ident,)+) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $behaviour() {
                super::$behaviour(super::Database::sqlite().await).await;
            })+
        }

        #[cfg(postgres)]
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $behaviour() {
                super::$behaviour(super::Database::postgres().await).await;
            })+
        }
    };
}

every_database! {
    what_is_dead_is_listed_replayed_or_discarded,
    a_pause_is_shown_and_ended,
    what_waits_long_is_hastened,
    the_workers_settings_can_be_given,
    each_program_has_rows_of_its_own,
    a_wrong_key_sends_nothing,
    a_customer_is_shown_and_forgotten,
}

async fn what_is_dead_is_listed_replayed_or_discarded(database: Database) {
    for id in ["ben", "cleo", "bad", "worse"] {
        database.outbox.enqueue(NewCustomer::new(id)).await.unwrap();
    }
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::status(422).mentioning("\"bad\""));
    sandbox.inject(Fault::status(422).mentioning("\"worse\""));

    let said = database.run(&["status", "--json"]);
    assert_eq!((said.code, &json(&said.out)["pending"]), (0, &4.into()));
    assert_eq!(database.run(&["dead"]).code, 0);
    let said = database.drain(&sandbox, "60s");
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(sandbox.customers().len(), 2);
    let said = database.run(&["status"]);
    assert!(
        said.code == 3 && said.out.contains("dead     2"),
        "{said:?}"
    );
    let said = database.run(&["dead"]);
    assert!(
        said.code == 3 && said.out.contains("customer bad"),
        "{said:?}"
    );
    assert!(said.out.contains("422"), "{said:?}");
    let said = database.run(&["dead", "--json"]);
    let dead: Vec<Value> = said.out.lines().map(json).collect();
    assert_eq!(dead[1]["customer"], "worse", "{said:?}");
    let ids: Vec<String> = dead.iter().map(|letter| letter["id"].to_string()).collect();

    sandbox.clear_faults();
    let said = database.run(&["discard", &ids[1], "a test", "--json"]);
    assert_eq!((said.code, &json(&said.out)["discarded"]), (0, &1.into()));
    let said = database.run(&["replay", &ids[0]]);
    assert_eq!((said.code, said.out.trim()), (0, "due again"));
    let said = database.run(&["replay", "all", "--json"]);
    assert_eq!((said.code, &json(&said.out)["replayed"]), (0, &0.into()));
    assert_eq!(database.drain(&sandbox, "60s").code, 0);
    assert_eq!(sandbox.customers().len(), 3);
    let said = database.run(&["dead"]);
    assert_eq!((said.code, &*said.out), (0, ""));
    for arguments in [&["replay", &ids[0]][..], &["discard", &ids[0], "gone"]] {
        let said = database.run(arguments);
        assert!(
            said.code == 1 && said.err.contains("no dead report has the number"),
            "{said:?}"
        );
    }
}

async fn a_pause_is_shown_and_ended(database: Database) {
    database
        .execute("UPDATE partnero_outbox_gate SET closed_at = 1, reason = 'by hand \u{1b}[31m'")
        .await;
    let said = database.run(&["status"]);
    assert!(
        said.out.contains("pausing") && said.out.contains("by hand"),
        "{said:?}"
    );
    assert!(
        !said.out.contains('\u{1b}'),
        "a terminal would obey it: {said:?}"
    );
    for (resumed, text) in [(true, "deliveries go on"), (false, "there was no pause")] {
        let said = database.run(&["resume"]);
        assert!(
            said.code == 0 && said.out.contains(text),
            "{resumed}: {said:?}"
        );
    }
    let said = database.run(&["resume", "--json"]);
    assert_eq!(json(&said.out)["resumed"], false);
}

/// A row that may have arrived is hastened, too: it is looked up before anything is sent again.
async fn what_waits_long_is_hastened(database: Database) {
    for id in ["soon", "late"] {
        database.outbox.enqueue(NewCustomer::new(id)).await.unwrap();
    }
    database
        .execute("UPDATE partnero_outbox SET due_at = due_at + 60000 WHERE key = 'soon'")
        .await;
    database
        .execute("UPDATE partnero_outbox SET due_at = due_at + 3600000 WHERE key = 'late'")
        .await;
    let sandbox = Sandbox::start().await.unwrap();
    let said = database.drain(&sandbox, "1s");
    assert_eq!(said.code, 4, "{said:?}");
    assert!(sandbox.customers().is_empty());
    let said = database.run(&["hasten", "--json"]);
    assert_eq!((said.code, &json(&said.out)["hastened"]), (0, &1.into()));
    assert_eq!(database.drain(&sandbox, "1s").code, 4);
    let customers = sandbox.customers();
    let arrived: Vec<_> = customers.iter().map(|customer| &*customer.id).collect();
    assert_eq!(arrived, ["late"]);
    let said = database.run(&["hasten", "--beyond", "10s"]);
    assert_eq!((said.code, said.out.trim()), (0, "1 due now"));
    assert_eq!(database.drain(&sandbox, "60s").code, 0);
}

/// An app whose worker waits for other times than the library's own gives them here, too.
async fn the_workers_settings_can_be_given(database: Database) {
    let friend = NewCustomer::new("ben").referring_customer(CustomerRef::key("unknown"));
    database.outbox.enqueue(friend).await.unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let drain = |settings: &[&str]| {
        let arguments = [&["drain", "--within", "3s"], settings].concat();
        database.call(&arguments).at(&sandbox).run()
    };
    let said = drain(&["--referrer-grace", "1h"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(sandbox.customers().is_empty());
    database.run(&["hasten", "--beyond", "0s"]);
    let said = drain(&["--referrer-grace", "0s"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(sandbox.customers().len(), 1);

    sandbox.inject(Fault::status(500).mentioning("\"cleo\""));
    database
        .outbox
        .enqueue(NewCustomer::new("cleo"))
        .await
        .unwrap();
    let said = drain(&["--give-up-after", "0s"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(database.outbox.status().await.unwrap().dead, 1);
}

async fn each_program_has_rows_of_its_own(database: Database) {
    let other = database.outbox.program("other").unwrap();
    other.enqueue(NewCustomer::new("ben")).await.unwrap();
    let pending = |arguments: &[&str]| {
        let said = database.run(&[&["status", "--json"], arguments].concat());
        json(&said.out)["pending"].as_u64().unwrap()
    };
    assert_eq!(pending(&["--program", "other"]), 1);
    for (program, write) in [
        ("", "--program \"other\""),
        ("othre", "--program \"other\""),
    ] {
        let said = database.run(&["status", "--program", program]);
        assert!(said.code == 2 && said.err.contains(write), "{said:?}");
    }
    database
        .outbox
        .enqueue(NewCustomer::new("ann"))
        .await
        .unwrap();
    assert_eq!(pending(&[]), 1);
    let long = "x".repeat(101);
    let said = database.run(&["status", "--program", &long]);
    assert!(
        said.code == 2 && said.err.contains("at most 100 bytes"),
        "{said:?}"
    );
}

async fn a_wrong_key_sends_nothing(database: Database) {
    database
        .outbox
        .enqueue(NewCustomer::new("ben"))
        .await
        .unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let drain = database.call(&["drain"]);
    let said = drain
        .variable("PARTNERO_API_KEY", "another-key")
        .variable("PARTNERO_BASE_URL", &sandbox.base_url())
        .run();
    assert!(said.code == 1 && said.err.contains("401"), "{said:?}");
    assert!(!said.err.contains("another-key"), "{said:?}");
    assert_eq!(database.outbox.status().await.unwrap().dead, 0);
    let said = database.call(&["drain", "--affiliate"]).at(&sandbox).run();
    assert!(
        said.code == 2 && said.err.contains("another type of program"),
        "{said:?}"
    );
    let said = database.run(&["drain"]);
    assert!(
        said.code == 2 && said.err.contains("PARTNERO_API_KEY"),
        "{said:?}"
    );
}

async fn a_customer_is_shown_and_forgotten(database: Database) {
    let ben = NewCustomer::new("ben").email("ben@shop.example");
    database.outbox.enqueue(ben).await.unwrap();
    let said = database.run(&["show", "ben"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("customer ben: due"), "{said:?}");
    assert!(said.out.contains("ben@shop.example"), "{said:?}");
    let said = database.run(&["show", "ben", "--json"]);
    let row = json(&said.out);
    assert_eq!(
        (&row["state"], &row["payload"]["email"]),
        (&"due".into(), &"ben@shop.example".into())
    );

    let said = database.run(&["forget", "ben", "--json"]);
    assert_eq!((said.code, &json(&said.out)["waiting"]), (0, &1.into()));
    let said = database.run(&["forget", "ben"]);
    assert!(
        said.code == 3 && said.out.contains("nothing about this customer"),
        "{said:?}"
    );
    let said = database.run(&["show", "ben"]);
    assert!(said.out.contains("deletion ben: due"), "{said:?}");
    assert!(!said.out.contains("ben@shop.example"), "{said:?}");
    let said = database.run(&["show", "cleo"]);
    assert!(
        said.code == 1
            && said
                .err
                .contains("holds nothing about the customer \"cleo\""),
        "{said:?}"
    );
}

#[test]
fn a_database_that_cannot_be_meant_is_said_clearly() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path().to_str().unwrap();
    let text = directory.path().join("notes.txt");
    std::fs::write(
        &text,
        "these are notes, long enough to be no empty database",
    )
    .unwrap();
    let text = text.to_str().unwrap();
    // A port that is taken, but that nobody listens on.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = format!(
        "postgres://shop:pass-w0rd@{}/shop",
        closed.local_addr().unwrap()
    );
    for (url, code, problem) in [
        ("", 2, "which database?"),
        (
            "sqlite:/nowhere/outbox.db",
            1,
            "/nowhere/outbox.db does not exist",
        ),
        ("/nowhere/outbox.db", 1, "/nowhere/outbox.db does not exist"),
        (here, 1, "is no file"),
        (text, 1, "not a database"),
        ("sqlite::memory:", 2, "write sqlite:FILE"),
        (
            "mysql://shop:pass-w0rd@127.0.0.1/shop",
            2,
            "this is no address of a database",
        ),
        (
            "host=db user=shop password=pass-w0rd dbname=shop",
            2,
            "this is no address of a database",
        ),
        (
            "postgres:shop:pass-w0rd@db/shop",
            2,
            "this is no address of a database",
        ),
        (
            "postgres://shop:pass-w0rd@127.0.0.1:port/shop",
            1,
            "the address cannot be read",
        ),
        (&nobody, 1, "Connection refused"),
    ] {
        let said = partnero(&["outbox", "status", "--database", url]).run();
        assert!(
            said.code == code && said.err.contains(problem),
            "{url:?}: {said:?}"
        );
        assert!(!said.err.contains("pass-w0rd"), "{said:?}");
    }
    assert!(!std::path::Path::new("/nowhere").exists());
}

/// An operator names the wrong file: the program says so, and does not change the file.
#[tokio::test]
async fn no_outbox_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("app.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
    let app = sqlx::SqlitePool::connect_with(options.create_if_missing(true));
    let app = app.await.unwrap();
    let table = sqlx::query("CREATE TABLE users (id INTEGER)");
    table.execute(&app).await.unwrap();

    for command in [
        &["status"][..],
        &["dead"],
        &["replay", "all"],
        &["resume"],
        &["hasten"],
        &["show", "ben"],
        &["forget", "ben"],
        &["drain"],
    ] {
        let call = partnero(&[&["outbox", "--database", file.to_str().unwrap()], command].concat());
        let said = call.variable("PARTNERO_API_KEY", "k").run();
        assert_eq!(said.code, 1, "{command:?}");
        assert!(
            said.err.contains("there is no table `partnero_outbox`"),
            "{said:?}"
        );
    }
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema")
        .fetch_all(&app)
        .await
        .unwrap();
    assert_eq!(names, ["users"]);
}
