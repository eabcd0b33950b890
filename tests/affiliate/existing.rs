//! Users who were there before the affiliate program.

use std::convert::Infallible;

use futures_util::stream;
use http::Method;
use tower::ServiceExt;
use tower_partnero::backfill::Backfill;
use tower_partnero::client::{Amount, Money, PartnerRef};
use tower_partnero::delivery::{Attempt, Deliverer, Sale};
use tower_partnero::reconcile::{Difference, Reconcile};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::PartnerEcho;
use tower_partnero::{NewCustomer, Sandbox};

use crate::{PIA, PIA_ID, builder, client, sandbox};

#[tokio::test]
async fn those_whom_a_partner_brought_are_created_and_compared() {
    let sandbox = sandbox().await;
    let brought = |id: u32| NewCustomer::new(id).partner(PartnerRef::key(PIA));
    let users = |many: u32| {
        let all: Vec<Result<_, Infallible>> = (1..=many)
            .map(|id| {
                Ok(if id == 2 {
                    NewCustomer::new(id)
                } else {
                    brought(id)
                })
            })
            .collect();
        stream::iter(all)
    };
    let report = Backfill::new(client(&sandbox)).run(users(3)).await.unwrap();
    assert_eq!((report.referred, report.not_created), (2, 1));
    for customer in sandbox.customers() {
        assert_eq!(customer.partner.as_deref(), Some(PIA_ID));
    }

    let mut missing = Vec::new();
    let tell = |difference| match difference {
        Difference::Missing(user) => missing.push(user.id().to_owned()),
        other => panic!("{other:?}"),
    };
    let sum = Reconcile::new(client(&sandbox))
        .run(|| users(4), tell)
        .await
        .unwrap();
    // The second user came without a partner, so the program need not have that user.
    assert_eq!((sum.users, sum.customers, sum.missing), (3, 2, 1));
    assert_eq!(missing, ["4"]);
}

#[tokio::test]
async fn they_are_found_also_if_no_answer_names_the_partner() {
    let sandbox = sandbox().await;
    sandbox.switch(PartnerEcho::Absent);
    let client = client(&sandbox);
    let brought = NewCustomer::new(1).partner(PartnerRef::key(PIA));
    let created = client.customers().create(&brought).await.unwrap();
    assert_eq!(created.id.as_deref(), Some("1"));
    let found = client.customers().get("1").await.unwrap();
    assert_eq!(found.id.as_deref(), Some("1"));
    let users = || stream::iter([Ok::<_, Infallible>(brought.clone())]);
    let sum = Reconcile::new(client)
        .run(users, |difference| panic!("{difference:?}"))
        .await
        .unwrap();
    assert_eq!((sum.users, sum.customers), (1, 1));
}

#[tokio::test]
async fn an_empty_partner_says_nothing_in_a_program_of_friends() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = builder(&sandbox).build().unwrap();
    let customer =
        r#"{"data":{"key":"anna-7","partner":null,"referring_customer":{"key":"ben-7"}}}"#;
    sandbox.inject(
        Fault::answer(200, customer, "application/json").on(Method::GET, "/v1/customers/1"),
    );
    let found = client.customers().get("1").await.unwrap();
    assert_eq!((found.id, found.key.as_deref()), (None, Some("anna-7")));

    // Ben has referred the buyer, so a refused sale is for a person to look at.
    sandbox.inject(Fault::status(422).on(Method::POST, "/v1/transactions"));
    let sale = Sale::new(
        "order-1",
        1,
        Money::currency(Amount::major("19.90").unwrap(), "EUR"),
    );
    let delivered = Deliverer::new(client).oneshot(Attempt::new(sale)).await;
    assert!(delivered.unwrap_err().is_dead());
}
