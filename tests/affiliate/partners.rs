//! The client's calls about partners.

use std::time::Duration;

use tower_partnero::client::{Amount, NewPartner, PartnerRef, PartnerUpdate};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{PartnerShape, SearchMiss, UpdateForm};
use tower_partnero::{ErrorKind, Sandbox};

use crate::{PIA, PIA_ID, client, create_pia, sandbox};

#[tokio::test]
async fn a_partner_is_found_by_each_name_and_in_each_shape() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for shape in PartnerShape::ALL {
        sandbox.switch(*shape);
        for name in [
            PartnerRef::key(PIA),
            PartnerRef::id(PIA_ID),
            PartnerRef::email("pia@partner.example"),
        ] {
            let found = client.partners().get(&name).await.unwrap();
            assert_eq!(found.id.as_deref(), Some(PIA_ID), "{name:?}");
        }
    }
    for (name, kind) in [
        (PartnerRef::key("nobody"), ErrorKind::NotFound),
        (PartnerRef::key(""), ErrorKind::InvalidInput),
    ] {
        let error = client.partners().get(&name).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn partners_are_listed_and_searched() {
    let sandbox = sandbox().await;
    sandbox.register_partner("tom");
    let client = client(&sandbox);
    let all = client.partners().list().send().await.unwrap();
    assert_eq!(all.items.len(), 2);
    for miss in SearchMiss::ALL {
        sandbox.switch(*miss);
        let found = client.partners().search_by_key("pia").send().await.unwrap();
        assert_eq!(found.items[0].id.as_deref(), Some(PIA_ID));
        let nobody = client.partners().search_by_id("x-9").send().await.unwrap();
        assert!(nobody.items.is_empty());
    }
}

#[tokio::test]
async fn a_partner_is_changed_archived_restored_and_deleted() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for form in UpdateForm::ALL {
        sandbox.switch(*form);
        let update = PartnerUpdate::new()
            .name(format!("{form:?}"))
            .tags(["gold"]);
        let changed = client.partners().update(PIA_ID, &update).await.unwrap();
        assert_eq!(changed.name, Some(format!("{form:?}")));
        assert_eq!(changed.tags, ["gold"]);
    }
    let empty = PartnerUpdate::new();
    let nothing = client.partners().update(PIA_ID, &empty).await;
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::InvalidInput);

    client.partners().archive(PIA_ID).await.unwrap();
    assert!(sandbox.partners()[0].is_archived);
    let again = client.partners().archive(PIA_ID).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Rejected);
    client.partners().restore(PIA_ID).await.unwrap();
    assert!(!sandbox.partners()[0].is_archived);

    // The path knows partners by the identifier alone.
    let by_key = client.partners().delete(PIA).await.unwrap_err();
    assert_eq!(by_key.kind(), ErrorKind::NotFound);
    client.partners().delete(PIA_ID).await.unwrap();
    assert!(sandbox.partners().is_empty());
}

#[tokio::test]
async fn a_partner_is_rewarded_once() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let five = Amount::major("5").unwrap();
    client
        .partners()
        .reward(PIA_ID, five, "launch")
        .await
        .unwrap();
    assert_eq!(sandbox.partners()[0].balance[0].amount, "5");
    let nothing = client.partners().reward(PIA_ID, Amount::ZERO, "").await;
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::InvalidInput);
    sandbox.inject(Fault::cut_after().times(1));
    let cut = client
        .partners()
        .reward(PIA_ID, five, "")
        .await
        .unwrap_err();
    assert_eq!(cut.kind(), ErrorKind::Ambiguous);
    assert_eq!(sandbox.partners()[0].balance[0].amount, "10");
}

#[tokio::test]
async fn a_partner_signs_in_by_an_address_and_has_links() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let minutes = Duration::from_secs(120);
    let pia = PartnerRef::key(PIA);
    let url = client.partners().sign_in_url(&pia, minutes).await;
    assert!(url.unwrap().starts_with("http://127.0.0.1"));
    for (partner, time) in [
        (PartnerRef::key(PIA), Duration::from_secs(29)),
        (PartnerRef::key(PIA), Duration::from_secs(901)),
        (PartnerRef::id(PIA_ID), minutes),
    ] {
        let refused = client.partners().sign_in_url(&partner, time).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let links = client
        .partners()
        .referral_links(PIA_ID)
        .send()
        .await
        .unwrap();
    assert_eq!(links.items[0].key.as_deref(), Some(PIA));
    let url = links.items[0].url.as_deref();
    assert_eq!(url, Some("https://shop.example/?aff=pia-7"));
}

#[tokio::test]
async fn a_partner_who_exists_or_has_no_address_is_refused() {
    let sandbox = Sandbox::affiliate().await.unwrap();
    let client = client(&sandbox);
    create_pia(&client).await;
    let again = NewPartner::new("pia@partner.example");
    let error = client.partners().create(&again).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let error = client
        .partners()
        .create(&NewPartner::new(""))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
