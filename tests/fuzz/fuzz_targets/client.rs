//! Partnero's answers to typed calls and lists. The first byte of input chooses the call, the second
//! the status of the answers; the rest are their bodies, one after another, with a byte 0xff between
//! them. The last one comes for every further call.
#![no_main]

use std::time::Duration;

use http::StatusCode;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tower_partnero::NewCustomer;
use tower_partnero::client::{
    Amount, Buyer, CustomerSelector, CustomerUpdate, Error, ErrorKind, List, Money, NewPartner,
    NewReferralLink, NewTransaction, PartnerRef, PartnerUpdate,
};
use tower_partnero_fuzz::partnero::{KEY, answers, asked, block_on, client_of};

const PAGES: usize = 5;

fuzz_target!(|data: &[u8]| {
    let [call, status, bodies @ ..] = data else {
        return;
    };
    let (status, bodies) = answers(*status, bodies);
    block_on(async {
        match call % 4 {
            0 => money(call / 4, status, &bodies[0]).await,
            1 => lists(call / 4).await,
            _ => reads(call / 4).await,
        }
    });
});

/// A call that moves money succeeds only if the answer says so.
async fn money(call: u8, status: StatusCode, body: &[u8]) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let says = match &body["status"] {
        Value::Bool(says) => *says,
        Value::Number(says) => says.as_f64() == Some(1.0),
        Value::String(says) => says == "1" || says == "true",
        _ => false,
    };
    let is_o = |data: &Value| data["key"] == "o";
    let names = is_o(&body["data"]);
    let lists = body["data"]
        .as_array()
        .is_some_and(|items| items.iter().any(is_o));

    let client = client_of(false);
    let (buyer, transactions) = (Buyer::id("b"), client.transactions());
    let sale = NewTransaction::new("o", Amount::ZERO);
    let (result, is_confirmed) = match call % 4 {
        0 => {
            let made = transactions.create(&buyer, &sale).await;
            (made.map(drop), says || names)
        }
        1 => {
            let made = transactions.create_batch(&buyer, &[sale]).await;
            (made.map(drop), says || names || lists)
        }
        2 => {
            let deleted = transactions.delete("o").await;
            (deleted, says || names || status == 204)
        }
        _ => {
            let credit = Money::currency(Amount::ZERO, "EUR");
            let credited = client.customers().credit("a", &credit).await;
            (credited.map(drop), says || body["data"] != Value::Null)
        }
    };
    match result {
        Ok(()) => assert!(is_confirmed && status.is_success()),
        Err(error) => {
            checked(&error);
            let is_refused = matches!(status.as_u16(), 404 | 422 | 429);
            assert_eq!(error.kind() == ErrorKind::Ambiguous, !is_refused);
            assert_eq!(error.is_retryable(), status == 429);
        }
    }
}

/// These calls may be repeated, so their end is never in doubt.
async fn reads(call: u8) {
    let is_affiliate = call >= 32;
    let client = client_of(is_affiliate);
    let (customers, partners) = (client.customers(), client.partners());
    let (links, pia) = (client.referral_links(), PartnerRef::key("pia"));
    match call % 18 {
        0 => {
            let read = customers.get("a").await;
            if let Ok(customer) = &read {
                assert!(!customer.raw.is_empty());
            }
            told(read);
        }
        1 => told(client.transactions().get("o").await),
        2 => told(customers.balance("a").await),
        3 => told(customers.profile("a").await),
        4 => told(client.program().test().await),
        5 => told(customers.referrals("a").await),
        6 => {
            let new = NewCustomer::new("a");
            let new = if is_affiliate { new.partner(pia) } else { new };
            told(customers.create(&new).await);
        }
        7 => told(
            customers
                .update("a", &CustomerUpdate::new().name("A"))
                .await,
        ),
        8 => told(customers.stats("a").await),
        9 => told(client.program().overview().await),
        10 => told(partners.get(&pia).await),
        11 => told(partners.create(&NewPartner::new("p@shop.example")).await),
        12 => told(partners.update("p", &PartnerUpdate::new().name("P")).await),
        13 => told(partners.sign_in_url(&pia, Duration::from_secs(60)).await),
        14 => told(links.get("l").await),
        15 => told(
            links
                .create(&NewReferralLink::new(CustomerSelector::id("a"), "l"))
                .await,
        ),
        16 => told(client.leads().get(5).await),
        _ => told(client.payout_requests().get(9).await),
    }
}

async fn lists(call: u8) {
    let client = client_of(false);
    let (customers, partners) = (client.customers(), client.partners());
    match call % 10 {
        0 => list(client.transactions().list().key("o")).await,
        1 => list(client.webhooks().list()).await,
        2 => list(customers.list()).await,
        3 => list(customers.search(&CustomerSelector::email("a@shop.example"))).await,
        4 => list(customers.transactions("a")).await,
        5 => list(partners.list()).await,
        6 => list(partners.referral_links("p")).await,
        7 => list(client.leads().list()).await,
        8 => list(client.payout_requests().list()).await,
        _ => list(client.referral_links().list("a")).await,
    }
}

/// A list ends, and no page is asked for twice.
async fn list<T: Send + 'static>(list: List<T>) {
    let mut items = list.max_pages(PAGES).stream();
    while let Some(item) = items.next().await {
        if let Err(error) = item {
            checked(&error);
            assert!(items.next().await.is_none());
        }
    }
    assert!(asked() <= PAGES);
}

fn told<T>(result: Result<T, Error>) {
    if let Err(error) = result {
        assert_ne!(error.kind(), ErrorKind::Ambiguous);
        checked(&error);
    }
}

/// An error is short, and does not show the key.
fn checked(error: &Error) {
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(!shown.contains(KEY), "{shown}");
        assert!(shown.len() < 120_000, "{}", shown.len());
    }
}
