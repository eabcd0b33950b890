use tower_partnero::client::{ErrorKind, NewCustomer};
use tower_partnero::sandbox::Sandbox;
use tower_partnero::sandbox::switches::{DuplicateCustomer, ErrorMap, ErrorStatus};

use crate::support::Partnero;

#[tokio::test]
async fn a_duplicate_says_so_in_every_form_of_errors() {
    for map in ErrorMap::ALL {
        for status in ErrorStatus::ALL {
            let partnero = Partnero::with(Sandbox::builder().switch(*map).switch(*status)).await;
            partnero.add_anna_and_ben().await;
            let again = NewCustomer::new("a").email("anna@shop.example");
            let error = partnero
                .client
                .customers()
                .create(&again)
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert_eq!(error.status().unwrap(), 422);
            assert!(error.message().is_some());
            let fields: Vec<_> = error
                .field_errors()
                .iter()
                .map(|error| error.field.as_str())
                .collect();
            if *map == ErrorMap::Absent {
                assert!(fields.is_empty());
            } else {
                assert!(
                    fields.contains(&"id") && fields.contains(&"email"),
                    "{fields:?}"
                );
            }
            assert!(!error.is_retryable());
        }
    }
}

#[tokio::test]
async fn a_conflict_is_a_kind_of_its_own() {
    let builder = Sandbox::builder().switch(DuplicateCustomer::Conflict);
    let partnero = Partnero::with(builder).await;
    partnero.add_anna_and_ben().await;
    let error = partnero
        .client
        .customers()
        .create(&NewCustomer::new("a"))
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Conflict);
}
