use tower_partnero::client::{ErrorKind, NewWebhook, WebhookUpdate};

use crate::support::Partnero;

const EVENTS: [&str; 2] = ["customer.created", "transaction.created"];

#[tokio::test]
async fn a_subscription_is_made_listed_changed_and_ended() {
    let partnero = Partnero::start().await;
    let webhooks = partnero.client.webhooks();
    let new = NewWebhook::new("shop", "https://shop.example/partnero", EVENTS);
    let made = webhooks.create(&new).await.unwrap();
    assert_eq!(made.events, EVENTS);
    assert_eq!(made.is_active, Some(true));
    let signature = made.signature.clone().unwrap();
    assert!(!signature.is_empty());
    assert!(!format!("{made:?} {new:?}").contains(&signature));

    let key = made.key.clone().unwrap();
    assert_eq!(webhooks.get(&key).await.unwrap(), made);
    let all = webhooks.list().send().await.unwrap();
    assert!(!format!("{all:?}").contains(&signature));
    assert_eq!(all.items, [made]);

    let update = WebhookUpdate::new()
        .is_active(false)
        .events(["customer.deleted"]);
    let changed = webhooks.update(&key, &update).await.unwrap();
    assert_eq!((changed.is_active, changed.events.len()), (Some(false), 1));
    assert_eq!(changed.signature, Some(signature));

    webhooks.delete(&key).await.unwrap();
    let error = webhooks.get(&key).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn events_of_other_programs_are_refused_with_their_field() {
    let partnero = Partnero::start().await;
    let new = NewWebhook::new("shop", "https://shop.example/p", ["partner.created"]);
    let error = partnero.client.webhooks().create(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(
        error.field_errors()[0].field.starts_with("events"),
        "{error}"
    );
    let error = partnero
        .client
        .webhooks()
        .update("k", &WebhookUpdate::new())
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// With an empty key Partnero makes one up, and a second try another one.
#[tokio::test]
async fn an_empty_key_is_not_sent() {
    let partnero = Partnero::start().await;
    let new = NewWebhook::new("shop", "https://shop.example/p", EVENTS).key("");
    let error = partnero.client.webhooks().create(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(partnero.sandbox.requests().is_empty());
}
