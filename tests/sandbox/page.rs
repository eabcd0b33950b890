//! The sandbox's page, and its stand-in for the browser script.

use serde_json::json;
use tower_partnero::Sandbox;

use crate::support::with_anna_and_ben;

#[tokio::test]
async fn the_page_shows_what_there_is_as_text() {
    let partnero = with_anna_and_ben().await;
    let hostile = "<script>alert(1)</script>";
    partnero
        .post(
            "/customers",
            json!({ "id": "x", "name": hostile, "key": "\"><img src=x>" }),
        )
        .await;
    let sale =
        json!({ "key": hostile, "customer": { "id": "b" }, "amount": 99.99, "action": hostile });
    partnero.post("/transactions", sale).await;
    let hook = json!({ "name": hostile, "url": "https://shop.example/<b>", "events": [] });
    partnero.post("/webhooks", hook).await;
    partnero.get("/customers/<b>?q=<script>").await;

    let url = partnero.sandbox.base_url().replace("/v1", "/");
    let response = reqwest::get(&url).await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self';"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"));
    let page = response.text().await.unwrap();
    for text in [
        "Anna",
        "anna@shop.example",
        "9.999",
        "99.99",
        "/v1/customers",
        "referred 1",
        "&lt;script&gt;",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("99.989"), "amounts are exact");
    for markup in ["<script", "<img", "<b>\""] {
        assert!(!page.contains(markup), "{markup}");
    }
    let style = reqwest::get(format!("{url}style.css")).await.unwrap();
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    let icon = reqwest::get(format!("{url}icon.svg")).await.unwrap();
    assert_eq!(icon.headers()["content-type"], "image/svg+xml");
    assert_eq!(
        partnero.sandbox.requests().len(),
        6,
        "the page is no request to the API"
    );
}

#[tokio::test]
async fn the_page_stays_small() {
    let partnero = with_anna_and_ben().await;
    for number in 0..300 {
        let referrer = if number == 0 {
            "b".to_owned()
        } else {
            format!("c{}", number - 1)
        };
        let body = json!({ "id": format!("c{number}"), "referring_customer": { "id": referrer } });
        assert_eq!(partnero.post("/customers", body).await.0, 200);
    }
    let url = partnero.sandbox.base_url().replace("/v1", "/");
    let page = reqwest::get(&url).await.unwrap().text().await.unwrap();
    assert!(page.contains("The newest 200 of 302 are shown."));
    assert!(page.matches("<tr>").count() < 500);
}

#[tokio::test]
async fn the_browser_script_is_one_programs_and_reports_its_calls() {
    let partnero = with_anna_and_ben().await;
    let tag = partnero.sandbox.snippet().unwrap().to_string();
    let origin = partnero.sandbox.base_url().replace("/v1", "");
    assert!(
        tag.contains(&format!("\"{origin}/js/universal.js\"")),
        "{tag}"
    );
    for (path, status, start) in [
        ("/js/universal.js", 200, "// The sandbox's stand-in"),
        (
            "/program/SANDBOX1/settings/settings.js",
            200,
            "partneroSandbox(",
        ),
        ("/program/ANOTHER/settings/settings.js", 404, ""),
    ] {
        let response = reqwest::get(format!("{origin}{path}")).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert!(response.text().await.unwrap().starts_with(start), "{path}");
    }
    let tell = async |body: &'static str| {
        let call = reqwest::Client::new().post(format!("{origin}/js/calls"));
        call.body(body).send().await.unwrap().status()
    };
    assert_eq!(tell("no JSON").await, 400);
    assert_eq!(tell("[\"program\",\"<b>\",\"load\"]").await, 204);
    let call = json!(["program", "<b>", "load"]);
    assert_eq!(partnero.sandbox.script_calls(), [call]);
    let page = reqwest::get(origin).await.unwrap().text().await.unwrap();
    assert!(page.contains("&lt;b&gt;"), "{page}");
}

#[tokio::test]
async fn a_program_id_that_is_none_has_no_tag() {
    let sandbox = Sandbox::builder().program_id("<x>").start().await.unwrap();
    assert_eq!(
        sandbox.snippet().unwrap_err().setting(),
        "public_program_id"
    );
}
