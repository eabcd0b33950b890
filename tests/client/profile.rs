use tower_partnero::client::{
    Amount, Buyer, CustomerSelector, ErrorKind, NewReferralLink, NewTransaction,
};
use tower_partnero::sandbox::Sandbox;
use tower_partnero::sandbox::switches::{CustomerShape, ListOrder, ReferralsForm};

use crate::support::Partnero;

#[tokio::test]
async fn the_account_page_comes_in_one_call_under_every_shape() {
    for shape in CustomerShape::ALL {
        for form in ReferralsForm::ALL {
            let partnero = Partnero::with(Sandbox::builder().switch(*shape).switch(*form)).await;
            partnero.add_anna_and_ben().await;
            let sale = NewTransaction::new("o", Amount::minor(50, 0).unwrap());
            let buyer = Buyer::id("b");
            partnero
                .client
                .transactions()
                .create(&buyer, &sale)
                .await
                .unwrap();

            let profile = partnero.client.customers().profile("a").await.unwrap();
            assert_eq!(
                profile.link.as_deref(),
                Some("https://shop.example/?ref=anna")
            );
            assert_eq!(profile.balance.of("USD"), Amount::minor(5, 0).ok());
            assert_eq!(profile.friends.len(), 1);
            let friend = &profile.friends[0];
            assert_eq!(friend.masked_email.as_deref(), Some("b***@s***.example"));
            assert_eq!(friend.name.as_deref(), Some("Ben"));
            let shown = format!("{profile:?}").to_lowercase();
            assert!(
                !shown.contains("@shop.example") && !shown.contains("\"ben\""),
                "{shown}"
            );
        }
    }
}

#[tokio::test]
async fn of_several_links_the_default_one_is_shared() {
    for order in ListOrder::ALL {
        let sandbox = Sandbox::builder()
            .switch(CustomerShape::KeyOnly)
            .switch(*order);
        let partnero = Partnero::with(sandbox).await;
        partnero.add_anna_and_ben().await;
        let other = NewReferralLink::new(CustomerSelector::id("a"), "anna-podcast");
        let links = partnero.client.referral_links();
        links.create(&other.is_additional(true)).await.unwrap();
        let profile = partnero.client.customers().profile("a").await.unwrap();
        let link = profile.link.as_deref();
        assert_eq!(link, Some("https://shop.example/?ref=anna"), "{order:?}");
    }
}

#[tokio::test]
async fn nobody_has_no_profile() {
    let partnero = Partnero::start().await;
    let error = partnero.client.customers().profile("x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
