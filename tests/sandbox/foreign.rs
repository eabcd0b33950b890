//! What clients send that other people wrote: Partnero's PHP package, its n8n node, its `WordPress`
//! plugin. Their requests are read as Laravel reads them.

use serde_json::{Value, json};
use tower_partnero::sandbox::switches::{MissingId, NestedCustomer};

use crate::support::{Partnero, with_anna_and_ben};

/// Sends the parameters as a JSON body, as Partnero's PHP package does in every GET.
async fn get_with_body(partnero: &Partnero, path: &str, body: Value) -> (u16, Value) {
    partnero.call("GET", path, body).await
}

fn keys(list: &Value) -> Vec<&str> {
    let data = list["data"].as_array().unwrap();
    data.iter()
        .map(|item| item["key"].as_str().unwrap())
        .collect()
}

/// Anna has referred Ben, Ben has referred Cleo, and each of the two has bought something.
async fn with_sales() -> Partnero {
    let partnero = with_anna_and_ben().await;
    let email = "cleo@shop.example";
    let cleo =
        json!({ "id": "c", "key": "cleo", "email": email, "referring_customer": { "id": "b" } });
    partnero.post("/customers", cleo).await;
    for (id, key) in [("b", "t-1"), ("c", "t-2")] {
        let sale = json!({ "customer": { "id": id }, "key": key, "amount": 10 });
        assert_eq!(partnero.post("/transactions", sale).await.0, 200);
    }
    partnero
}

#[tokio::test]
async fn parameters_of_a_get_are_read_from_its_body() {
    let partnero = with_sales().await;
    let find = async |body| get_with_body(&partnero, "/customers:search", body).await;
    for body in [
        json!({ "email": "ben@shop.example" }),
        json!({ "key": "ben" }),
        json!({ "id": "b" }),
    ] {
        let (status, found) = find(body).await;
        assert_eq!((status, keys(&found)), (200, vec!["ben"]));
    }
    let page = json!({ "limit": 1, "page": 2, "sort": "desc" });
    let (_, page) = get_with_body(&partnero, "/customers", page).await;
    assert_eq!(keys(&page), ["ben"]);
    let page = json!({ "limit": "1", "refer_status": "non_referred" });
    let (_, page) = get_with_body(&partnero, "/customers", page).await;
    assert_eq!(keys(&page), ["anna"]);
    let (status, _) = get_with_body(&partnero, "/customers", json!({ "limit": 0 })).await;
    assert_eq!(status, 422);
    // The package sends PHP's empty array where it has no parameters.
    let (_, all) = get_with_body(&partnero, "/customers", json!([])).await;
    assert_eq!(keys(&all).len(), 3);
    let (_, sales) = get_with_body(&partnero, "/transactions", json!({ "key": "t-2" })).await;
    assert_eq!(keys(&sales), ["t-2"]);
    // Laravel reads the body before the URL.
    let body = json!({ "key": "ben" });
    let (_, found) = get_with_body(&partnero, "/customers:search?key=anna", body).await;
    assert_eq!(keys(&found), ["ben"]);
    let link = json!({ "key": "ben", "customer": { "id": "a" } });
    let (_, none) = get_with_body(&partnero, "/customer_referral_links:search", link).await;
    assert_eq!(none["data"], json!([]));
    let link = json!({ "key": "ben", "customer": { "id": "b" } });
    let (_, found) = get_with_body(&partnero, "/customer_referral_links:search", link).await;
    assert_eq!(keys(&found), ["ben"]);
}

#[tokio::test]
async fn nested_names_of_a_query_are_read_in_each_spelling() {
    let partnero = with_sales().await;
    for (query, found) in [
        ("customer[id]=c", &["t-2"][..]),
        ("customer%5Bkey%5D=cleo", &["t-2"]),
        ("customer[email]=ben@shop.example", &["t-1"]),
        ("customer.key=ben", &["t-1"]),
        ("customer_key=ben", &["t-1"]),
        ("customer[key]=nobody", &[]),
        ("partner.key=anna", &["t-1"]),
        ("partner_key=ben", &["t-2"]),
        ("partner[id]=b", &["t-2"]),
        ("partner_email=anna@shop.example", &["t-1"]),
        ("partner_key=nobody", &[]),
    ] {
        let (_, sales) = partnero.get(&format!("/transactions?{query}")).await;
        assert_eq!(keys(&sales), found, "{query}");
    }
    for (query, found) in [
        ("partner_key=anna", &["ben"][..]),
        ("partner.key=ben", &["cleo"]),
        ("partner[id]=c", &[]),
    ] {
        let (_, customers) = partnero.get(&format!("/customers?{query}")).await;
        assert_eq!(keys(&customers), found, "{query}");
    }
    for (query, found) in [
        ("key=ben&customer[id]=b", 1),
        ("key=ben&customer[id]=a", 0),
        ("key=ben&customer_key=anna", 0),
    ] {
        let path = format!("/customer_referral_links:search?{query}");
        let (_, links) = partnero.get(&path).await;
        assert_eq!(keys(&links).len(), found, "{query}");
    }
}

#[tokio::test]
async fn an_empty_array_and_an_empty_body_have_no_fields() {
    let partnero = with_anna_and_ben().await;
    let body = json!({ "id": "c", "referring_customer": [], "metadata": [] });
    assert_eq!(partnero.post("/customers", body).await.0, 200);
    assert_eq!(partnero.sandbox.customers()[2].referred_by, None);
    let body = json!({ "id": "d", "referring_customer": [7] });
    assert_eq!(partnero.post("/customers", body).await.0, 422);

    let bare = partnero.request("PUT", "/customers/a");
    let (status, after) = partnero.send(bare).await;
    assert_eq!((status, &after["data"]["name"]), (200, &json!("Anna")));
    for body in [json!([]), json!({ "update": [] })] {
        assert_eq!(partnero.call("PUT", "/customers/a", body).await.0, 200);
    }
    let bare = partnero.request("POST", "/transactions");
    assert_eq!(partnero.send(bare).await.0, 422, "it lacks what it needs");
}

#[tokio::test]
async fn one_and_zero_are_booleans() {
    let partnero = with_anna_and_ben().await;
    for (rewardable, rewards) in [
        (json!(1), 1),
        (json!("1"), 1),
        (json!(true), 1),
        (json!(0), 0),
        (json!("0"), 0),
    ] {
        let sale = json!({ "customer": { "id": "b" }, "amount": 10, "rewardable": rewardable });
        let (status, sale) = partnero.post("/transactions", sale).await;
        assert_eq!(status, 200);
        let found = sale["data"]["rewards"].as_array().unwrap().len();
        assert_eq!(found, rewards, "{rewardable}");
    }
    for rewardable in [json!(2), json!("yes"), json!(1.0)] {
        let sale = json!({ "customer": { "id": "b" }, "amount": 10, "rewardable": rewardable });
        assert_eq!(
            partnero.post("/transactions", sale).await.0,
            422,
            "{rewardable}"
        );
    }
}

#[tokio::test]
async fn a_key_alone_is_the_id_too() {
    let partnero = Partnero::start().await;
    let (_, anna) = partnero.post("/customers", json!({ "key": "anna" })).await;
    assert_eq!(anna["data"]["id"], "anna");
    // Somebody else has this id: the key stays, and the id is random.
    partnero
        .post("/customers", json!({ "id": "ben", "key": "b" }))
        .await;
    let (status, ben) = partnero.post("/customers", json!({ "key": "ben" })).await;
    assert_eq!((status, &ben["data"]["key"]), (200, &json!("ben")));
    assert_ne!(ben["data"]["id"], "ben");

    partnero.sandbox.switch(MissingId::Random);
    let (_, cleo) = partnero.post("/customers", json!({ "key": "cleo" })).await;
    assert_ne!(cleo["data"]["id"], "cleo");
    let (_, dora) = partnero.post("/customers", json!({ "name": "Dora" })).await;
    assert_eq!(dora["data"]["id"].as_str().unwrap().len(), 12);
}

#[tokio::test]
async fn the_nested_body_of_affiliate_programs_is_refused_clearly() {
    let partnero = Partnero::start().await;
    let nested =
        json!({ "partner": { "key": "anna" }, "customer": { "key": "ben", "name": "Ben" } });
    let (status, error) = partnero.post("/customers", nested.clone()).await;
    assert_eq!(status, 422);
    let text = error["errors"]["customer"][0].as_str().unwrap();
    assert!(text.contains("top of the body"), "{text}");
    assert!(partnero.sandbox.customers().is_empty());

    partnero.sandbox.switch(NestedCustomer::Ignored);
    let (status, nameless) = partnero.post("/customers", nested).await;
    assert_eq!((status, &nameless["data"]["name"]), (200, &Value::Null));
}

#[tokio::test]
async fn an_archived_customer_earns_nothing() {
    let partnero = with_anna_and_ben().await;
    let sell = async || {
        let sale = json!({ "customer": { "id": "b" }, "amount": 10 });
        let (_, sale) = partnero.post("/transactions", sale).await;
        sale["data"]["rewards"].as_array().unwrap().len()
    };
    let archive = async |action: &str| {
        let path = format!("/customers/a/{action}");
        assert_eq!(partnero.post(&path, Value::Null).await.0, 200);
    };
    assert_eq!(sell().await, 1);
    archive("archive").await;
    assert_eq!(sell().await, 0);
    archive("revoke-archive").await;
    assert_eq!(sell().await, 1);
    assert_eq!(partnero.sandbox.customers()[0].balance[0].amount, "2");
}

/// Each refer-a-friend call of Partnero's PHP package. It sends what its caller's arrays have,
/// nulls among them, and `[]` where a call has no parameters.
#[tokio::test]
async fn every_call_of_the_php_package_is_answered() {
    let partnero = Partnero::start().await;
    let person = |id: &str, email: &str| {
        json!({
            "id": id, "key": null, "email": email, "name": "X", "surname": null, "password": null,
        })
    };
    let anna = person("a", "anna@shop.example");
    let mut ben = person("b", "ben@shop.example");
    ben["referring_customer"] = json!({ "id": "a", "key": null, "email": null });
    let mut cleo = person("c", "cleo@shop.example");
    cleo["referring_customer"] = json!([]);
    let mut dora = person("d", "dora@shop.example");
    dora["personalization"] = json!({ "greeting": "Hello" });
    let none = json!([]);
    let sale = json!({
        "key": "t-1", "amount": 19.99, "amount_units": "USD", "action": "sale", "status": null,
        "rewarded": false, "rewardable": true, "product_id": null, "product_type": null,
        "customer": { "id": "b", "key": null },
    });
    let credit = json!({ "amount": 1.5, "amount_units": "USD", "is_currency": true });
    let link = json!({
        "id": null, "key": "anna-blog", "url": null, "default": null, "isAdditional": null,
        "domain_id": null, "is_additional": false, "customer": { "id": "a" },
    });
    let hook = json!({
        "key": "h", "name": "n", "url": "https://shop.example/h",
        "events": ["customer.created"], "is_active": null,
    });
    for (method, path, body) in [
        ("GET", "/test", &none),
        ("POST", "/customers", &anna),
        ("POST", "/customers", &ben),
        ("POST", "/customers", &cleo),
        ("POST", "/customers:invite", &dora),
        (
            "GET",
            "/customers",
            &json!({ "limit": 10, "page": 1, "refer_status": "referred" }),
        ),
        (
            "GET",
            "/customers",
            &json!({ "partner": { "key": "a" }, "limit": 10 }),
        ),
        (
            "GET",
            "/customers:search",
            &json!({ "email": "ben@shop.example" }),
        ),
        ("GET", "/customers:search?email=ben%40shop.example", &none),
        ("GET", "/customers/a", &none),
        ("GET", "/customers/a/referrals", &none),
        ("GET", "/customers/a/stats", &none),
        (
            "PUT",
            "/customers",
            &json!({ "id": "a", "update": { "name": "Anna" } }),
        ),
        ("POST", "/transactions", &sale),
        ("GET", "/customers/a/balance", &none),
        ("POST", "/customers/a/balance/credit", &credit),
        ("DELETE", "/transactions/t-1", &json!({ "key": "t-1" })),
        ("POST", "/customer_referral_links", &link),
        (
            "GET",
            "/customers/a/referral_links",
            &json!({ "limit": 10 }),
        ),
        ("GET", "/customer_referral_links/anna-blog", &none),
        (
            "GET",
            "/customer_referral_links:search?key=anna-blog&customer%5Bid%5D=a",
            &none,
        ),
        (
            "PUT",
            "/customer_referral_links/anna-blog",
            &json!({ "key": "anna-news", "directTracking": null }),
        ),
        ("DELETE", "/customer_referral_links/anna-news", &none),
        ("POST", "/webhooks", &hook),
        ("GET", "/webhooks", &json!({ "limit": 10, "page": 1 })),
        ("GET", "/webhooks/h", &none),
        ("PUT", "/webhooks/h", &hook),
        ("DELETE", "/webhooks/h", &none),
        ("DELETE", "/customers/c", &none),
    ] {
        let (status, answer) = partnero.call(method, path, body.clone()).await;
        assert_eq!(status, 200, "{method} {path} {body}: {answer}");
    }
    let customers = partnero.sandbox.customers();
    let referrers: Vec<_> = customers
        .iter()
        .map(|customer| (&*customer.id, customer.referred_by.as_deref()))
        .collect();
    assert_eq!(referrers, [("a", None), ("b", Some("a")), ("d", None)]);
    // The reward of 1.999 was credited in part, and then taken back with the sale.
    assert_eq!(customers[0].balance[0].amount, "-1.5");
}

/// The requests of the vendor's n8n node.
#[tokio::test]
async fn every_call_of_the_n8n_node_is_answered() {
    let partnero = Partnero::start().await;
    let without_body = [
        ("GET", "/customers?limit=100&page=1&sort=desc"),
        ("GET", "/customers?partner_key=anna&limit=50"),
        (
            "GET",
            "/customers:search?email=anna%40shop.example&limit=10",
        ),
        ("GET", "/customers/anna"),
        ("PUT", "/customers/anna"),
        ("GET", "/customers/anna/transactions?limit=10"),
        ("POST", "/customers/anna/archive"),
        ("POST", "/customers/anna/revoke-archive"),
        ("GET", "/transactions?key=t-1&limit=10"),
        (
            "GET",
            "/transactions?partner_email=anna%40shop.example&limit=10",
        ),
        ("GET", "/transactions/t-1"),
        ("DELETE", "/transactions/t-1"),
        ("DELETE", "/customers/anna"),
    ];
    let referrer = json!({ "key": "anna" });
    for (path, body) in [
        (
            "/customers",
            json!({ "key": "anna", "email": "anna@shop.example" }),
        ),
        (
            "/customers",
            json!({ "key": "ben", "referring_customer": referrer }),
        ),
        (
            "/transactions",
            json!({ "customer": { "key": "ben" }, "key": "t-1", "amount": "9.99", "created_at": "2026-11-27 12:00:00" }),
        ),
    ] {
        let (status, answer) = partnero.post(path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    for (method, path) in without_body {
        let request = partnero.request(method, path);
        let (status, answer) = partnero.send(request).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
    }
}
