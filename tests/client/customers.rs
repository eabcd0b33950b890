use http::Method;
use serde_json::json;
use tower_partnero::client::{
    Amount, CustomerRef, CustomerSelector, CustomerUpdate, ErrorKind, Invitation, Money,
    NewCustomer, NewReferralLink, ReferralLinkUpdate,
};
use tower_partnero::sandbox::Sandbox;
use tower_partnero::sandbox::switches::{
    CreatedStatus, CreditAnswer, CreditDirection, CustomerShape, DoneAnswer, EmptyObjects,
    EnvelopeStatus, InviteAnswer, Numbers, ReferralsForm, SearchMiss, UpdateForm,
};

use crate::support::Partnero;

fn amount(text: &str) -> Amount {
    Amount::major(text).unwrap()
}

#[tokio::test]
async fn a_customer_is_created_read_changed_and_deleted() {
    for status in CreatedStatus::ALL {
        for done in DoneAnswer::ALL {
            let sandbox = Sandbox::builder().switch(*status).switch(*done);
            let partnero = Partnero::with(sandbox).await;
            partnero.add_anna_and_ben().await;
            let customers = partnero.client.customers();

            let ben = customers.get("ben@shop.example").await.unwrap();
            assert_eq!(
                (ben.id.as_deref(), ben.key.as_deref()),
                (Some("b"), Some("ben"))
            );
            assert_eq!(ben.referring_customer.unwrap().key.as_deref(), Some("anna"));
            assert!(ben.created_at.is_some() && ben.updated_at.is_some());
            assert!(ben.referral_link.unwrap().contains("ben"));

            customers.archive("b").await.unwrap();
            assert!(partnero.sandbox.customers()[1].is_archived);
            customers.restore("b").await.unwrap();
            assert!(!partnero.sandbox.customers()[1].is_archived);

            customers.delete("b").await.unwrap();
            let error = customers.get("b").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
    }
}

#[tokio::test]
async fn an_update_arrives_whichever_form_partnero_reads() {
    for form in UpdateForm::ALL {
        let partnero = Partnero::with(Sandbox::builder().switch(*form)).await;
        partnero.add_anna_and_ben().await;
        let update = CustomerUpdate::new()
            .name("Benjamin")
            .surname("Button")
            .email("ben@new.example")
            .tags(["gold"]);
        let changed = partnero.client.customers().update("b", &update).await;
        assert_eq!(
            changed.unwrap().name.as_deref(),
            Some("Benjamin"),
            "{form:?}"
        );
        let ben = &partnero.sandbox.customers()[1];
        assert_eq!(ben.email.as_deref(), Some("ben@new.example"));
        assert_eq!(ben.tags, ["gold"]);
    }
}

#[tokio::test]
async fn nothing_to_change_and_nothing_to_name_is_not_sent() {
    let partnero = Partnero::start().await;
    let customers = partnero.client.customers();
    let errors = [
        customers
            .update("a", &CustomerUpdate::new())
            .await
            .unwrap_err(),
        customers.create(&NewCustomer::new("")).await.unwrap_err(),
        customers.get("").await.unwrap_err(),
        customers.get("..").await.unwrap_err(),
        customers.create(&NewCustomer::new(".")).await.unwrap_err(),
        customers
            .search(&CustomerSelector::email(""))
            .send()
            .await
            .unwrap_err(),
        customers.invite(&Invitation::new("")).await.unwrap_err(),
        customers.list().limit(9).send().await.unwrap_err(),
        customers.list().limit(101).send().await.unwrap_err(),
        customers.list().page(0).send().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::InvalidInput, 0)
        );
    }
    assert!(partnero.sandbox.requests().is_empty());
}

#[tokio::test]
async fn odd_ids_reach_their_customer() {
    let partnero = Partnero::start().await;
    for id in ["a/b", "a b", "a+b", "ü?#", "%2e%2e", "...", "a&b=c"] {
        let created = partnero
            .client
            .customers()
            .create(&NewCustomer::new(id))
            .await;
        assert_eq!(created.unwrap().id.as_deref(), Some(id));
        let found = partnero.client.customers().get(id).await.unwrap();
        assert_eq!(found.id.as_deref(), Some(id));
    }
}

#[tokio::test]
async fn a_search_that_finds_nothing_is_an_empty_list() {
    for miss in SearchMiss::ALL {
        let partnero = Partnero::with(Sandbox::builder().switch(*miss)).await;
        partnero.add_anna_and_ben().await;
        let customers = partnero.client.customers();
        for (selector, count) in [
            (CustomerSelector::id("a"), 1),
            (CustomerSelector::key("anna"), 1),
            (CustomerSelector::email("anna@shop.example"), 1),
            (CustomerSelector::id("nobody"), 0),
        ] {
            let page = customers.search(&selector).send().await.unwrap();
            assert_eq!(page.items.len(), count, "{selector:?}");
        }
    }
}

#[tokio::test]
async fn invitations_and_stats_give_what_partnero_answers() {
    for answer in InviteAnswer::ALL {
        let partnero = Partnero::with(Sandbox::builder().switch(*answer)).await;
        partnero.add_anna_and_ben().await;
        let customers = partnero.client.customers();
        let invitation = Invitation::new("carl@shop.example")
            .id(7)
            .name("Carl")
            .personalization("plan", "gold");
        let told = customers.invite(&invitation).await.unwrap();
        assert_eq!(told.is_null(), *answer == InviteAnswer::StatusOnly);
        let request = partnero.sandbox.requests().pop().unwrap();
        assert_eq!(request.path, "/v1/customers:invite");
        assert_eq!(request.body["personalization"], json!({"plan": "gold"}));
        assert!(customers.stats("a").await.unwrap().is_object());
    }
}

#[tokio::test]
async fn referrals_are_whole_in_every_form() {
    for form in ReferralsForm::ALL {
        let partnero = Partnero::with(Sandbox::builder().switch(*form)).await;
        partnero.add_anna_and_ben().await;
        for id in 0..40 {
            let friend = NewCustomer::new(id).referring_customer(CustomerRef::id("a"));
            partnero.client.customers().create(&friend).await.unwrap();
        }
        let friends = partnero.client.customers().referrals("anna").await.unwrap();
        assert_eq!(friends.len(), 41, "{form:?}");
        let none = partnero.client.customers().referrals("b").await.unwrap();
        assert!(none.is_empty());
    }
}

#[tokio::test]
async fn a_balance_is_exact_and_a_credit_moves_it() {
    for numbers in Numbers::ALL {
        for direction in CreditDirection::ALL {
            for answer in CreditAnswer::ALL {
                let builder = Sandbox::builder()
                    .switch(*numbers)
                    .switch(*direction)
                    .switch(*answer)
                    .switch(EmptyObjects::Lists)
                    .switch(EnvelopeStatus::Absent);
                let partnero = Partnero::with(builder).await;
                partnero.add_anna_and_ben().await;
                let customers = partnero.client.customers();
                let empty = customers.balance("a").await.unwrap();
                assert_eq!((empty.of("USD"), empty.amounts().count()), (None, 0));

                let sale = tower_partnero::client::NewTransaction::new("o", amount("299.97"));
                let buyer = tower_partnero::client::Buyer::id("b");
                partnero
                    .client
                    .transactions()
                    .create(&buyer, &sale)
                    .await
                    .unwrap();
                let earned = customers.balance("a").await.unwrap();
                assert_eq!(earned.of("usd"), Some(amount("29.997")));

                let credit = Money::currency(amount("9.997"), "USD");
                let told = customers.credit("a", &credit).await.unwrap();
                assert_eq!(told.is_null(), *answer == CreditAnswer::StatusOnly);
                let left = customers.balance("a").await.unwrap().of("USD");
                let expected = match direction {
                    CreditDirection::Adds => "39.994",
                    _ => "20",
                };
                assert_eq!(left, Some(amount(expected)));
            }
        }
    }
}

#[tokio::test]
async fn a_credit_that_makes_no_sense_is_not_sent() {
    let partnero = Partnero::with_anna_and_ben().await;
    let mut unknown = Money::currency(amount("1"), "USD");
    unknown.unit = None;
    for credit in [Money::currency(amount("-1"), "USD"), unknown] {
        let error = partnero.client.customers().credit("a", &credit).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(partnero.asked(&Method::POST, "/v1/customers/"), 0);
}

#[tokio::test]
async fn links_are_made_listed_found_changed_and_deleted() {
    let partnero = Partnero::with_anna_and_ben().await;
    let links = partnero.client.referral_links();
    let new = NewReferralLink::new(CustomerSelector::id("a"), "anna/podcast").is_additional(true);
    let link = links.create(&new).await.unwrap();
    assert_eq!(link.key.as_deref(), Some("anna/podcast"));
    assert_eq!(
        (link.is_additional, link.is_default),
        (Some(true), Some(false))
    );

    let all = links.list("a").send().await.unwrap().items;
    assert_eq!(all.len(), 2);
    assert_eq!(
        all.iter()
            .filter(|link| link.is_default == Some(true))
            .count(),
        1
    );
    let id = link.id.unwrap();
    assert_eq!(links.get(&id).await.unwrap().url, link.url);
    let found = links.search_by_key("anna/podcast").send().await.unwrap();
    assert_eq!(found.items.len(), 1);
    assert_eq!(links.search_by_id(&id).send().await.unwrap().items.len(), 1);
    for (owner, count) in [
        (CustomerSelector::id("a"), 1),
        (CustomerSelector::key("anna"), 1),
        (CustomerSelector::email("anna@shop.example"), 1),
        (CustomerSelector::id("b"), 0),
        (CustomerSelector::email("nobody@shop.example"), 0),
    ] {
        let found = links.search_by_id(&id).customer(&owner).send().await;
        assert_eq!(found.unwrap().items.len(), count, "{owner:?}");
    }
    assert!(
        links
            .search_by_key("nobody")
            .send()
            .await
            .unwrap()
            .items
            .is_empty()
    );

    let update = ReferralLinkUpdate::new().key("anna-radio");
    let changed = links.update(&id, &update).await.unwrap();
    assert_eq!(changed.key.as_deref(), Some("anna-radio"));
    links.delete(&changed.id.unwrap()).await.unwrap();
    assert_eq!(links.list("a").send().await.unwrap().items.len(), 1);

    let taken = NewReferralLink::new(CustomerRef::key("anna"), "ben");
    let error = links.create(&taken).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.field_errors()[0].field, "key");
    let error = links.list("nobody").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn customers_are_read_in_every_shape() {
    for shape in CustomerShape::ALL {
        let partnero = Partnero::with(Sandbox::builder().switch(*shape)).await;
        partnero.add_anna_and_ben().await;
        let anna = partnero.client.customers().get("a").await.unwrap();
        assert_eq!(anna.id.is_some(), *shape != CustomerShape::KeyOnly);
        assert_eq!(anna.key.is_some(), *shape != CustomerShape::IdOnly);
        assert_eq!(anna.referrals_count, Some(1));
    }
}
