//! Users who were there before the affiliate program.

use std::convert::Infallible;

use futures_util::stream;
use tower_partnero::NewCustomer;
use tower_partnero::backfill::Backfill;
use tower_partnero::client::PartnerRef;
use tower_partnero::reconcile::{Difference, Reconcile};

use crate::{PIA, PIA_ID, client, sandbox};

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
