//! The README's program, which reports sign-ups while the visitor waits, over real HTTP.

use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::get;
use axum::{Form, Router};
use reqwest::Client as Browser;
use tokio::net::TcpListener;
use tower_partnero::{ApiKey, Client, NewCustomer, Referrals, Sandbox, SignupHook, Signups};

#[derive(serde::Deserialize)]
struct NewUser {
    email: String,
}

async fn sign_up(hook: SignupHook, Form(user): Form<NewUser>) -> impl IntoResponse {
    let outcome = hook
        .sign_up(NewCustomer::new(&user.email).email(&user.email))
        .await;
    let said = outcome.as_str();
    (outcome, Redirect::to(&format!("/welcome?{said}")))
}

/// The address of the program, and its Partnero, where Anna is a customer.
async fn program() -> (String, Sandbox) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap());
    let client = client.base_url(sandbox.base_url()).build().unwrap();
    let anna = NewCustomer::new("anna").key("anna-7");
    client.customers().create(&anna).await.unwrap();

    let referrals = Referrals::builder().secure(false).build().unwrap();
    let app = Router::new()
        .route("/", get(async || "Welcome!"))
        .route(
            "/signup",
            get(async || Html("<form method=post>")).post(sign_up),
        )
        .route("/welcome", get(async || "Welcome!"))
        .layer(referrals.layer())
        .with_state(Signups::new(referrals, client));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, app).into_future());
    (address, sandbox)
}

#[tokio::test]
async fn a_newsletters_ref_after_annas_link_still_credits_anna_without_an_outbox() {
    let (shop, sandbox) = program().await;
    let ben = Browser::builder().cookie_store(true).build().unwrap();
    let sign_up = async |email: &str| {
        let form = [("email", email)];
        let request = ben.post(format!("{shop}/signup")).form(&form);
        let page = request.send().await.unwrap();
        let said = page.url().query().unwrap().to_owned();
        let customers = sandbox.customers();
        let customer = customers.into_iter().find(|customer| customer.id == email);
        (
            said,
            customer.expect("the customer was created").referred_by,
        )
    };
    for page in [
        "/?ref=anna-7",
        "/",
        "/?ref=producthunt&utm_source=newsletter",
        "/signup",
    ] {
        let response = ben.get(format!("{shop}{page}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{page}");
    }
    let (said, referrer) = sign_up("ben@shop.example").await;
    assert_eq!(
        (&*said, referrer.as_deref()),
        ("referred_runner_up", Some("anna"))
    );

    // Anna's link is spent.
    ben.get(format!("{shop}/?ref=producthunt"))
        .send()
        .await
        .unwrap();
    let (said, referrer) = sign_up("carla@shop.example").await;
    assert_eq!((&*said, referrer), ("unknown_referrer", None));
}
