//! The example shop, as its visitors see it.

use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::{DeliveryWorker, ProgramKind, Sandbox, Snippet};

use crate::shop::{self, ANNA};
use crate::site::{Place, Site};
use crate::{Browser, COOKIE, accounts, until};

pub(crate) struct Town {
    pub(crate) shop: Site,
    pub(crate) sandbox: Sandbox,
    _worker: DeliveryWorker,
    _folder: TempDir,
}

impl Town {
    /// The shop without Partnero's script, which would write over the layer's cookie.
    pub(crate) async fn open() -> Self {
        Self::with(|policy, _| policy).await
    }

    /// The shop with another policy than the example's. `policy` gets the shop's origin.
    pub(crate) async fn with(
        change: impl FnOnce(ReferralsBuilder, String) -> ReferralsBuilder,
    ) -> Self {
        Self::build(ProgramKind::ReferAFriend, change, |_| None).await
    }

    /// The shop as the example runs it, with Partnero's script on its landing page.
    pub(crate) async fn with_script(program: ProgramKind) -> Self {
        let snippet = |sandbox: &Sandbox| sandbox.snippet().ok();
        Self::build(program, |policy, _| policy, snippet).await
    }

    async fn build(
        program: ProgramKind,
        change: impl FnOnce(ReferralsBuilder, String) -> ReferralsBuilder,
        snippet: impl FnOnce(&Sandbox) -> Option<Snippet>,
    ) -> Self {
        let place = Place::take().await;
        let url = place.at("127.0.0.1");
        let sandbox = Sandbox::builder().link_base(format!("{url}/"));
        let sandbox = match program {
            ProgramKind::Affiliate => sandbox.affiliate(),
            _ => sandbox,
        };
        let sandbox = sandbox.start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = accounts::open(&folder.path().join("shop.db")).await;
        let referrals = change(shop::policy(program), url.clone()).build().unwrap();
        let snippet = snippet(&sandbox);
        let shop = shop::open(&sandbox, &url, database.unwrap(), referrals, snippet).await;
        let shop = shop.unwrap();
        // Nobody can invite whom Partnero does not know.
        until("Anna at Partnero", async || {
            (sandbox.customers().len() + sandbox.partners().len() == 1).then_some(())
        })
        .await;
        Self {
            shop: place.serve(shop.pages),
            sandbox,
            _worker: shop.worker,
            _folder: folder,
        }
    }

    pub(crate) fn at(&self, target: &str) -> String {
        self.shop.at("127.0.0.1", target)
    }

    /// Waits until the customer has arrived at Partnero; who brought this customer.
    pub(crate) async fn referrer_of(&self, name: &str) -> Option<String> {
        let customer = until("the customer at Partnero", async || {
            let mut customers = self.sandbox.customers().into_iter();
            customers.find(|customer| customer.name.as_deref() == Some(name))
        });
        let customer = customer.await;
        customer.referred_by.or(customer.partner)
    }
}

/// Opens the form by the link on the page, fills it in and sends it.
pub(crate) async fn sign_up(visitor: &Browser, name: &str, account: &str) {
    visitor.click("a[href='/signup']").await;
    visitor.arrive("/signup").await;
    visitor.fill("[name=name]", name).await;
    let email = format!("{}@friends.example", name.to_lowercase());
    visitor.fill("[name=email]", &email).await;
    visitor.click("form[action='/signup'] button").await;
    visitor.arrive(account).await;
    let page = visitor.text().await;
    assert!(page.contains(&format!("Hello, {name}")), "{page}");
}

#[tokio::test]
async fn a_link_leaves_a_cookie_that_scripts_can_read() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let town = Town::open().await;
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    ben.go(&town.at(&format!("/?ref={ANNA}&utm_source=mail")))
        .await;
    assert!(ben.text().await.contains("Anna invited you"));

    let cookies = ben.cookies(COOKIE).await;
    let [cookie] = &cookies[..] else {
        panic!("{cookies:?}");
    };
    assert_eq!(cookie.value, ANNA);
    assert_eq!((&*cookie.domain, &*cookie.path), ("127.0.0.1", "/"));
    assert_eq!(cookie.same_site.as_deref(), Some("Lax"));
    assert!(!cookie.http_only && !cookie.secure);
    let life = cookie.expires - before.as_secs_f64();
    let thirty_days = 30.0 * 24.0 * 60.0 * 60.0;
    assert!((life - thirty_days).abs() < 600.0, "{life}");

    let read = ben.run("return document.cookie").await;
    assert_eq!(read, format!("{COOKIE}={ANNA}"));
    ben.go(&town.at("/")).await;
    assert!(ben.text().await.contains("Anna invited you"), "remembered");
}

#[tokio::test]
async fn a_script_reads_the_key_that_stood_in_the_link() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let town = Town::open().await;
    let hostile = "a;b, \"c\"\\ d+é=100%🎁";
    let link: String = form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
    ben.go(&town.at(&format!("/?ref={link}"))).await;
    let read = ben
        .run("return decodeURIComponent(document.cookie.split('=').slice(1).join('='))")
        .await;
    assert_eq!(read, hostile);
    ben.go(&town.at("/signup")).await;
    assert!(ben.text().await.contains(hostile), "and so does the server");
}

#[tokio::test]
async fn a_sign_up_credits_the_friend_and_takes_the_cookie_away() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let town = Town::open().await;
    ben.go(&town.at(&format!("/?ref={ANNA}"))).await;
    ben.go(&town.at("/")).await;
    sign_up(&ben, "Ben", "/account/2").await;
    assert!(ben.cookies(COOKIE).await.is_empty());
    assert_eq!(town.referrer_of("Ben").await.as_deref(), Some("1"));
    ben.go(&town.at("/account/1")).await;
    ben.until_true("return document.body.innerText.includes('Ben')")
        .await;
}
