//! Lists: pages, order, filters, searches.

use serde_json::{Value, json};
use tower_partnero::sandbox::switches::{
    KeyCase, ListOrder, PageLimit, PageLinks, PathOrder, ReferralsForm, SearchMatch, SearchMiss,
};

use crate::support::Partnero;

fn ids(list: &Value) -> Vec<&str> {
    let data = list["data"].as_array().unwrap();
    data.iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}

async fn with_customers(count: usize) -> Partnero {
    let partnero = Partnero::start().await;
    for number in 0..count {
        let body = json!({ "id": format!("c{number}"), "key": format!("Key-{number}"), "email": format!("c{number}@shop.example") });
        partnero.post("/customers", body).await;
    }
    partnero
}

#[tokio::test]
async fn pages_follow_each_other_and_have_no_totals() {
    let partnero = with_customers(5).await;
    let origin = partnero.sandbox.base_url();
    let (status, first) = partnero.get("/customers?limit=2&x=a%26b").await;
    assert_eq!((status, &first["status"]), (200, &json!(1)));
    assert_eq!(ids(&first), ["c0", "c1"]);
    let page = |number: usize| format!("{origin}/customers?limit=2&x=a%26b&page={number}");
    let links = json!({ "first": page(1), "last": null, "prev": null, "next": page(2) });
    assert_eq!(first["links"], links);
    let meta = json!({
        "current_page": 1, "from": 1, "path": format!("{origin}/customers"), "per_page": 2, "to": 2,
    });
    assert_eq!(first["meta"], meta);

    let (_, last) = partnero.get("/customers?limit=2&page=3").await;
    assert_eq!(ids(&last), ["c4"]);
    assert_eq!(last["links"]["next"], Value::Null);
    assert!(last["links"]["prev"].as_str().unwrap().ends_with("page=2"));
    assert_eq!(
        (&last["meta"]["from"], &last["meta"]["to"]),
        (&json!(5), &json!(5))
    );

    let (_, beyond) = partnero.get("/customers?limit=2&page=9").await;
    assert_eq!(beyond["data"], json!([]));
    assert_eq!(
        (&beyond["meta"]["from"], &beyond["links"]["next"]),
        (&Value::Null, &Value::Null)
    );

    partnero.sandbox.switch(PageLinks::PageAlone);
    let (_, first) = partnero.get("/customers?limit=2").await;
    assert_eq!(first["links"]["next"], format!("{origin}/customers?page=2"));
}

#[tokio::test]
async fn limit_page_and_sort_are_checked() {
    let partnero = with_customers(20).await;
    assert_eq!(ids(&partnero.get("/customers").await.1).len(), 15);
    for (query, status) in [
        ("limit=250", 200),
        ("limit=251", 422),
        ("limit=0", 422),
        ("limit=x", 422),
        ("page=0", 422),
        ("page=-1", 422),
        ("sort=up", 422),
        ("limit=5", 200),
        ("refer_status=no", 422),
        ("page=18446744073709551615", 200),
    ] {
        assert_eq!(
            partnero.get(&format!("/customers?{query}")).await.0,
            status,
            "{query}"
        );
    }
    partnero.sandbox.switch(PageLimit::TenTo100);
    for (query, status) in [
        ("limit=9", 422),
        ("limit=10", 200),
        ("limit=100", 200),
        ("limit=101", 422),
    ] {
        assert_eq!(
            partnero.get(&format!("/customers?{query}")).await.0,
            status,
            "{query}"
        );
    }
}

#[tokio::test]
async fn the_order_is_asked_for_or_switched() {
    let partnero = with_customers(3).await;
    let order = async |query: &str| {
        let (_, list) = partnero.get(&format!("/customers?{query}")).await;
        ids(&list).join(" ")
    };
    assert_eq!(order("").await, "c0 c1 c2");
    assert_eq!(order("sort=desc").await, "c2 c1 c0");
    partnero.sandbox.switch(ListOrder::NewestFirst);
    assert_eq!(order("").await, "c2 c1 c0");
    assert_eq!(order("sort=asc&limit=2&page=2").await, "c2");
}

#[tokio::test]
async fn customers_are_filtered_by_how_they_came() {
    let partnero = with_customers(1).await;
    partnero
        .post(
            "/customers",
            json!({ "id": "r", "referring_customer": { "id": "c0" } }),
        )
        .await;
    let (_, referred) = partnero.get("/customers?refer_status=referred").await;
    assert_eq!(ids(&referred), ["r"]);
    let (_, others) = partnero.get("/customers?refer_status=non_referred").await;
    assert_eq!(ids(&others), ["c0"]);
}

#[tokio::test]
async fn a_search_finds_by_id_key_and_email() {
    let partnero = with_customers(12).await;
    for query in [
        "id=c1",
        "key=Key-1",
        "email=C1@shop.example",
        "id=c1&key=Key-1",
    ] {
        let (status, found) = partnero.get(&format!("/customers:search?{query}")).await;
        assert_eq!((status, ids(&found)), (200, vec!["c1"]), "{query}");
    }
    assert_eq!(partnero.get("/customers:search").await.0, 422);
    assert_eq!(
        ids(&partnero.get("/customers:search?id=c1&key=Key-2").await.1),
        [""; 0]
    );

    partnero.sandbox.switch(SearchMatch::Partial);
    let (_, found) = partnero.get("/customers:search?key=key-1").await;
    assert_eq!(ids(&found), ["c1", "c10", "c11"]);
    partnero.sandbox.switch(SearchMatch::Exact);
    assert_eq!(
        ids(&partnero.get("/customers:search?key=key-1").await.1),
        [""; 0]
    );
    partnero.sandbox.switch(KeyCase::Insensitive);
    assert_eq!(
        ids(&partnero.get("/customers:search?key=key-1").await.1),
        ["c1"]
    );
    partnero.sandbox.switch(SearchMiss::NotFound);
    assert_eq!(partnero.get("/customers:search?id=nobody").await.0, 404);
}

#[tokio::test]
async fn keys_differ_by_case_or_not() {
    let partnero = with_customers(1).await;
    assert_eq!(partnero.get("/customers/KEY-0").await.0, 404);
    assert_eq!(
        partnero
            .post("/customers", json!({ "id": "x", "key": "key-0" }))
            .await
            .0,
        200
    );
    partnero.sandbox.switch(KeyCase::Insensitive);
    assert_eq!(partnero.get("/customers/KEY-0").await.1["data"]["id"], "c0");
    assert_eq!(partnero.get("/customers/key-0").await.1["data"]["id"], "x");
    let referred = json!({ "referring_customer": { "key": "KEY-0" } });
    assert_eq!(partnero.post("/customers", referred).await.0, 200);
    assert_eq!(
        partnero
            .post("/customers", json!({ "key": "kEY-0" }))
            .await
            .0,
        422
    );
}

#[tokio::test]
async fn a_path_means_the_customer_that_the_switch_says() {
    let partnero = Partnero::start().await;
    let value = "v@shop.example";
    partnero
        .post("/customers", json!({ "id": "by-email", "email": value }))
        .await;
    partnero
        .post("/customers", json!({ "id": "by-key", "key": value }))
        .await;
    partnero.post("/customers", json!({ "id": value })).await;
    for (switch, id) in [
        (PathOrder::IdKeyEmail, value),
        (PathOrder::KeyIdEmail, "by-key"),
        (PathOrder::EmailIdKey, "by-email"),
    ] {
        partnero.sandbox.switch(switch);
        let (_, read) = partnero.get("/customers/v%40shop.example").await;
        assert_eq!(read["data"]["id"], id);
    }
}

#[tokio::test]
async fn referrals_and_stats_take_the_form_that_is_switched() {
    let partnero = with_customers(1).await;
    for number in 0..20 {
        let body = json!({ "key": format!("r{number}"), "referring_customer": { "id": "c0" } });
        partnero.post("/customers", body).await;
    }
    let (_, whole) = partnero.get("/customers/c0/referrals").await;
    assert_eq!(
        (whole["data"].as_array().unwrap().len(), whole.get("links")),
        (20, None)
    );
    partnero.sandbox.switch(ReferralsForm::Paged);
    let (_, page) = partnero.get("/customers/c0/referrals?limit=3&page=2").await;
    assert_eq!(
        (&page["data"][0]["key"], page["links"]["next"].is_string()),
        (&json!("r3"), true)
    );
    partnero.sandbox.switch(ReferralsForm::Nested);
    let (_, nested) = partnero.get("/customers/c0/referrals").await;
    assert_eq!(nested["data"]["data"], whole["data"]);

    let (_, stats) = partnero.get("/customers/c0/stats").await;
    assert_eq!(
        stats["data"],
        json!({ "clicks": 0, "referrals": 20, "referrals_count": 20 })
    );
    assert_eq!(partnero.get("/customers/nobody/stats").await.0, 404);
}
