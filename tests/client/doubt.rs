//! What must not be sent twice, under every fault that leaves doubt.

use std::time::Duration;

use http::Method;
use tower_partnero::client::{
    Amount, Buyer, CustomerSelector, CustomerUpdate, Error, ErrorKind, Invitation, Money,
    NewCustomer, NewReferralLink, NewTransaction, NewWebhook, ReferralLinkUpdate, WebhookUpdate,
};
use tower_partnero::sandbox::Fault;

use crate::support::{Partnero, builder_for, canned};

/// What a gateway may answer in Partnero's place, each with 200: nothing says that anything was done.
const GATEWAYS: [&str; 9] = [
    r#"{"error": "maintenance"}"#,
    "{}",
    "[]",
    "",
    "null",
    r#"{"data": {}}"#,
    r#"{"data": null}"#,
    r#"{"status": "ok"}"#,
    r#"{"status": 503, "message": "maintenance"}"#,
];

/// Every fault after which nobody knows, and whether the effect came.
fn doubts() -> Vec<(Fault, bool)> {
    let gateway = |body| Fault::answer(200, body, "application/json");
    let gateways = GATEWAYS.map(|body| (gateway(body), false));
    let silent = GATEWAYS.map(|body| (gateway(body).after_effect(), true));
    let mut doubts = vec![
        (Fault::cut_before(), false),
        (Fault::cut_after(), true),
        (Fault::cut_inside(), true),
        (Fault::hang_after(), true),
        (Fault::status(500), false),
        (Fault::status(503).after_effect(), true),
        (Fault::status(408), false),
        (Fault::status(302), false),
        (Fault::answer(200, "<html>ok</html>", "text/html"), false),
        (
            Fault::answer(200, r#"{"data": {"ke"#, "application/json"),
            false,
        ),
        (
            Fault::answer(200, r#"{"status": 0}"#, "application/json"),
            false,
        ),
    ];
    doubts.extend(gateways.into_iter().chain(silent));
    doubts
}

fn check(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error}");
    assert_eq!(error.attempts(), 1, "{error}");
    assert!(!error.is_retryable());
    assert!(
        error.to_string().contains("before it is sent again"),
        "{error}"
    );
}

fn sale() -> NewTransaction {
    NewTransaction::new("o", Amount::minor(1999, 2).unwrap())
}

#[tokio::test]
async fn a_sale_in_doubt_is_sent_once_and_found_by_its_key() {
    for (fault, happened) in doubts() {
        let partnero = Partnero::with_anna_and_ben().await;
        partnero
            .sandbox
            .inject(fault.on(Method::POST, "/v1/transactions").times(1));
        let transactions = partnero.client.transactions();
        let error = transactions
            .create(&Buyer::id("b"), &sale())
            .await
            .unwrap_err();
        check(&error);
        assert!(error.to_string().contains("transactions().list().key("));
        assert_eq!(partnero.asked(&Method::POST, "/v1/transactions"), 1);
        let found = transactions.list().key("o").send().await.unwrap().items;
        assert_eq!(found.len(), usize::from(happened), "{error}");
    }
}

#[tokio::test]
async fn whatever_else_counts_twice_is_sent_once_in_doubt() {
    for (fault, _) in doubts() {
        let partnero = Partnero::with_anna_and_ben().await;
        let transactions = partnero.client.transactions();
        transactions.create(&Buyer::id("b"), &sale()).await.unwrap();
        let before = partnero.sandbox.requests().len();
        partnero.sandbox.inject(fault);
        let customers = partnero.client.customers();
        check(&transactions.delete("o").await.unwrap_err());
        let (buyer, batch) = (Buyer::id("b"), [sale(), sale()]);
        check(&transactions.create_batch(&buyer, &batch).await.unwrap_err());
        let credit = Money::currency(Amount::minor(1, 2).unwrap(), "USD");
        let error = customers.credit("a", &credit).await.unwrap_err();
        check(&error);
        assert!(error.to_string().contains("balance"));
        check(
            &customers
                .invite(&Invitation::new("c@shop.example"))
                .await
                .unwrap_err(),
        );
        let webhook = NewWebhook::new("n", "https://shop.example/p", ["customer.created"]);
        check(
            &partnero
                .client
                .webhooks()
                .create(&webhook)
                .await
                .unwrap_err(),
        );
        assert_eq!(partnero.sandbox.requests().len() - before, 5);
    }
}

/// A sale that is answered with another sale was not recorded, as far as anybody can see. One that
/// is confirmed, by its status or by its key, was.
#[tokio::test]
async fn a_success_has_to_be_about_the_sale() {
    for (body, is_recorded) in [
        (r#"{"data": {"key": "o"}}"#, true),
        (r#"{"data": {"key": "o"}, "status": 1}"#, true),
        (r#"{"status": 1}"#, true),
        (r#"{"status": true}"#, true),
        (r#"{"status": "1", "data": []}"#, true),
        (r#"{"data": {"key": "p"}}"#, false),
        (r#"{"data": {"message": "maintenance"}}"#, false),
    ] {
        let (client, asked) = canned(&[(200, body)]);
        let transactions = client.transactions();
        let made = transactions.create(&Buyer::id("b"), &sale()).await;
        match made {
            Ok(_) => assert!(is_recorded, "{body}"),
            Err(error) => {
                assert!(!is_recorded, "{body}");
                check(&error);
            }
        }
        let batch = transactions.create_batch(&Buyer::id("b"), &[sale()]).await;
        assert_eq!(batch.is_ok(), is_recorded, "{body}");
        assert_eq!(asked.lock().unwrap().len(), 2);
    }
}

/// A list that is not there is not an empty list, and a customer of whom nothing is said may exist.
#[tokio::test]
async fn a_gateway_knows_of_no_absence() {
    for body in [
        r#"{"error": "maintenance"}"#,
        "{}",
        "[]",
        "",
        "null",
        r#"{"data": null}"#,
    ] {
        let (client, _) = canned(&[(200, body)]);
        let listed = client.transactions().list().key("o").send().await;
        assert_eq!(listed.unwrap_err().kind(), ErrorKind::Decode, "{body}");
        let found = client.customers().referrals("a").await;
        assert_eq!(found.unwrap_err().kind(), ErrorKind::Decode, "{body}");
        if body != r#"{"data": null}"# {
            let error = client.customers().get("a").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            assert_eq!(error.status().unwrap(), 200);
            let error = client.program().test().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        }
    }
    let (client, _) = canned(&[(204, "")]);
    client.transactions().delete("o").await.unwrap();
    let error = client.transactions().create(&Buyer::id("b"), &sale()).await;
    check(&error.unwrap_err());
}

#[tokio::test]
async fn what_proves_that_nothing_happened_is_sent_again() {
    let partnero = Partnero::with_anna_and_ben().await;
    partnero.sandbox.inject(Fault::status(429).times(2));
    let transactions = partnero.client.transactions();
    transactions.create(&Buyer::id("b"), &sale()).await.unwrap();
    assert_eq!(partnero.sandbox.transactions().len(), 1);
    assert_eq!(partnero.asked(&Method::POST, "/v1/transactions"), 3);

    partnero.sandbox.go_down().await;
    let error = transactions
        .create(&Buyer::id("b"), &sale())
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    assert!(error.is_retryable());
    partnero.sandbox.come_back().await.unwrap();
    transactions.create(&Buyer::id("b"), &sale()).await.unwrap();
    assert_eq!(partnero.sandbox.transactions().len(), 2);
}

#[tokio::test]
async fn what_does_no_harm_twice_is_sent_again_under_every_fault() {
    for (fault, _) in doubts() {
        let is_trouble = !format!("{fault:?}").contains("status: 200")
            && !format!("{fault:?}").contains("status: 302");
        let partnero = Partnero::with_anna_and_ben().await;
        partnero.sandbox.inject(fault.times(1));
        let found = partnero.client.customers().get("a").await;
        if is_trouble {
            assert_eq!(found.unwrap().id.as_deref(), Some("a"));
        } else {
            let error = found.unwrap_err();
            assert_eq!(error.attempts(), 1, "{error}");
            assert_ne!(error.kind(), ErrorKind::Ambiguous);
        }
    }
}

#[tokio::test]
async fn every_change_that_does_no_harm_twice_is_sent_again() {
    for change in 0..10 {
        let answer = r#"{"data": {"key": "k"}, "status": 1}"#;
        let (client, asked) = canned(&[(503, "{}"), (200, answer)]);
        let (customers, links, webhooks) = (
            client.customers(),
            client.referral_links(),
            client.webhooks(),
        );
        let update = CustomerUpdate::new().name("Anne");
        let link = NewReferralLink::new(CustomerSelector::id("a"), "k");
        let link_update = ReferralLinkUpdate::new().key("l");
        let webhook = NewWebhook::new("n", "https://shop.example/p", ["e"]).key("k");
        let webhook_update = WebhookUpdate::new().name("m");
        let done = match change {
            0 => customers.update("a", &update).await.map(drop),
            1 => customers.delete("a").await,
            2 => customers.archive("a").await,
            3 => customers.restore("a").await,
            4 => links.create(&link).await.map(drop),
            5 => links.update("k", &link_update).await.map(drop),
            6 => links.delete("k").await,
            7 => webhooks.create(&webhook).await.map(drop),
            8 => webhooks.update("k", &webhook_update).await.map(drop),
            _ => webhooks.delete("k").await,
        };
        done.unwrap();
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert_eq!(asked[0], asked[1]);
    }
}

#[tokio::test]
async fn a_customer_whose_answer_was_lost_is_one_customer() {
    let partnero = Partnero::start().await;
    partnero.sandbox.inject(Fault::cut_after().times(1));
    let created = partnero
        .client
        .customers()
        .create(&NewCustomer::new("a"))
        .await;
    // The second try meets the first one's customer.
    assert_eq!(created.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(partnero.sandbox.customers().len(), 1);
}

#[tokio::test]
async fn a_webhook_with_a_key_may_be_sent_again() {
    let partnero = Partnero::start().await;
    partnero.sandbox.inject(Fault::cut_before().times(1));
    let webhook = NewWebhook::new("n", "https://shop.example/p", ["customer.created"]).key("k");
    let made = partnero.client.webhooks().create(&webhook).await.unwrap();
    assert_eq!(made.key.as_deref(), Some("k"));
}

#[tokio::test]
async fn a_slow_answer_is_a_time_out_and_the_deadline_holds() {
    let partnero = Partnero::with_anna_and_ben().await;
    partnero
        .sandbox
        .inject(Fault::delay(Duration::from_secs(5)));
    let client = builder_for(&partnero.sandbox)
        .timeout(Duration::from_millis(100))
        .deadline(Duration::from_millis(250))
        .build()
        .unwrap();
    let begun = std::time::Instant::now();
    let error = client
        .customers()
        .search(&CustomerSelector::id("a"))
        .send()
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Timeout);
    assert!(begun.elapsed() < Duration::from_millis(1_500));
}
