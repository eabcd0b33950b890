//! A local Partnero for clients in any language.

use serde_json::{Value, json};

use crate::support::{self, partnero};

#[tokio::test]
async fn it_prints_where_its_page_is() {
    let sandbox = partnero(&["sandbox", "--port", "0", "--api-key=k"]);
    let sandbox = sandbox.start("look at").await;
    let page = reqwest::get(sandbox.url()).await.unwrap();
    assert!(page.text().await.unwrap().contains("Partnero sandbox"));
}

#[tokio::test]
async fn it_prints_its_addresses_as_json() {
    let sandbox = partnero(&["sandbox", "--port=0", "--json"])
        .start("{")
        .await;
    let said = support::json(&sandbox.line);
    assert_eq!(said["api_key"], "sandbox-api-key");
    let test = format!("{}/test", said["base_url"].as_str().unwrap());
    let request = reqwest::Client::new()
        .get(test)
        .bearer_auth("sandbox-api-key");
    assert_eq!(request.send().await.unwrap().status(), 200);
}

/// So that a client in another language can be tried against each answer.
#[tokio::test]
async fn each_answer_is_switched_on_the_command_line() {
    let sandbox = partnero(&[
        "sandbox",
        "--port=0",
        "--switch=unknown-referrer=not-found",
        "--switch",
        "CreatedStatus=Created",
        "--refuse-referrer",
        "anna",
        "--refuse-field=surname",
        "--refuse-value",
        "ben@bücher.example",
        "--register=cleo@shop.example",
    ]);
    let sandbox = sandbox.start("base URL").await;
    let create = async |body: Value| {
        let request = reqwest::Client::new().post(format!("{}/customers", sandbox.url()));
        let request = request.bearer_auth("sandbox-api-key").json(&body);
        request.send().await.unwrap().status().as_u16()
    };
    for (body, status) in [
        (json!({ "key": "anna" }), 201),
        (json!({ "referring_customer": { "key": "anna" } }), 404),
        (json!({ "surname": "Berg" }), 422),
        (json!({ "email": "ben@bücher.example" }), 422),
        (json!({ "email": "cleo@shop.example" }), 422),
        (json!({ "email": "ben@shop.example" }), 201),
    ] {
        assert_eq!(create(body.clone()).await, status, "{body}");
    }
}

#[tokio::test]
async fn an_affiliate_program_has_the_partners_that_were_named() {
    let sandbox = partnero(&["sandbox", "--port=0", "--affiliate", "--partner=pia"]);
    let sandbox = sandbox.start("base URL").await;
    let create = async |key: &str| {
        let body = json!({ "key": "ben", "partner": { "key": key } });
        let request = reqwest::Client::new().post(format!("{}/customers", sandbox.url()));
        let request = request.bearer_auth("sandbox-api-key").json(&body);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(create("nobody").await, 400);
    assert_eq!(create("pia").await, 200);
    let said = partnero(&["sandbox", "--partner=pia"]).run();
    assert!(
        said.code == 2 && said.err.contains("--affiliate"),
        "{said:?}"
    );
}

#[test]
fn an_unknown_switch_is_named_with_those_that_there_are() {
    for (switch, problem) in [
        (
            "UnknownReferrer=Lost",
            "\"Lost\" is not known, write one of BadRequest",
        ),
        (
            "UnknownReferrer",
            "\"\" is not known, write one of BadRequest",
        ),
        (
            "Referrer=NotFound",
            "\"Referrer\" is not known, write one of ActionField",
        ),
    ] {
        let said = partnero(&["sandbox", "--switch", switch]).run();
        assert!(said.code == 2 && said.err.contains(problem), "{said:?}");
    }
    let said = partnero(&["sandbox", "--help"]).run();
    assert!(
        said.out.contains("UnknownReferrer = BadRequest | "),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_reward_is_a_share_an_amount_or_nothing() {
    for (rule, balance) in [
        ("7.5%", Some(15.0)),
        ("5.00 EUR", Some(5.0)),
        ("none", None),
    ] {
        let sandbox = partnero(&["sandbox", "--port=0", "--reward", rule]);
        let sandbox = sandbox.start("base URL").await;
        let http = reqwest::Client::new();
        let post = async |path: &str, body: Value| {
            let request = http.post(format!("{}{path}", sandbox.url()));
            let answer = request.bearer_auth("sandbox-api-key").json(&body).send();
            assert!(answer.await.unwrap().status().is_success(), "{path}");
        };
        post("/customers", json!({ "id": "anna", "key": "anna" })).await;
        let ben = json!({ "id": "ben", "referring_customer": { "key": "anna" } });
        post("/customers", ben).await;
        let sale = json!({ "customer": { "id": "ben" }, "amount": 200, "amount_units": "EUR" });
        post("/transactions", sale).await;
        let url = format!("{}/customers/anna/balance", sandbox.url());
        let request = http.get(url).bearer_auth("sandbox-api-key");
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let found = answer["data"]["balance"]["currency"][0]["amount"].as_f64();
        assert_eq!(found, balance, "{rule}: {answer}");
    }
    let said = partnero(&["sandbox", "--reward", "much"]).run();
    assert!(
        said.code == 2 && said.err.contains("write `10%`"),
        "{said:?}"
    );
}

#[tokio::test]
async fn the_friend_is_rewarded_when_the_command_line_says() {
    for (at, after_sign_up, after_two_sales) in [
        ("sign-up", Some(5.0), Some(5.0)),
        ("first-sale", None, Some(5.0)),
        ("sale", None, Some(10.0)),
    ] {
        let rule = ["--friend-reward=5.00 EUR", "--friend-reward-at", at];
        let sandbox = partnero(&[&["sandbox", "--port=0"][..], &rule].concat());
        let sandbox = sandbox.start("base URL").await;
        let http = reqwest::Client::new();
        let post = async |path: &str, body: Value| {
            let request = http.post(format!("{}{path}", sandbox.url()));
            let answer = request.bearer_auth("sandbox-api-key").json(&body).send();
            assert!(answer.await.unwrap().status().is_success(), "{path}");
        };
        let balance = async || {
            let url = format!("{}/customers/ben/balance", sandbox.url());
            let request = http.get(url).bearer_auth("sandbox-api-key");
            let answer: Value = request.send().await.unwrap().json().await.unwrap();
            answer["data"]["balance"]["currency"][0]["amount"].as_f64()
        };
        post("/customers", json!({ "id": "anna", "key": "anna" })).await;
        let ben = json!({ "id": "ben", "referring_customer": { "key": "anna" } });
        post("/customers", ben).await;
        assert_eq!(balance().await, after_sign_up, "{at}");
        for key in ["o-1", "o-2"] {
            let customer = json!({ "id": "ben" });
            let sale = json!({ "key": key, "customer": customer, "amount": 200 });
            post("/transactions", sale).await;
        }
        assert_eq!(balance().await, after_two_sales, "{at}");
    }
}

/// A payment that Partnero's own integration sees, under both answers of the switch.
#[tokio::test]
async fn a_payment_may_be_played_under_either_answer() {
    for (position, is_found) in [("key", false), ("key-then-id", true)] {
        let switch = format!("--switch=payment-customer={position}");
        let sandbox = partnero(&["sandbox", "--port=0", &switch]);
        let sandbox = sandbox.start("base URL").await;
        let post = async |path: &str, body: Value| -> Value {
            let request = reqwest::Client::new().post(format!("{}{path}", sandbox.url()));
            let answer = request.bearer_auth("sandbox-api-key").json(&body).send();
            answer.await.unwrap().json().await.unwrap()
        };
        post("/customers", json!({ "id": "1", "key": "anna" })).await;
        let ben = json!({ "id": "2", "key": "ben", "referring_customer": { "key": "anna" } });
        post("/customers", ben).await;
        let metadata = json!({ "customer_key": "2" });
        let payment = json!({ "key": "pi_1", "amount": 20, "metadata": metadata });
        let said = post("/sandbox/payments", payment).await;
        assert_eq!(said["data"]["referred_customer"] == "2", is_found, "{said}");
    }
}

#[test]
fn a_taken_port_is_said_clearly() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = partnero(&["sandbox", "--port", &port]).run();
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains(&format!("port {port} is taken")),
        "{said:?}"
    );
    assert!(said.err.contains("--port"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_may_be_an_affiliate_program() {
    let sandbox = partnero(&["sandbox", "--port=0", "--affiliate", "--partner=paula"]);
    let sandbox = sandbox.start("base URL").await;
    let get = reqwest::Client::new().get(format!("{}/partner?key=paula", sandbox.url()));
    let answer = get.bearer_auth("sandbox-api-key").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    for (arguments, code) in [(&["--affiliate"][..], 0), (&[], 3)] {
        let call = partnero(&[&["check", "--base-url", sandbox.url()], arguments].concat());
        let said = call.variable("PARTNERO_API_KEY", "sandbox-api-key").run();
        assert_eq!(said.code, code, "{said:?}");
    }
}

/// As a container is stopped.
#[cfg(unix)]
#[tokio::test]
async fn it_ends_when_the_system_asks_for_it() {
    let mut sandbox = partnero(&["sandbox", "--port=0"]).start("look at").await;
    let id = sandbox.child.id().unwrap().to_string();
    let kill = std::process::Command::new("kill").arg(id).status();
    assert!(kill.unwrap().success());
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), sandbox.child.wait());
    assert_eq!(ended.await.unwrap().unwrap().code(), Some(0));
}
