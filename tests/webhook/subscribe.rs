//! The subscription at start-up, against the sandbox.

use std::cell::Cell;
use std::convert::Infallible;

use http::Method;
use tower_partnero::client::{NewWebhook, WebhookUpdate};
use tower_partnero::sandbox::Fault;
use tower_partnero::webhook::{
    SubscribeError, Subscription, SubscriptionChange as Change, WebhookSecret, ensure_subscription,
};
use tower_partnero::{ApiKey, Client, ErrorKind, Sandbox};

const URL: &str = "https://shop.example/partnero";
const REWARDED: [&str; 1] = ["customer.rewarded"];

async fn partnero() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let key = ApiKey::new(sandbox.api_key()).unwrap();
    let client = Client::builder(key).base_url(sandbox.base_url());
    let client = client.build().unwrap();
    (sandbox, client)
}

#[expect(clippy::unnecessary_wraps, reason = "storing a secret can fail")]
fn forget(_: &WebhookSecret) -> Result<(), Infallible> {
    Ok(())
}

async fn ensure(client: &Client, events: &[&str]) -> Subscription {
    let events = events.iter().copied();
    ensure_subscription(client, URL, events, forget)
        .await
        .unwrap()
}

async fn refusal(client: &Client, url: &str) -> SubscribeError {
    let result = ensure_subscription(client, url, REWARDED, forget).await;
    result.unwrap_err()
}

#[tokio::test]
async fn every_start_finds_what_the_first_one_made() {
    let (_sandbox, client) = partnero().await;
    let first = ensure(&client, &REWARDED).await;
    assert_eq!(first.change, Change::Created);
    for _ in 0..3 {
        let again = ensure(&client, &REWARDED).await;
        assert_eq!(again.change, Change::None);
        assert_eq!(again.key, first.key);
        assert_eq!(again.secret.expose(), first.secret.expose());
    }
    assert_eq!(
        client.webhooks().list().send().await.unwrap().items.len(),
        1
    );
    assert!(!format!("{first:?}").contains(first.secret.expose()));
}

#[tokio::test]
async fn the_secret_is_kept_where_the_app_says() {
    let (_sandbox, client) = partnero().await;
    let kept = Cell::new(String::new());
    let keep = |secret: &WebhookSecret| {
        kept.set(secret.expose().to_owned());
        Ok::<_, Infallible>(())
    };
    let made = ensure_subscription(&client, URL, REWARDED, keep)
        .await
        .unwrap();
    assert_eq!(kept.take(), made.secret.expose());

    let full = |_: &WebhookSecret| Err("the disk is full");
    let error = ensure_subscription(&client, URL, REWARDED, full)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, SubscribeError::Keep(cause) if cause.to_string() == "the disk is full")
    );
}

#[tokio::test]
async fn what_differs_is_brought_up_to_date() {
    let (_sandbox, client) = partnero().await;
    let first = ensure(&client, &REWARDED).await;
    let more = [
        "transaction.deleted",
        "customer.rewarded",
        "transaction.deleted",
    ];
    assert_eq!(ensure(&client, &more).await.change, Change::Updated);
    assert_eq!(ensure(&client, &more).await.change, Change::None);

    let off = WebhookUpdate::new().is_active(false);
    let key = first.key.clone().unwrap();
    client.webhooks().update(&key, &off).await.unwrap();
    let again = ensure(&client, &more).await;
    assert_eq!(again.change, Change::Updated);
    assert_eq!(again.secret.expose(), first.secret.expose());
    let webhook = client.webhooks().get(&key).await.unwrap();
    assert_eq!(webhook.is_active, Some(true));
    assert_eq!(webhook.events.len(), 2);
}

#[tokio::test]
async fn ours_that_leads_elsewhere_is_led_back() {
    let (_sandbox, client) = partnero().await;
    let first = ensure(&client, &REWARDED).await;
    let key = first.key.clone().unwrap();
    let elsewhere = WebhookUpdate::new().url(format!("{URL}/"));
    client.webhooks().update(&key, &elsewhere).await.unwrap();
    let again = ensure(&client, &REWARDED).await;
    assert_eq!((again.change, again.key), (Change::Updated, first.key));
    let webhook = client.webhooks().get(&key).await.unwrap();
    assert_eq!(webhook.url.as_deref(), Some(URL));
}

#[tokio::test]
async fn one_that_was_made_by_hand_is_used() {
    let (_sandbox, client) = partnero().await;
    let by_hand = NewWebhook::new("by hand", URL, REWARDED);
    let by_hand = client.webhooks().create(&by_hand).await.unwrap();
    let found = ensure(&client, &REWARDED).await;
    assert_eq!((found.change, found.key), (Change::None, by_hand.key));
}

#[tokio::test]
async fn processes_that_start_at_once_make_one() {
    let (_sandbox, client) = partnero().await;
    let events = &REWARDED;
    let (a, b, c) = tokio::join!(
        ensure(&client, events),
        ensure(&client, events),
        ensure(&client, events)
    );
    assert!(a.key == b.key && b.key == c.key);
    assert_eq!(
        client.webhooks().list().send().await.unwrap().items.len(),
        1
    );
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_one() {
    let (sandbox, client) = partnero().await;
    sandbox.inject(Fault::cut_after().on(Method::POST, "/v1/webhooks").times(1));
    let made = ensure(&client, &REWARDED).await;
    assert_eq!(
        client.webhooks().list().send().await.unwrap().items.len(),
        1
    );
    assert_eq!(made.secret.expose().len(), 16);
}

#[tokio::test]
async fn one_among_many_is_found() {
    let (_sandbox, client) = partnero().await;
    let first = ensure(&client, &REWARDED).await;
    for number in 0..120 {
        let other = NewWebhook::new("n", format!("https://{number}.example/"), REWARDED);
        client.webhooks().create(&other).await.unwrap();
    }
    assert_eq!(ensure(&client, &REWARDED).await.key, first.key);
}

#[tokio::test]
async fn events_go_to_https_or_stay_on_this_machine() {
    let (sandbox, client) = partnero().await;
    for url in [
        "http://shop.example/partnero",
        "http://10.0.0.1/",
        "http://localhost.shop.example/",
        "ftp://shop.example/",
        "shop.example/partnero",
        "https://me:pw@shop.example/",
        "https://shop.example/#fragment",
        "",
    ] {
        let error = refusal(&client, url).await;
        assert!(
            matches!(&error, SubscribeError::Config(cause) if cause.setting() == "url"),
            "{url}"
        );
        assert!(!format!("{error:?}").contains("pw@"));
    }
    let none: [&str; 0] = [];
    let result = ensure_subscription(&client, URL, none, forget).await;
    assert!(matches!(result, Err(SubscribeError::Config(_))));
    assert!(sandbox.requests().is_empty(), "nothing was sent");

    for url in [
        "http://127.0.0.1:4000/partnero",
        "http://localhost:1/",
        "http://[::1]:1/",
    ] {
        ensure_subscription(&client, url, REWARDED, forget)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_is_not_understood_shows_no_secret() {
    let (sandbox, client) = partnero().await;
    let odd = format!(r#"[{{"key":"k","url":"{URL}","signature":"DHjU0cGYxMUG1234"}}]"#);
    for body in [&odd[..], &odd[1..odd.len() - 2]] {
        sandbox.inject(Fault::answer(200, body, "application/json").times(5));
        let error = refusal(&client, URL).await;
        let SubscribeError::Client(cause) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(cause.kind(), ErrorKind::Decode);
        assert!(!format!("{error:?} {cause}").contains("DHjU"), "{error:?}");
        sandbox.clear_faults();
    }
}

#[tokio::test]
async fn a_long_name_is_cut_between_characters() {
    let (_sandbox, client) = partnero().await;
    let url = format!("https://shop.example/{}", "ü".repeat(200));
    ensure_subscription(&client, &url, REWARDED, forget)
        .await
        .unwrap();
    let page = client.webhooks().list().send().await.unwrap();
    assert_eq!(page.items[0].name.as_ref().unwrap().chars().count(), 100);
}

#[tokio::test]
async fn a_refusal_of_partneros_is_told() {
    let (_sandbox, client) = partnero().await;
    let result = ensure_subscription(&client, URL, ["reward.paid"], forget).await;
    let Err(SubscribeError::Client(error)) = result else {
        panic!("a refer-a-friend program does not send it");
    };
    assert_eq!(error.kind(), ErrorKind::Invalid);
}
