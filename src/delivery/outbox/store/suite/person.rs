//! Who leaves, and what is told to a person.

use super::*;
use crate::client::CustomerRef;
use crate::delivery::outbox::Forgotten;
use crate::delivery::outbox::forgotten::NOBODY;
use crate::delivery::outbox::store::Which;

every_engine! {
    a_forgotten_customer_leaves_nothing_to_send,
    a_receipt_of_a_forgotten_customer_names_nobody,
    a_report_under_way_is_forgotten_and_told,
    friends_wait_no_more_for_a_forgotten_referrer,
    a_stranger_has_nothing_to_forget,
    a_deletion_leaves_an_empty_receipt,
    a_deletion_that_another_worker_has_keeps_its_customer,
    a_deletion_waits_for_calls_under_way,
    a_deletion_that_was_given_up_is_ordered_again,
    a_newcomer_waits_for_the_deletion,
    a_newcomer_waits_for_a_person_if_the_deletion_is_dead,
    a_newcomer_who_leaves_is_never_sent,
    everything_about_a_customer_is_exported,
    a_report_that_waits_names_the_row_it_waits_for,
    a_program_forgets_its_own_customers_alone,
    the_id_of_a_deleted_row_is_not_given_again,
}

fn secret(kind: ReportKind, key: &str) -> OutboxRow {
    OutboxRow {
        payload: r#"{"email":"ben@shop.example"}"#.to_owned(),
        ..row(kind, key, "7")
    }
}

/// Rows of customer 7 in every state: done, dead, leased, and behind it due.
async fn live(store: &Store) -> Vec<i64> {
    enqueue(store, &[secret(ReportKind::Customer, "7")]).await;
    let sign_up = claim(store).await[0].id;
    write(store, done(sign_up)).await;
    let mut ids = vec![sign_up];
    for key in ["o-1", "o-2", "o-3"] {
        enqueue(store, &[secret(ReportKind::Transaction, key)]).await;
        let id = claim(store).await[0].id;
        ids.push(id);
        match key {
            "o-1" => write(store, done(id)).await,
            "o-2" => write(store, dead(id)).await,
            _ => continue,
        };
    }
    enqueue(store, &[secret(ReportKind::Credit, "c-1")]).await;
    ids
}

async fn a_forgotten_customer_leaves_nothing_to_send(store: Store) {
    live(&store).await;
    enqueue(&store, &[sale("other", "8")]).await;
    let forgotten = store.forget("7").await.unwrap();
    let expected = Forgotten {
        waiting: 3,
        under_way: 1,
        receipts: 2,
    };
    assert_eq!(forgotten, expected);
    assert_eq!(keys(&claim(&store).await), ["other"]);
    let status = store.status().await.unwrap();
    // The deletion waits until the lease ends.
    assert_eq!((status.pending, status.held, status.dead), (2, 0, 0));
    assert_eq!(store.forget("7").await.unwrap(), Forgotten::default());
}

async fn a_receipt_of_a_forgotten_customer_names_nobody(store: Store) {
    live(&store).await;
    store.forget("7").await.unwrap();
    let order = store.export("7").await.unwrap();
    assert_eq!((order.len(), &order[0]["kind"]), (1, &"deletion".into()));
    let left = store.export(NOBODY).await.unwrap();
    let text = serde_json::to_string(&left).unwrap();
    assert!(
        !text.contains("shop.example") && !text.contains("\"7\""),
        "{text}"
    );
    let left: Vec<_> = left
        .iter()
        .map(|row| {
            (
                row["key"].as_str().unwrap(),
                row["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    let kept = [
        ("o-1", "recorded"),
        ("o-2", "forgotten"),
        ("o-3", "forgotten"),
        ("c-1", "forgotten"),
    ];
    assert_eq!(left, kept);
    // Nothing is paid twice.
    for row in [
        sale("o-1", "7"),
        sale("o-3", "7"),
        row(ReportKind::Credit, "c-1", "7"),
    ] {
        assert_eq!(store.enqueue(&row).await.unwrap(), Enqueued::Repeated);
    }
}

async fn a_report_under_way_is_forgotten_and_told(store: Store) {
    enqueue(&store, &[customer("7")]).await;
    let row = claim(&store).await.remove(0);
    assert_eq!(store.forget("7").await.unwrap().under_way, 1);
    // The worker begins no further call, and what it has to say changes nothing.
    assert_eq!(write(&store, announce(&row)).await, refused());
    assert_eq!(
        write(&store, retry(row.id, NOW)).await,
        Written::Settled(false)
    );
    assert_eq!(write(&store, done(row.id)).await, Written::Settled(false));
    assert!(claim(&store).await.is_empty());
}

async fn friends_wait_no_more_for_a_forgotten_referrer(store: Store) {
    enqueue(&store, &[customer("anna"), customer("ben")]).await;
    let rows = claim(&store).await;
    let wait = Op::Announce {
        id: rows[1].id,
        check: Check::Referrer(CustomerRef::id("anna")),
        once: false,
    };
    assert_eq!(write(&store, wait).await, held());
    assert!(claim(&store).await.is_empty());
    store.forget("anna").await.unwrap();
    assert_eq!(keys(&claim(&store).await), ["ben"]);
}

async fn a_stranger_has_nothing_to_forget(store: Store) {
    enqueue(&store, &[customer("7")]).await;
    for stranger in ["8", "' OR '' = '"] {
        assert!(store.export(stranger).await.unwrap().is_empty());
        assert_eq!(store.forget(stranger).await.unwrap(), Forgotten::default());
    }
    assert!(store.export("7\0").await.unwrap().is_empty());
    // Partnero may know a customer whose receipt is long deleted.
    let ordered = ["7", "8", "' OR '' = '"];
    assert_eq!(keys(&claim(&store).await), ordered);
}

/// The only due row, which is the deletion of customer 7.
async fn deletion(store: &Store) -> Claimed {
    let mut rows = claim(store).await;
    assert_eq!(keys(&rows), ["7"]);
    assert_eq!(rows[0].kind, ReportKind::Deletion);
    rows.remove(0)
}

fn deleted(id: i64) -> Op {
    Op::Done {
        id,
        outcome: "deleted".to_owned(),
        is_deletion: true,
        next: None,
    }
}

async fn a_deletion_leaves_an_empty_receipt(store: Store) {
    enqueue(&store, &[secret(ReportKind::Customer, "7")]).await;
    store.forget("7").await.unwrap();
    let order = deletion(&store).await;
    assert_eq!(order.payload.as_deref(), Some("{}"));
    // No call about the customer was ever made.
    assert_eq!(order.sent_at, None);
    write(&store, deleted(order.id)).await;
    assert!(store.export("7").await.unwrap().is_empty());
    let left = store.export(NOBODY).await.unwrap();
    let [receipt] = &left[..] else {
        panic!("{left:?}");
    };
    assert_eq!(receipt["kind"], "deletion");
    assert_eq!(receipt["outcome"], "deleted");
    assert_eq!(receipt["key"], format!("{NOBODY} {}", order.id));
    assert!(receipt["settled_at"].is_i64() && receipt["payload"].is_null());

    // The next one of the same identifier has a receipt, too.
    store.forget("7").await.unwrap();
    let order = deletion(&store).await;
    write(&store, dead(order.id)).await;
    assert!(store.discard(order.id, "done by hand").await.unwrap());
    assert!(store.export("7").await.unwrap().is_empty());
    assert_eq!(store.export(NOBODY).await.unwrap().len(), 2);
}

/// The first worker's lease has run out, and what it says comes late.
async fn a_deletion_that_another_worker_has_keeps_its_customer(store: Store) {
    store.forget("7").await.unwrap();
    let order = claim_for(&store, OTHER, NOW).await.remove(0);
    assert_eq!(deletion(&store).await.id, order.id);
    let late = write_as(&store, OTHER, deleted(order.id)).await;
    assert_eq!(late, Written::Settled(false));
    assert_eq!(store.export("7").await.unwrap().len(), 1);
    let written = write(&store, deleted(order.id)).await;
    assert_eq!(written, Written::Settled(true));
    assert!(store.export("7").await.unwrap().is_empty());
}

async fn a_deletion_waits_for_calls_under_way(store: Store) {
    enqueue(&store, &[customer("7"), sale("o-1", "8")]).await;
    let lease_ends = |row: &serde_json::Value| row["due_at"].as_i64().unwrap();
    claim(&store).await;
    let until = lease_ends(&store.export("7").await.unwrap()[0]);
    store.forget("7").await.unwrap();
    let order = store.export("7").await.unwrap().remove(0);
    assert_eq!(
        (&order["state"], lease_ends(&order)),
        (&"due".into(), until)
    );
    assert!(order["sent_at"].is_i64());
    assert!(claim(&store).await.is_empty());

    // What was tried and put off may be on its way as well.
    let waiting = store.export("8").await.unwrap()[0]["id"].as_i64();
    write(&store, retry(waiting.unwrap(), MINUTE)).await;
    store.forget("8").await.unwrap();
    let order = claim(&store).await.remove(0);
    assert_eq!(
        (order.kind, order.key.as_str()),
        (ReportKind::Deletion, "8")
    );
    assert!(order.sent_at.is_some());
}

async fn a_deletion_that_was_given_up_is_ordered_again(store: Store) {
    store.forget("7").await.unwrap();
    let order = deletion(&store).await;
    write(&store, dead(order.id)).await;
    store.forget("7").await.unwrap();
    let again = deletion(&store).await;
    assert_eq!((again.id, again.attempts), (order.id, 0));
    // A deletion that is under way is left alone.
    store.forget("7").await.unwrap();
    assert!(claim(&store).await.is_empty());
    assert_eq!(
        write(&store, deleted(again.id)).await,
        Written::Settled(true)
    );
}

async fn a_newcomer_waits_for_the_deletion(store: Store) {
    enqueue(&store, &[secret(ReportKind::Customer, "7")]).await;
    let old = claim(&store).await.remove(0);
    write(&store, done(old.id)).await;
    store.forget("7").await.unwrap();
    enqueue(&store, &[customer("7"), sale("o-9", "7")]).await;
    let repeated = store.enqueue(&customer("7")).await.unwrap();
    assert_eq!(repeated, Enqueued::Repeated);
    let order = deletion(&store).await;
    assert!(claim(&store).await.is_empty());
    write(&store, deleted(order.id)).await;
    let newcomer = claim(&store).await.remove(0);
    assert_eq!(
        (newcomer.kind, newcomer.key.as_str()),
        (ReportKind::Customer, "7")
    );
    write(&store, done(newcomer.id)).await;
    assert_eq!(keys(&claim(&store).await), ["o-9"]);
}

async fn a_newcomer_waits_for_a_person_if_the_deletion_is_dead(store: Store) {
    for decision in ["replay", "discard"] {
        store.forget("7").await.unwrap();
        enqueue(&store, &[customer("7")]).await;
        let order = deletion(&store).await;
        write(&store, dead(order.id)).await;
        repair(&store).await;
        assert!(claim(&store).await.is_empty(), "{decision}");
        if decision == "replay" {
            assert_eq!(store.replay(Which::All).await.unwrap(), 1);
            write(&store, deleted(deletion(&store).await.id)).await;
        } else {
            assert!(store.discard(order.id, "kept at Partnero").await.unwrap());
        }
        let newcomer = claim(&store).await.remove(0);
        assert_eq!(newcomer.kind, ReportKind::Customer, "{decision}");
        write(&store, done(newcomer.id)).await;
    }
}

async fn a_newcomer_who_leaves_is_never_sent(store: Store) {
    store.forget("7").await.unwrap();
    enqueue(&store, &[customer("7")]).await;
    assert_eq!(store.forget("7").await.unwrap().waiting, 1);
    let order = deletion(&store).await;
    write(&store, deleted(order.id)).await;
    assert!(claim(&store).await.is_empty());
}

async fn everything_about_a_customer_is_exported(store: Store) {
    live(&store).await;
    enqueue(&store, &[sale("other", "8")]).await;
    let rows = store.export("7").await.unwrap();
    let states: Vec<_> = rows
        .iter()
        .map(|row| (row["key"].as_str().unwrap(), row["state"].as_str().unwrap()))
        .collect();
    let expected = [
        ("7", "done"),
        ("o-1", "done"),
        ("o-2", "dead"),
        ("o-3", "leased"),
        ("c-1", "due"),
    ];
    assert_eq!(states, expected);
    assert_eq!(rows[0]["payload"], serde_json::Value::Null);
    assert_eq!(rows[0]["outcome"], "recorded");
    assert_eq!(rows[2]["last_answer"], "no");
    assert_eq!(rows[2]["payload"]["email"], "ben@shop.example");
    assert!(rows[2]["settled_at"].as_i64() >= rows[2]["created_at"].as_i64());
    assert_eq!(rows[3]["owner"], OWNER);
    assert_eq!(rows[4]["kind"], "credit");
    assert_eq!(rows[0].as_object().unwrap().len(), 18);
}

async fn a_report_that_waits_names_the_row_it_waits_for(store: Store) {
    enqueue(&store, &[sale("o-1", "7"), customer("7")]).await;
    let rows = claim(&store).await;
    assert_eq!(write(&store, announce(&rows[0])).await, held());
    let exported = store.export("7").await.unwrap();
    assert_eq!(exported[0]["waits_for"], rows[1].id);
    assert!(exported[1]["waits_for"].is_null());
}

async fn a_program_forgets_its_own_customers_alone(store: Store) {
    let other = store.of("other");
    enqueue(&store, &[customer("7")]).await;
    enqueue(&other, &[customer("7")]).await;
    store.forget("7").await.unwrap();
    assert_eq!(keys(&claim(&other).await), ["7"]);
    assert_eq!(other.export("7").await.unwrap()[0]["program"], "other");
}

/// A person may still have the number of a row in a list, and discard another report by it.
async fn the_id_of_a_deleted_row_is_not_given_again(store: Store) {
    let mut greatest = 0;
    for customer in ["7", "8", "9"] {
        enqueue(&store, &[row(ReportKind::Customer, customer, customer)]).await;
        let id = claim(&store).await[0].id;
        assert!(id > greatest, "{id} after {greatest}");
        greatest = id;
        if customer == "8" {
            write(&store, done(id)).await;
            assert_eq!(store.prune(NOW, 10).await.unwrap(), 1);
            assert_eq!(store.prune(NOW, 10).await.unwrap(), 0);
        } else {
            store.forget(customer).await.unwrap();
        }
    }
    // The deletions of the two who were forgotten.
    assert_eq!(store.status().await.unwrap().pending, 2);
}
