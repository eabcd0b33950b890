//! The whole circle in the example shop, by its buttons alone, on a desk and on a phone. Each screen
//! on the way is checked for what keeps people out.

use serde_json::json;
use tower_partnero::ProgramKind;

use crate::Browser;
use crate::npm::script;
use crate::shop::ANNA;
use crate::visitor::{Town, sign_up};

/// axe says what is wrong and where; the page must not be wider than the window either.
const CHECK: &str = "
    const { violations } = await axe.run(document);
    const wrong = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    if (document.documentElement.scrollWidth > innerWidth) wrong.push('it is too wide');
    return wrong";

struct Visitor {
    browser: Browser,
    axe: String,
}

impl Visitor {
    async fn open(width: u32, height: u32) -> Option<Self> {
        let axe = script("axe-core/axe.min.js")?;
        let browser = Browser::open().await?;
        browser.resize(width, height).await;
        Some(Self { browser, axe })
    }

    async fn check(&self, screen: &str) {
        let script = format!("{}; return (async () => {{ {CHECK} }})()", self.axe);
        let wrong = self.browser.run(&script).await;
        assert_eq!(wrong, json!([]), "{screen}");
    }

    /// Waits for what the page's own script shows, without a reload.
    async fn reads(&self, text: &str) {
        let script = format!("return document.body.innerText.includes({})", json!(text));
        self.browser.until_true(&script).await;
    }
}

#[tokio::test]
async fn the_circle_on_a_desk() {
    play(ProgramKind::ReferAFriend, 1280, 900).await;
}

#[tokio::test]
async fn the_circle_on_a_phone() {
    play(ProgramKind::ReferAFriend, 375, 720).await;
}

#[tokio::test]
async fn the_circle_of_a_partner_on_a_desk() {
    play(ProgramKind::Affiliate, 1280, 900).await;
}

#[tokio::test]
async fn the_circle_of_a_partner_on_a_phone() {
    play(ProgramKind::Affiliate, 375, 720).await;
}

async fn play(program: ProgramKind, width: u32, height: u32) {
    let Some(visitor) = Visitor::open(width, height).await else {
        return;
    };
    let ben = &visitor.browser;
    let town = Town::with_script(program).await;
    let (of_shop, of_others, owner, event) = match program {
        ProgramKind::Affiliate => ("aff", "via", "partner", "transaction.created"),
        _ => ("ref", "ref", "customer", "customer.rewarded"),
    };
    ben.go(&town.at("/")).await;
    visitor.reads("Nobody invited you yet").await;
    visitor.check("nobody is invited").await;

    ben.click(".share a").await;
    ben.arrive(&format!("/?{of_shop}={ANNA}")).await;
    visitor.reads("Anna invited you").await;
    visitor.check("Ben is invited").await;
    let other = format!("/?{of_others}=producthunt");
    ben.click(&format!("a[href='{other}']")).await;
    ben.arrive(&other).await;
    visitor.reads(&format!("which no {owner} has")).await;
    visitor.check("a stranger's link").await;

    ben.click("form[action='/partnero/down'] button").await;
    visitor.reads("Partnero is down.").await;
    visitor.check("Partnero is down").await;
    sign_up(ben, "Ben", "/account/2").await;
    ben.click("form[action$='/buy'] button").await;
    visitor.reads("2 reports wait in the outbox").await;
    visitor.reads("It was tried").await;
    visitor.check("two reports wait").await;

    // The mark is gone if the page is loaded again.
    ben.run("window.isTheSamePage = true").await;
    town.sandbox.come_back().await.unwrap();
    visitor
        .reads("Anna is credited, although the last link")
        .await;
    visitor.reads("Anna earned 3.00 USD.").await;
    visitor.reads("All reports have arrived.").await;
    assert_eq!(ben.run("return window.isTheSamePage").await, true);
    visitor.check("all has arrived").await;
    assert_eq!(town.referrer_of("Ben").await.as_deref(), Some("1"));

    ben.click("form[action='/partnero/down'] button").await;
    visitor.reads("Partnero is down.").await;
    ben.click("form[action$='/buy'] button").await;
    visitor
        .reads("The report of the sale of order 2 waits in the outbox.")
        .await;
    ben.click("form[action='/partnero/up'] button").await;
    visitor
        .reads("Reported the sale of order 2 to Partnero.")
        .await;

    ben.click("a[href='/account/1']").await;
    ben.arrive("/account/1").await;
    visitor.reads("The balance is now 6.00 USD.").await;
    visitor.check("Anna's page").await;
    ben.go(&town.sandbox.page_url()).await;
    for section in ["Transactions", "Webhooks sent", event] {
        visitor.reads(section).await;
    }
    visitor.check("Partnero's view").await;
}

/// Whoever reads nothing presses the one button of the first rank on each page. It leads on.
#[tokio::test]
async fn a_stranger_plays_the_whole_circle() {
    for program in [ProgramKind::ReferAFriend, ProgramKind::Affiliate] {
        for (width, height) in [(1280, 900), (375, 720)] {
            let Some(stranger) = Visitor::open(width, height).await else {
                return;
            };
            stranger.play(&Town::with_script(program).await).await;
        }
    }
}

impl Visitor {
    async fn play(&self, town: &Town) {
        let browser = &self.browser;
        browser.go(&town.at("/")).await;
        self.presses("Open it").await;
        self.reads("Anna invited you").await;
        browser.click("form[action='/partnero/down'] button").await;
        self.reads("Partnero is down. Sign up and buy as before")
            .await;
        self.presses("Sign up").await;
        browser.arrive("/signup").await;
        browser.fill("[name=name]", "Ben").await;
        browser.fill("[name=email]", "ben@friends.example").await;
        self.presses("Create my account").await;
        browser.arrive("/account/2").await;
        self.reads("Anna invited Ben, and is not credited yet.")
            .await;
        self.presses("Buy a pound for 30.00 USD").await;
        self.reads("Bring Partnero back, and watch them arrive.")
            .await;
        self.check("two reports wait").await;
        assert!(town.sandbox.transactions().is_empty());
        self.presses("Bring Partnero back").await;
        self.reads("All reports have arrived.").await;
        self.reads("Anna earned 3.00 USD.").await;
        self.check("all has arrived").await;
        self.presses("See what Anna has earned").await;
        browser.arrive("/account/1").await;
        self.reads("The balance is now 3.00 USD.").await;
        self.check("Anna's page").await;
    }

    /// Presses the button of the first rank, when it has this name. There is no other one.
    async fn presses(&self, name: &str) {
        let first = "const first = [...document.querySelectorAll('button, a.button')]
            .filter(button => !button.classList.contains('secondary'));";
        let is_it = format!(
            "{first} return first.length === 1 && first[0].innerText === {}",
            json!(name)
        );
        self.browser.until_true(&is_it).await;
        self.browser
            .click("button:not(.secondary), a.button:not(.secondary)")
            .await;
    }
}

#[tokio::test]
async fn what_is_long_or_wrong_fits_and_is_explained() {
    let Some(visitor) = Visitor::open(375, 720).await else {
        return;
    };
    let town = Town::open().await;
    let ben = &visitor.browser;
    let name = "Wolfeschlegelsteinhausenbergerdorff".repeat(2);
    ben.go(&town.at(&format!("/?ref={}", "k".repeat(200))))
        .await;
    visitor.check("a long key").await;
    sign_up(ben, &name, "/account/2").await;
    visitor.check("a long name").await;
    ben.go(&town.at("/")).await;
    visitor.check("a long name among others").await;

    ben.go(&town.at("/signup")).await;
    ben.fill("[name=name]", "Ben").await;
    ben.fill("[name=email]", "anna@shop.example").await;
    ben.click("form[action='/signup'] button").await;
    visitor
        .reads("There is an account with this e-mail address already")
        .await;
    visitor.check("a taken address").await;
    ben.go(&town.at("/account/99")).await;
    visitor.reads("There is no such page").await;
    visitor.check("no page").await;
}

#[tokio::test]
async fn annas_link_is_copied() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let town = Town::open().await;
    ben.allow_clipboard().await;
    ben.go(&town.at("/")).await;
    ben.click("[data-copy]").await;
    let copied =
        "return [...document.querySelectorAll('button')].some(b => b.innerText === 'Copied')";
    ben.until_true(copied).await;
    let copy = ben.run("return navigator.clipboard.readText()").await;
    assert_eq!(copy, town.at(&format!("/?ref={ANNA}")));
}
