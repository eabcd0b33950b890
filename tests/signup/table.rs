//! The table of the guide: each of its rows happens here.

use std::collections::HashSet;
use std::time::Duration;

use http::Method;
use tower_partnero::delivery::{DeliveryWorker, Outbox, Status};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{ReferrerEcho, UnknownReferrer};
use tower_partnero::{Delivery, NewCustomer, SignupOutcome, Signups};

use super::{ANNA, Shop, ben, client, referrals, set_cookie, visit};

const PAGE: &str = include_str!("../../src/guide/sign_up.md");

struct Row<'a> {
    answer: &'a str,
    outcome: &'a str,
    left_out: Option<&'a str>,
    is_spent: bool,
}

fn rows() -> Vec<Row<'static>> {
    let table = PAGE.split("| Partnero | What is done |").nth(1).unwrap();
    let lines = table.lines().skip(2);
    let lines = lines.take_while(|line| line.starts_with('|'));
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [answer, _, outcome, cookie] = cells.as_slice() else {
            panic!("four cells: {line}");
        };
        let mut names = outcome.split('`').skip(1).step_by(2);
        Row {
            answer,
            outcome: names.next().unwrap(),
            left_out: names.next(),
            is_spent: match *cookie {
                "goes" => true,
                "stays" => false,
                other => panic!("{other}"),
            },
        }
    };
    lines.map(row).collect()
}

/// What happens before the sign-up, and who signs up with which referral.
async fn set_up(shop: &mut Shop, answer: &str) -> (NewCustomer, String) {
    let on_create = |fault: Fault| fault.on(Method::POST, "/v1/customers");
    let mut customer = ben();
    let mut referral = ANNA;
    match answer {
        "takes the customer and the referrer" => {}
        "takes the customer, whom nobody referred" => referral = "",
        "is not asked for the customer's own key" => {
            customer = customer.key("ben");
            referral = "ben";
        }
        "does not know the key, but the key without the punctuation around it" => {
            referral = "anna-7.";
        }
        "does not know the key, but the key of an earlier link" => {
            referral = "producthunt; partnero_referral_before=anna-7";
        }
        "does not know any of these keys" => referral = "nobody",
        "takes the customer, and its answer names no referrer" => {
            shop.sandbox.switch(UnknownReferrer::Unreferred);
            referral = "nobody";
        }
        "refuses a referrer whom it knows" => shop.sandbox.refuse_referrer(ANNA),
        "refuses an optional field, such as the e-mail address" => {
            shop.sandbox.refuse_field("email");
        }
        "has another customer with the key" => {
            let carla = NewCustomer::new(3).key("carla");
            assert!(shop.sign_up("", carla).await.error().is_none());
            customer = customer.key("carla");
        }
        "has another customer with the e-mail address" => {
            shop.sandbox.register_in_portal("ben@shop.example");
        }
        "the same, and the app has set `without_known_email(true)`" => {
            shop.sandbox.register_in_portal("ben@shop.example");
            shop.signups = shop.signups.clone().without_known_email(true);
        }
        "has the customer, with this referrer" => {
            assert!(shop.sign_up_by(ANNA, ben()).await.error().is_none());
        }
        "has the customer, with another referrer" => {
            let carla = NewCustomer::new(3).key("carla");
            assert!(shop.sign_up("", carla).await.error().is_none());
            assert!(shop.sign_up_by("carla", ben()).await.error().is_none());
        }
        "has the customer, without a referrer" => {
            assert!(shop.sign_up("", ben()).await.error().is_none());
        }
        "has the customer, and does not say with which referrer" => {
            assert!(shop.sign_up_by(ANNA, ben()).await.error().is_none());
            shop.sandbox.switch(ReferrerEcho::Absent);
        }
        "has another person, or a deleted customer, under the identifier" => {
            let carla = NewCustomer::new(2).email("carla@shop.example");
            assert!(shop.sign_up("", carla).await.error().is_none());
        }
        "refuses anything else" => shop.sandbox.inject(on_create(Fault::status(400))),
        "answers 401, 403, 429 or 5xx, or cannot be reached" => {
            shop.sandbox.inject(on_create(Fault::status(503)));
        }
        "does not answer in time" => {
            shop.sandbox.inject(Fault::hang_after());
            let delivery = Delivery::from(client(&shop.sandbox));
            let hasty = delivery.deadline(Duration::from_millis(200));
            shop.signups = Signups::new(referrals(), hasty);
        }
        "is not asked: the public key looks like an e-mail address" => {
            customer = customer.key("ben@shop.example");
        }
        "is not asked yet: the report is in the outbox now" => {
            shop.signups = Signups::new(referrals(), Outbox::memory());
        }
        "is not asked yet: a report of this customer waits in the outbox" => {
            let outbox = Outbox::memory();
            outbox.enqueue(ben()).await.unwrap();
            shop.signups = Signups::new(referrals(), outbox);
        }
        "is asked again later: an earlier report of this customer has arrived" => {
            let outbox = Outbox::memory();
            outbox.enqueue(ben()).await.unwrap();
            deliver(shop, &outbox).await;
            shop.signups = Signups::new(referrals(), outbox);
        }
        "is not asked: the outbox takes no row" => {
            shop.signups = Signups::new(referrals(), Outbox::memory());
            customer = NewCustomer::new("");
        }
        other => panic!("no such case: {other}"),
    }
    (customer, format!("partnero_referral={referral}"))
}

async fn deliver(shop: &Shop, outbox: &Outbox) -> Status {
    let worker = DeliveryWorker::builder(outbox.clone(), client(&shop.sandbox))
        .poll(Duration::from_millis(10))
        .referrer_grace(Duration::ZERO)
        .start()
        .unwrap();
    let is_drained = async {
        loop {
            let status = outbox.status().await.unwrap();
            if status.is_drained() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let status = tokio::time::timeout(Duration::from_secs(20), is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
    status.expect("everything is done or dead")
}

async fn sign_up(row: &Row<'_>) -> (Shop, SignupOutcome) {
    let mut shop = Shop::open_with_defaults().await;
    let (customer, cookie) = set_up(&mut shop, row.answer).await;
    let hook = shop.signups.hook(&visit(&cookie)).unwrap();
    let outcome = hook.sign_up(customer).await;
    (shop, outcome)
}

#[tokio::test]
async fn every_row_of_the_guide_happens_as_it_says() {
    let rows = rows();
    let answers: HashSet<&str> = rows.iter().map(|row| row.answer).collect();
    assert_eq!((answers.len(), rows.len()), (25, 25));
    for row in rows {
        let (_shop, outcome) = sign_up(&row).await;
        assert_eq!(outcome.as_str(), row.outcome, "{}", row.answer);
        let left_out: Vec<&str> = outcome.left_out().fields().collect();
        assert_eq!(left_out.first().copied(), row.left_out, "{}", row.answer);
        assert_eq!(
            set_cookie(outcome).is_some(),
            row.is_spent,
            "{}",
            row.answer
        );
    }
}

/// With an outbox, the worker comes to the same end.
#[tokio::test]
async fn a_worker_ends_as_the_guide_says() {
    for row in rows() {
        let is_later = row.answer.contains("asked") && !row.answer.contains("own key");
        if is_later || row.answer.starts_with("answers 401") || row.outcome == "timeout" {
            continue;
        }
        let mut shop = Shop::open_with_defaults().await;
        let (customer, cookie) = set_up(&mut shop, row.answer).await;
        let outbox = Outbox::memory();
        let known = row.answer.contains("without_known_email");
        let signups = Signups::new(referrals(), outbox.clone()).without_known_email(known);
        let hook = signups.hook(&visit(&cookie)).unwrap();
        assert_eq!(hook.sign_up(customer).await.as_str(), "enqueued");
        let status = deliver(&shop, &outbox).await;
        assert_eq!(status.dead == 0, row.is_spent, "{}", row.answer);
        if let [dead] = outbox.dead(0, 10).await.unwrap().as_slice() {
            let name = match row.outcome {
                "failed" => "refused",
                other => other,
            };
            assert_eq!(dead.reason, name, "{}", row.answer);
            assert!(!dead.last_answer.contains("shop.example"), "{dead:?}");
        }
    }
}
