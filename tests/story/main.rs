//! The example shop, driven over real HTTP by visitors whose browsers keep cookies.

#[path = "../examples/signup/pages.rs"]
mod pages;
#[path = "../examples/signup/rewards.rs"]
mod rewards;
#[path = "../examples/signup/sales.rs"]
mod sales;
#[path = "../examples/signup/shop.rs"]
mod shop;
#[path = "../examples/signup/users.rs"]
mod users;

use std::time::Duration;

use http::Method;
use reqwest::header::{CACHE_CONTROL, SET_COOKIE};
use reqwest::{Client, Response};
use tokio::net::TcpListener;
use tower_partnero::Sandbox;
use tower_partnero::sandbox::switches::{RewardedData, WebhookEnvelope};
use tower_partnero::sandbox::{Fault, SandboxCustomer, WebhookDelivery};
use tower_partnero::webhook::{SIGNATURE, WebhookSecret, sign};

use shop::ANNA;

struct Town {
    shop: String,
    sandbox: Sandbox,
}

impl Town {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = Sandbox::builder()
            .link_base(format!("{shop}/"))
            .start()
            .await
            .unwrap();
        let app = shop::app(&sandbox, &shop).await.unwrap();
        tokio::spawn(axum::serve(listener, app).into_future());
        Self { shop, sandbox }
    }

    fn visitor(&self) -> Visitor {
        Visitor {
            browser: Client::builder().cookie_store(true).build().unwrap(),
            shop: self.shop.clone(),
        }
    }

    fn customer(&self, name: &str) -> Option<SandboxCustomer> {
        let customers = self.sandbox.customers();
        customers
            .into_iter()
            .find(|customer| customer.name.as_deref() == Some(name))
    }

    fn referrer_of(&self, name: &str) -> Option<String> {
        self.customer(name)
            .expect("the customer was created")
            .referred_by
    }
}

/// One browser: it keeps cookies and follows redirects.
struct Visitor {
    browser: Client,
    shop: String,
}

impl Visitor {
    async fn get(&self, path: &str) -> Response {
        let response = self
            .browser
            .get(format!("{}{path}", self.shop))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response
    }

    async fn read(&self, path: &str) -> String {
        self.get(path).await.text().await.unwrap()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let request = self.browser.post(format!("{}{path}", self.shop)).form(form);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response
    }

    /// Signs up and reads the account page that follows.
    async fn sign_up(&self, name: &str) -> String {
        let email = format!("{}@shop.example", name.to_lowercase());
        let page = self
            .post("/signup", &[("name", name), ("email", &email)])
            .await;
        page.text().await.unwrap()
    }
}

#[tokio::test]
async fn a_friend_lands_leaves_returns_and_signs_up() {
    let town = Town::open().await;
    let ben = town.visitor();

    let landing = ben.get(&format!("/?ref={ANNA}&utm_source=mail")).await;
    assert!(landing.headers().contains_key(SET_COOKIE));
    assert_eq!(landing.headers()[CACHE_CONTROL], "private");
    assert!(
        landing
            .text()
            .await
            .unwrap()
            .contains("Anna</strong> invited you")
    );

    let later = ben.get("/").await;
    assert!(!later.headers().contains_key(SET_COOKIE), "nothing changed");
    assert!(
        later
            .text()
            .await
            .unwrap()
            .contains("Anna</strong> invited you")
    );
    assert!(ben.read("/signup").await.contains(ANNA));

    let account = ben.sign_up("Ben").await;
    assert!(
        account.contains("Hello, Ben") && account.contains("<code>referred</code>"),
        "{account}"
    );
    assert_eq!(town.referrer_of("Ben").as_deref(), Some("1"));
    assert_eq!(town.customer("Anna").unwrap().referrals_count, 1);

    let link = town.customer("Ben").unwrap().referral_link;
    assert!(
        account.contains(&link) && link.starts_with(&town.shop),
        "his own link to share"
    );
    assert!(
        ben.read("/account/1").await.contains("<li>Ben</li>"),
        "Anna sees whom she brought"
    );
    assert!(ben.read("/partnero").await.contains("<td>Anna</td>"));
}

#[tokio::test]
async fn one_referral_credits_one_sign_up() {
    let town = Town::open().await;
    let shared = town.visitor();
    shared.get(&format!("/?ref={ANNA}")).await;
    shared.sign_up("Ben").await;
    assert!(shared.read("/").await.contains("Nobody invited you"));
    let second = shared.sign_up("Carla").await;
    assert!(second.contains("<code>not_referred</code>"), "{second}");
    assert_eq!(town.referrer_of("Carla"), None);
    assert_eq!(town.customer("Anna").unwrap().referrals_count, 1);
}

#[tokio::test]
async fn an_unreferred_visitor_becomes_a_customer_too() {
    let town = Town::open().await;
    let dora = town.visitor();
    assert!(dora.read("/").await.contains("Nobody invited you"));
    let account = dora.sign_up("Dora").await;
    assert_eq!(town.referrer_of("Dora"), None);
    assert!(account.contains(&town.customer("Dora").unwrap().referral_link));
}

#[tokio::test]
async fn friends_bring_friends() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.sign_up("Ben").await;
    let link = town.customer("Ben").unwrap().referral_link;
    let carla = town.visitor();
    carla.get(link.strip_prefix(&town.shop).unwrap()).await;
    carla.sign_up("Carla").await;
    assert_eq!(
        town.referrer_of("Carla"),
        Some(town.customer("Ben").unwrap().id)
    );
}

#[tokio::test]
async fn a_partnero_that_is_down_costs_neither_the_page_nor_the_referral() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;

    town.sandbox.go_down().await;
    assert!(ben.read("/").await.contains("Anna</strong> invited you"));
    let account = ben.sign_up("Ben").await;
    assert!(
        account.contains("Hello, Ben") && account.contains("could not connect"),
        "{account}"
    );
    assert!(ben.read("/signup").await.contains(ANNA), "the cookie stays");

    town.sandbox.come_back().await.unwrap();
    assert!(town.customer("Ben").is_none());
    let again = ben
        .post("/account/2/report", &[])
        .await
        .text()
        .await
        .unwrap();
    assert!(again.contains("<code>referred</code>"), "{again}");
    assert_eq!(town.referrer_of("Ben").as_deref(), Some("1"));
    assert!(
        !ben.read("/signup").await.contains(ANNA),
        "and goes once it is spent"
    );
}

#[tokio::test]
async fn a_purchase_earns_the_friend_a_reward_and_a_refund_takes_it_back() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.sign_up("Ben").await;
    let anna = "/account/1";
    let shows = async |balance: &str, rewards: u32| {
        town.sandbox.webhooks_settled().await;
        let page = ben.read(anna).await;
        let balance = format!("Your balance: <strong>{balance}</strong>");
        let rewards = format!("told us of: {rewards}<");
        assert!(page.contains(&balance) && page.contains(&rewards), "{page}");
    };
    shows("nothing yet", 0).await;

    ben.post("/account/2/buy", &[]).await;
    shows("3.00 USD", 1).await;
    // Every further event comes twice, out of order, and has its effect once.
    let twice = WebhookDelivery::new().duplicate_every(1);
    let rough = twice.scatter(Duration::from_millis(50));
    town.sandbox.deliver_webhooks(rough);
    for _ in 0..4 {
        ben.post("/account/2/buy", &[]).await;
    }
    shows("15.00 USD", 5).await;
    for order in [2, 3, 1] {
        let path = format!("/account/2/refund/{order}");
        ben.post(&path, &[]).await;
    }
    shows("6.00 USD", 5).await;
    for order in [4, 5] {
        let path = format!("/account/2/refund/{order}");
        ben.post(&path, &[]).await;
    }
    shows("nothing", 5).await;
    assert!(!ben.read("/account/2").await.contains("Order "));
}

#[tokio::test]
async fn the_reward_arrives_in_every_shape_that_it_may_have() {
    for data in RewardedData::ALL {
        for envelope in WebhookEnvelope::ALL {
            let town = Town::open().await;
            town.sandbox.switch(*data);
            town.sandbox.switch(*envelope);
            let ben = town.visitor();
            ben.get(&format!("/?ref={ANNA}")).await;
            ben.sign_up("Ben").await;
            ben.post("/account/2/buy", &[]).await;
            town.sandbox.webhooks_settled().await;
            let page = ben.read("/account/1").await;
            assert!(page.contains("3.00 USD"), "{data:?} {envelope:?}");
            ben.post("/account/2/refund/1", &[]).await;
            town.sandbox.webhooks_settled().await;
            let page = ben.read("/account/1").await;
            assert!(page.contains("<strong>nothing<"), "{data:?} {envelope:?}");
        }
    }
}

#[tokio::test]
async fn a_reward_that_comes_while_partnero_is_away_comes_again() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    ben.sign_up("Ben").await;
    // The shop cannot ask for the balance, and so cannot take the event.
    town.sandbox
        .deliver_webhooks(WebhookDelivery::new().backoff(Duration::from_millis(20)));
    let refused = Fault::status(401).on(Method::GET, "/v1/customers/1/balance");
    town.sandbox.inject(refused.times(2));
    ben.post("/account/2/buy", &[]).await;
    town.sandbox.webhooks_settled().await;
    let told = town.sandbox.webhooks();
    let statuses: Vec<_> = told
        .iter()
        .map(|told| told.status.unwrap().as_u16())
        .collect();
    assert_eq!(statuses, [503, 503, 200]);
    let page = ben.read("/account/1").await;
    assert!(
        page.contains("3.00 USD") && page.contains("told us of: 1<"),
        "{page}"
    );
}

#[tokio::test]
async fn a_forged_reward_is_refused() {
    let town = Town::open().await;
    let mallory = town.visitor();
    let body = r#"{"event":"customer.rewarded","data":{"id":"1"}}"#;
    let guess = WebhookSecret::new("guess").unwrap();
    let request = mallory.browser.post(format!("{}/webhook", town.shop));
    let request = request.header(SIGNATURE, sign(&guess, body)).body(body);
    assert_eq!(request.send().await.unwrap().status(), 401);
    assert!(mallory.read("/account/1").await.contains("told us of: 0<"));
}

#[tokio::test]
async fn what_a_visitor_writes_is_escaped() {
    let town = Town::open().await;
    let mallory = town.visitor();
    mallory.get("/?ref=%3Cscript%3E").await;
    assert!(!mallory.read("/signup").await.contains("<script>"));
    mallory.sign_up("<script>alert(1)</script>").await;
    for path in ["/", "/account/2", "/partnero"] {
        assert!(!mallory.read(path).await.contains("<script>"), "{path}");
    }
}
