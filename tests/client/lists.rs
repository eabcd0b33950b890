use std::collections::HashSet;

use http::Method;
use serde_json::json;
use tower_partnero::client::{
    Customer, CustomerSelector, Error, ErrorKind, Items, NewCustomer, ReferStatus, Sort,
};
use tower_partnero::sandbox::switches::{Numbers, PageLimit, PageLinks};
use tower_partnero::sandbox::{Fault, Sandbox};

use crate::support::{Partnero, canned};

async fn all(mut items: Items<Customer>) -> Result<Vec<Customer>, Error> {
    let mut found = Vec::new();
    while let Some(item) = items.next().await {
        found.push(item?);
    }
    assert!(items.next().await.is_none(), "the end is the end");
    Ok(found)
}

#[tokio::test]
async fn a_stream_gives_every_item_once_under_every_form_of_paging() {
    for links in PageLinks::ALL {
        for limits in PageLimit::ALL {
            for numbers in Numbers::ALL {
                let builder = Sandbox::builder()
                    .switch(*links)
                    .switch(*limits)
                    .switch(*numbers);
                let partnero = Partnero::with(builder).await;
                partnero.add_anna_and_ben().await;
                for id in 0..243 {
                    let customer = NewCustomer::new(id);
                    partnero.client.customers().create(&customer).await.unwrap();
                }
                let list = || partnero.client.customers().list();
                let ids = |customers: Vec<Customer>| {
                    let count = customers.len();
                    let ids: HashSet<_> = customers.into_iter().map(|one| one.id).collect();
                    assert_eq!(ids.len(), count, "nobody twice");
                    count
                };
                assert_eq!(ids(all(list().stream()).await.unwrap()), 245);
                assert_eq!(ids(all(list().limit(10).stream()).await.unwrap()), 245);
                assert_eq!(ids(all(list().page(3).stream()).await.unwrap()), 45);
                let unreferred = list().refer_status(ReferStatus::NonReferred).limit(20);
                assert_eq!(ids(all(unreferred.stream()).await.unwrap()), 244);
                let referred = list().refer_status(ReferStatus::Referred).send().await;
                assert_eq!(referred.unwrap().items.len(), 1);
            }
        }
    }
}

#[tokio::test]
async fn a_page_tells_its_number_and_leads_to_the_next() {
    let partnero = Partnero::start().await;
    for id in 0..25 {
        partnero
            .client
            .customers()
            .create(&NewCustomer::new(id))
            .await
            .unwrap();
    }
    let list = partnero
        .client
        .customers()
        .list()
        .limit(10)
        .sort(Sort::Descending);
    let mut page = list.send().await.unwrap();
    assert_eq!((page.number, page.limit), (Some(1), Some(10)));
    assert_eq!(page.items[0].id.as_deref(), Some("24"));
    let mut count = page.items.len();
    while let Some(next) = page.next {
        page = next.send().await.unwrap();
        count += page.items.len();
    }
    assert_eq!((count, page.number), (25, Some(3)));
    let first = partnero
        .client
        .customers()
        .list()
        .sort(Sort::Ascending)
        .send()
        .await;
    assert_eq!(first.unwrap().items[0].id.as_deref(), Some("0"));
}

fn page(id: u32, next: &str) -> String {
    json!({"data": [{"id": id}], "links": {"next": next}, "meta": [], "status": 1}).to_string()
}

/// A proxy in front of Partnero, or one in front of us, has another scheme or host than Partnero's
/// links. Their path and query are followed at our own address, which gets the API key.
#[tokio::test]
async fn a_link_is_followed_at_our_own_address() {
    for link in [
        "https://127.0.0.1:9/v1/customers?page=2",
        "http://127.0.0.1:10/v1/customers?page=2",
        "https://api.partnero.com/v1/customers?page=2",
        "//evil.example/v1/customers?page=2",
        "http://127.0.0.1:9@evil.example/v1/customers?page=2",
        "/v1/customers?page=2",
    ] {
        let (client, asked) = canned(&[(200, &page(1, link)), (200, r#"{"data": []}"#)]);
        let found = all(client.customers().list().stream()).await;
        assert_eq!(found.unwrap().len(), 1, "{link}");
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[1].1, "/customers?page=2&limit=100", "{link}");
    }
}

#[tokio::test]
async fn a_link_that_leaves_the_address_is_never_followed() {
    for link in [
        "http://127.0.0.1:9/v2/customers?page=2",
        "http://127.0.0.1:9/v1/../admin",
        "https://evil.example/admin",
        "http://127.0.0.1:9/v10/customers",
        "javascript:alert(1)",
        "not a link",
    ] {
        let (client, asked) = canned(&[(200, &page(1, link))]);
        let mut items = client.customers().list().stream();
        assert!(items.next().await.unwrap().is_ok());
        let error = items.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{link}");
        assert!(items.next().await.is_none());
        assert_eq!(asked.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_loop_ends_with_an_error() {
    let second = page(2, "http://127.0.0.1:9/v1/customers?limit=100&page=1");
    let first = page(1, "http://127.0.0.1:9/v1/customers?limit=100&page=2");
    let (client, asked) = canned(&[(200, &first), (200, &second), (200, &first)]);
    let error = all(client.customers().list().stream()).await.unwrap_err();
    assert!(error.to_string().contains("was fetched before"), "{error}");
    assert_eq!(asked.lock().unwrap().len(), 2);
}

/// A link need not write the query in our order: page 1 stays page 1, and nobody comes twice.
#[tokio::test]
async fn a_loop_is_seen_in_another_order_of_its_query() {
    for link in [
        "http://127.0.0.1:9/v1/customers?page=1",
        "http://127.0.0.1:9/v1/customers?page=1&limit=100",
        "http://127.0.0.1:9/v1/customers?limit=%3100&page=%31",
    ] {
        let (client, asked) = canned(&[(200, &page(1, link))]);
        let error = all(client.customers().list().stream()).await.unwrap_err();
        assert!(error.to_string().contains("was fetched before"), "{error}");
        assert_eq!(asked.lock().unwrap().len(), 1, "{link}");
    }
}

#[tokio::test]
async fn filters_are_spelt_as_the_sources_have_them() {
    let (client, asked) = canned(&[(200, r#"{"data": []}"#)]);
    let transactions = client.transactions().list();
    transactions.customer_key("ben").send().await.unwrap();
    let links = client.referral_links().search_by_key("k");
    let links = links.customer(&CustomerSelector::email("a@x.example"));
    links.send().await.unwrap();
    // No source names a parameter of this one.
    client.customers().referrals("a").await.unwrap();
    let asked = asked.lock().unwrap();
    assert_eq!(asked[2].1, "/customers/a/referrals");
    assert_eq!(
        asked[0].1,
        "/transactions?customer.key=ben&limit=100&page=1"
    );
    let search = "/customer_referral_links:search?key=k&customer.email=a%40x.example";
    assert_eq!(asked[1].1, format!("{search}&limit=100&page=1"));
}

#[tokio::test]
async fn a_search_whose_next_page_is_gone_is_over() {
    let first = page(1, "http://127.0.0.1:9/v1/customers:search?page=2");
    let (client, asked) = canned(&[(200, &first), (404, "{}")]);
    let search = client.customers().search(&CustomerSelector::key("a"));
    assert_eq!(all(search.stream()).await.unwrap().len(), 1);
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn pages_without_end_are_bounded() {
    let pages: Vec<(u16, String)> = (2..20)
        .map(|n| {
            (
                200,
                page(n, &format!("http://127.0.0.1:9/v1/customers?page={n}")),
            )
        })
        .collect();
    let pages: Vec<(u16, &str)> = pages.iter().map(|(n, page)| (*n, page.as_str())).collect();
    let (client, asked) = canned(&pages);
    let error = all(client.customers().list().max_pages(5).stream())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("max_pages"), "{error}");
    assert_eq!(asked.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn a_fault_in_the_middle_is_repaired_or_told() {
    let partnero = Partnero::start().await;
    for id in 0..30 {
        partnero
            .client
            .customers()
            .create(&NewCustomer::new(id))
            .await
            .unwrap();
    }
    let list = || partnero.client.customers().list().limit(10).stream();
    partnero.sandbox.inject(
        Fault::cut_inside()
            .on(Method::GET, "/v1/customers")
            .every(2)
            .times(2),
    );
    assert_eq!(all(list()).await.unwrap().len(), 30);
    partnero.sandbox.clear_faults();
    partnero
        .sandbox
        .inject(Fault::status(503).on(Method::GET, "/v1/customers"));
    let mut items = list();
    assert_eq!(
        items.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::Server
    );
    assert!(items.next().await.is_none());
}
