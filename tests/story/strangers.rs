//! What people write and open that the shop does not expect.

use crate::shop::ANNA;
use crate::town::Town;

#[tokio::test]
async fn an_address_that_is_taken_is_explained_and_the_invitation_stays() {
    let town = Town::open().await;
    let ben = town.visitor();
    ben.get(&format!("/?ref={ANNA}")).await;
    let form = [("name", "Ben & co"), ("email", " ANNA@shop.example")];
    let (status, page) = ben.try_post("/signup", &form).await;
    assert_eq!(status, 409);
    assert!(page.contains("There is an account with this e-mail address already"));
    assert!(page.contains("Anna</strong> invited you"), "{page}");
    assert!(
        page.contains("value=\"Ben &amp; co\""),
        "what he wrote stays"
    );
    town.all_has_arrived().await;
    assert_eq!(town.sandbox.customers().len(), 1, "nothing was reported");

    ben.sign_up("Ben").await;
    town.all_has_arrived().await;
    assert_eq!(town.referrer_of("Ben").as_deref(), Some("1"));
}

#[tokio::test]
async fn what_a_visitor_writes_is_escaped() {
    let town = Town::open().await;
    let mallory = town.visitor();
    let hostile = "<b>alert(1)</b>";
    let landing = mallory.read("/?ref=%3Cb%3E").await;
    assert!(landing.contains("&lt;b&gt;") && !landing.contains("<b>"));
    assert!(!mallory.read("/signup").await.contains("<b>"));
    mallory.sign_up(hostile).await;
    let taken = [("name", hostile), ("email", "anna@shop.example")];
    for page in [
        mallory.read("/").await,
        mallory.read("/account/2").await,
        mallory.try_post("/signup", &taken).await.1,
    ] {
        assert!(
            page.contains("&lt;b&gt;") && !page.contains("<b>"),
            "{page}"
        );
    }
}

#[tokio::test]
async fn a_page_that_is_not_there_is_a_page_of_the_shop() {
    let town = Town::open().await;
    let visitor = town.visitor();
    for path in ["/tea", "/account/99"] {
        let answer = visitor.browser.get(format!("{}{path}", town.shop));
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("There is no such page") && page.contains("The Tea Shop"));
    }
    for path in ["/account/99/buy", "/account/1/return/1"] {
        assert_eq!(visitor.try_post(path, &[]).await.0, 404, "{path}");
    }
}
