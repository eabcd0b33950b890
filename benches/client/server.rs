//! The server in Partnero's place. It always gives the same answers.

use std::collections::HashMap;

use axum::Router;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::routing::get;

/// How many customers a page holds, and how many there are.
pub(super) const PAGE: usize = 100;
pub(super) const CUSTOMERS: usize = 10_000;

pub(super) fn app() -> Router {
    Router::new()
        .route("/v1/customers", get(list).post(one))
        .route("/v1/customers/{id}", get(one))
}

async fn one() -> String {
    one_customer()
}

pub(super) fn one_customer() -> String {
    format!(r#"{{"data":{},"status":1}}"#, customer(7))
}

async fn list(headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> String {
    let page: usize = query
        .get("page")
        .and_then(|page| page.parse().ok())
        .unwrap_or(1);
    let last = page * PAGE;
    let customers: Vec<String> = (last - PAGE..last).map(customer).collect();
    let next = if last < CUSTOMERS {
        let host = headers["host"].to_str().unwrap_or_default();
        format!(
            r#""http://{host}/v1/customers?limit={PAGE}&page={}""#,
            page + 1
        )
    } else {
        "null".to_owned()
    };
    format!(
        r#"{{"data":[{}],"links":{{"next":{next}}},"status":1}}"#,
        customers.join(",")
    )
}

/// In the newest documented shape. All are equally long, so that all pages are.
fn customer(number: usize) -> String {
    let link = format!("https://shop.example/?ref=key-{number:05}");
    serde_json::json!({
        "id": format!("user-{number:05}"), "key": format!("key-{number:05}"),
        "email": format!("user-{number:05}@shop.example"), "name": "Anna", "surname": "Example",
        "status": "active", "approved": true, "referring_customer": null, "referrals_count": 3,
        "metadata": {"date_of_birth": null}, "referral_link": link, "referral_links": [link],
        "custom_fields": {}, "created_at": "2025-05-09T17:42:13.000000Z",
        "updated_at": "2025-05-09T17:42:13.000000Z"
    })
    .to_string()
}
