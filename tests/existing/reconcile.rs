//! Both sides are compared.

use std::time::Duration;

use futures_util::stream;
use tower_partnero::backfill::Backfill;
use tower_partnero::client::CustomerRef;
use tower_partnero::delivery::{DeliveryWorker, Outbox};
use tower_partnero::reconcile::{Difference, Reconcile, ReconcileErrorKind, Reconciled};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{CustomerShape, ListOrder, ReferrerEcho};
use tower_partnero::{Client, NewCustomer};

use super::{all, count, sandbox, user};

async fn reconcile(client: &Client, users: &[NewCustomer]) -> (Reconciled, Vec<String>) {
    run(Reconcile::new(client.clone()), users).await
}

async fn run(run: Reconcile, users: &[NewCustomer]) -> (Reconciled, Vec<String>) {
    let mut told = Vec::new();
    let tell = |difference| {
        told.push(match difference {
            Difference::Missing(user) => format!("missing {}", user.id()),
            Difference::Unknown(customer) => format!("unknown {}", customer.id.unwrap()),
            Difference::Deleted(user) => format!("deleted {user}"),
            Difference::Referrer {
                user, ours, theirs, ..
            } => format!(
                "{user}: {} {}",
                ours.unwrap_or_default(),
                theirs.unwrap_or_default()
            ),
            _ => "?".to_owned(),
        });
    };
    let sum = run.run(|| all(users.to_vec()), tell).await.unwrap();
    told.sort();
    (sum, told)
}

/// Pages of a hundred, in either order, and each form of a customer and of a referrer.
#[tokio::test]
async fn equal_sides_are_equal_in_every_form_that_partnero_may_answer() {
    let users: Vec<_> = (1..=count()).map(user).collect();
    let (sandbox, client) = sandbox().await;
    let run = Backfill::new(client.clone()).per_second(0).concurrency(16);
    run.run(all(users.clone())).await.unwrap();
    for order in ListOrder::ALL {
        sandbox.switch(*order);
        for shape in CustomerShape::ALL {
            sandbox.switch(*shape);
            for echo in ReferrerEcho::ALL {
                sandbox.switch(*echo);
                let (sum, told) = reconcile(&client, &users).await;
                assert!(sum.is_equal(), "{order:?} {shape:?} {echo:?}: {told:?}");
                assert_eq!((sum.users, sum.customers), (count(), count()));
            }
        }
    }
}

#[tokio::test]
async fn every_difference_is_told_once() {
    let (sandbox, client) = sandbox().await;
    let create = async |customer: NewCustomer| client.customers().create(&customer).await.unwrap();
    create(NewCustomer::new(1).key("anna-7")).await;
    create(NewCustomer::new(2).key("ben-8")).await;
    create(NewCustomer::new(3).referring_customer(CustomerRef::key("anna-7"))).await;
    create(NewCustomer::new(4)).await;
    create(NewCustomer::new(5)).await;
    let users = [
        NewCustomer::new(1).key("anna-7"),
        NewCustomer::new(2).key("ben-8"),
        NewCustomer::new(3).referring_customer(CustomerRef::key("ben-8")),
        NewCustomer::new(4).referring_customer(CustomerRef::id(1)),
        NewCustomer::new(6),
        NewCustomer::new(6),
    ];
    let (sum, told) = reconcile(&client, &users).await;
    // Who has just been created may have signed up after the app's list was read.
    assert_eq!((sum.missing, sum.other_referrer, sum.recent), (1, 2, 1));
    assert_eq!(told, ["3: ben-8 1", "4: 1 ", "missing 6"]);
    assert!(!sum.is_equal());
    assert_eq!(sandbox.customers().len(), 5, "nothing was changed");
}

#[tokio::test]
async fn a_fix_enqueues_the_missing_and_nothing_else() {
    let (sandbox, client) = sandbox().await;
    let users: Vec<_> = (1..=9).map(user).collect();
    for user in &users[..5] {
        client.customers().create(user).await.unwrap();
    }
    let outbox = Outbox::memory();
    outbox.enqueue(users[8].clone()).await.unwrap();
    let fix = || Reconcile::new(client.clone()).fix(outbox.clone());
    let (sum, told) = run(fix(), &users).await;
    assert_eq!((sum.missing, sum.enqueued), (4, 3));
    assert_eq!(told.len(), 4);
    assert_eq!(sandbox.customers().len(), 5);

    let worker = DeliveryWorker::start(outbox.clone(), client.clone()).unwrap();
    while !outbox.status().await.unwrap().is_drained() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.stop(Duration::from_secs(5)).await;
    let (sum, _) = run(fix(), &users).await;
    assert!(sum.is_equal() && sum.enqueued == 0, "{sum:?}");
}

#[tokio::test]
async fn whichever_list_fails_is_told() {
    let (sandbox, client) = sandbox().await;
    let reconcile = || Reconcile::new(client.clone());
    let broken = || stream::iter([Ok(user(1)), Err("the database is gone")]);
    let error = reconcile().run(broken, |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ReconcileErrorKind::Users);
    sandbox.inject(Fault::status(500));
    let error = reconcile().run(|| all([user(1)]), |_| {}).await;
    assert_eq!(error.unwrap_err().kind(), ReconcileErrorKind::Partnero);
}

#[tokio::test]
async fn a_customer_whom_the_app_does_not_have_is_unknown() {
    let (sandbox, client) = sandbox().await;
    let page = r#"{"data": [
        {"id": "1", "created_at": "2020-01-01T00:00:00.000000Z"},
        {"id": "2", "created_at": "2020-01-01T00:00:00.000000Z"},
        {"id": "3", "created_at": "2020-01-01T00:00:00.000000Z", "status": "deleted"},
        {"id": "4", "created_at": "2020-01-01T00:00:00.000000Z", "status": "deleted"}
    ], "links": {"next": null}}"#;
    sandbox.inject(Fault::answer(200, page, "application/json"));
    let users = [NewCustomer::new(1), NewCustomer::new(3)];
    let (sum, told) = reconcile(&client, &users).await;
    assert_eq!((sum.customers, sum.unknown, sum.deleted), (4, 1, 1));
    assert_eq!(told, ["deleted 3", "unknown 2"]);
}
