//! One app with a refer-a-friend program and an affiliate program: two cookies, one outbox.

use http::Request;
use http::header::{COOKIE, SET_COOKIE};
use http::request::Parts;
use tower::{Layer, ServiceExt, service_fn};
use tower_partnero::client::{Amount, Money};
use tower_partnero::delivery::{DeliveryWorker, Sale};
use tower_partnero::{NewCustomer, Outbox, Referrals, Sandbox, Signups};

use crate::whole_way::deliver;
use crate::{PIA_ID, builder, referrals, sandbox};

fn for_friends() -> Referrals {
    let referrals = Referrals::builder().build().unwrap();
    let _service = referrals.layer().layer(());
    referrals
}

/// The cookies that a landing on this link stores, by the layers of both policies.
async fn cookies_after(link: &str, friends: &Referrals, partners: &Referrals) -> Vec<String> {
    let page = service_fn(|_: Request<()>| std::future::ready(http::Response::builder().body(())));
    let service = friends.layer().layer(partners.layer().layer(page));
    let landing = Request::get(link).body(()).unwrap();
    let response = service.oneshot(landing).await.unwrap();
    let lines = response.headers().get_all(SET_COOKIE).iter();
    let pairs = lines.map(|line| {
        line.to_str()
            .unwrap()
            .split("; ")
            .next()
            .unwrap()
            .to_owned()
    });
    let mut pairs: Vec<String> = pairs.collect();
    pairs.sort_unstable();
    pairs
}

fn visit(cookie: &str) -> Parts {
    let request = Request::post("/signup").header(COOKIE, cookie);
    request.body(()).unwrap().into_parts().0
}

#[tokio::test]
async fn each_program_has_its_cookie_its_hook_and_its_rows() {
    let friends_sandbox = Sandbox::start().await.unwrap();
    let friends_client = builder(&friends_sandbox).build().unwrap();
    let anna = NewCustomer::new("anna").key("anna-7");
    friends_client.customers().create(&anna).await.unwrap();
    let partners_sandbox = sandbox().await;

    let outbox = Outbox::memory();
    let partners_outbox = outbox.program("partners").unwrap();
    let (friends, partners) = (for_friends(), referrals());
    let cookies = cookies_after("/?ref=anna-7&aff=pia-7", &friends, &partners).await;
    assert_eq!(
        cookies,
        ["partnero_partner=pia-7", "partnero_referral=anna-7"]
    );

    // One sign-up, reported to both programs.
    let parts = visit(&cookies.join("; "));
    let friends = Signups::new(friends, outbox.clone());
    let partners = Signups::new(partners, partners_outbox.clone());
    let ben = || NewCustomer::new("ben").email("ben@shop.example");
    let mut response = http::Response::new(());
    for signups in [&friends, &partners] {
        let outcome = signups.hook(&parts).unwrap().sign_up(ben()).await;
        assert_eq!(outcome.as_str(), "enqueued");
        outcome.apply(&mut response);
    }
    let removed = |name: &str| {
        let mut lines = response.headers().get_all(SET_COOKIE).iter();
        lines.any(|line| line.to_str().unwrap().starts_with(&format!("{name}=;")))
    };
    assert!(removed("partnero_referral") && removed("partnero_partner"));
    let price = Money::currency(Amount::major("19.90").unwrap(), "USD");
    for outbox in [&outbox, &partners_outbox] {
        let sale = Sale::new("o-1", "ben", price.clone());
        outbox.enqueue(sale).await.unwrap();
    }

    let worker = DeliveryWorker::builder(outbox.clone(), friends_client)
        .start()
        .unwrap();
    deliver(&partners_outbox, &partners_sandbox).await;
    let drained = async {
        while !outbox.status().await.unwrap().is_drained() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(20), drained).await;
    waited.expect("the friends' rows arrive");
    worker.stop(std::time::Duration::from_secs(5)).await;

    let friends = friends_sandbox.customers();
    let ben = friends
        .iter()
        .find(|customer| customer.id == "ben")
        .unwrap();
    assert_eq!(ben.referred_by.as_deref(), Some("anna"));
    assert_eq!(
        friends_sandbox.transactions()[0].customer.as_deref(),
        Some("anna")
    );
    let partners = partners_sandbox.customers();
    assert_eq!(partners[0].partner.as_deref(), Some(PIA_ID));
    assert_eq!(
        partners_sandbox.transactions()[0].partner.as_deref(),
        Some(PIA_ID)
    );
}
