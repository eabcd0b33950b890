//! A database whose encoding lacks most characters.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use http::Method;
use sqlx::postgres::PgPool;
use tower_partnero::NewCustomer;
use tower_partnero::client::CustomerRef;
use tower_partnero::delivery::{Outbox, Status};
use tower_partnero::sandbox::Fault;

use crate::support::{Shop, postgres};

/// A database in LATIN1, which has no Greek, no Cyrillic and no emoji.
async fn in_latin1<T>(admin: &PgPool, proof: impl AsyncFnOnce(PgPool) -> T) -> T {
    let name = format!("latin_{:x}", RandomState::new().hash_one(0));
    let create = format!(
        "CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    );
    let create = sqlx::raw_sql(sqlx::AssertSqlSafe(create));
    create.execute(admin).await.unwrap();
    let options = (*admin.connect_options()).clone();
    let options = options.database(&name).options([("search_path", "public")]);
    let pool = PgPool::connect_with(options).await.unwrap();
    let proven = proof(pool.clone()).await;
    pool.close().await;
    let drop = sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP DATABASE {name}")));
    drop.execute(admin).await.unwrap();
    proven
}

#[tokio::test]
async fn an_answer_that_the_database_cannot_write_is_written_without_its_letters() {
    let admin =
        postgres("an_answer_that_the_database_cannot_write_is_written_without_its_letters").await;
    in_latin1(&admin, async |pool| {
        let shop = Shop::open(Outbox::postgres(pool).await.unwrap()).await;
        let told = r#"{"message": "Этот адрес занят"}"#;
        let told = Fault::answer(422, told, "application/json").on(Method::POST, "/v1/customers");
        shop.sandbox.inject(told.mentioning("ben"));
        for id in ["anna", "ben", "cleo"] {
            shop.report(NewCustomer::new(id)).await;
        }
        let worker = shop.worker().start().unwrap();
        shop.status_when(Status::is_drained).await;
        assert_eq!(shop.calls("POST /v1/customers"), 3);
        assert!(shop.knows("anna") && shop.knows("cleo") && worker.health().is_ok());
        let letter = shop.dead().await.remove(0);
        assert_eq!(
            (letter.key.as_str(), letter.reason.as_str()),
            ("ben", "refused")
        );
        assert!(
            letter.last_answer.contains("???? ????? ?????"),
            "{letter:?}"
        );
        worker.stop(Duration::from_secs(1)).await;
    })
    .await;
}

#[tokio::test]
async fn a_sign_up_with_letters_that_the_database_has_not_is_delivered() {
    let admin = postgres("a_sign_up_with_letters_that_the_database_has_not_is_delivered").await;
    in_latin1(&admin, async |pool| {
        let shop = Shop::open(Outbox::postgres(pool).await.unwrap()).await;
        let anna = NewCustomer::new("anna").key("άννα-😀");
        shop.client.customers().create(&anna).await.unwrap();
        let referrer = CustomerRef::key("άννα-😀");
        shop.report(
            NewCustomer::new("ben")
                .name("Бен")
                .referring_customer(referrer),
        )
        .await;
        assert_eq!(shop.deliver().await.dead, 0);
        assert_eq!(shop.referrer_of("ben").as_deref(), Some("anna"));
    })
    .await;
}
