//! The rules that every engine keeps, asked of each.

mod engines;
#[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
mod foreign;
mod lanes;
mod operator;
mod pause;
mod person;
#[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
mod plans;
mod programs;
#[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
mod repair;
#[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
mod schema;
mod settle;

use std::time::Duration;

use super::{
    Announced, Change, Check, Claim, Claimed, NextLease, Op, Places, Repair, Sent, Store, Written,
};
use crate::delivery::outbox::Enqueued;
use crate::delivery::outbox::OutboxRow;
use crate::delivery::outbox::clock::to_millis;
use crate::delivery::report::ReportKind;

const OWNER: &str = "one";
const OTHER: &str = "two";
const NOW: Duration = Duration::ZERO;
const MINUTE: Duration = Duration::from_secs(60);

/// Makes one test of a rule for each engine.
macro_rules! every_engine {
    ($($rule:ident,)+) => {
        mod memory {
            $(#[tokio::test]
            async fn $rule() {
                super::$rule(super::super::engines::memory()).await;
            })+
        }

        #[cfg(feature = "outbox-sqlite")]
        mod sqlite {
            $(#[tokio::test]
            async fn $rule() {
                let (store, _file) = super::super::engines::sqlite().await;
                super::$rule(store).await;
            })+
        }

        #[cfg(all(postgres, feature = "outbox-postgres"))]
        mod postgres {
            $(#[tokio::test]
            async fn $rule() {
                let store = super::super::engines::postgres(stringify!($rule)).await;
                super::$rule(store).await;
            })+
        }
    };
}
use every_engine;

fn row(kind: ReportKind, key: &str, customer: &str) -> OutboxRow {
    OutboxRow {
        program: "".into(),
        kind,
        key: key.to_owned(),
        customer: customer.to_owned(),
        public_key: None,
        payload: "{}".to_owned(),
    }
}

fn customer(id: &str) -> OutboxRow {
    row(ReportKind::Customer, id, id)
}

fn sale(key: &str, customer: &str) -> OutboxRow {
    row(ReportKind::Transaction, key, customer)
}

async fn enqueue(store: &Store, rows: &[OutboxRow]) {
    for row in rows {
        assert_eq!(store.enqueue(row).await.unwrap(), Enqueued::New);
    }
}

/// Places for rows of any kind.
fn any(places: usize) -> Places {
    Places {
        all: places,
        fresh: places,
        repeated: places,
        repeated_first: false,
        newest_first: false,
        may_queue: true,
    }
}

async fn claim_for(store: &Store, owner: &str, lease: Duration) -> Vec<Claimed> {
    match store.claim(owner, lease, any(10)).await.unwrap() {
        Claim::Open { rows, .. } => rows,
        Claim::Shut { .. } => panic!("the gate is shut"),
    }
}

async fn claim(store: &Store) -> Vec<Claimed> {
    claim_for(store, OWNER, MINUTE).await
}

/// Does all steps of a repair.
async fn repair(store: &Store) {
    let mut next = Some(Repair::beginning());
    while let Some(from) = next {
        next = store.repair(&from).await.unwrap();
    }
}

fn keys(rows: &[Claimed]) -> Vec<&str> {
    rows.iter().map(|row| row.key.as_str()).collect()
}

async fn write(store: &Store, op: Op) -> Written {
    write_as(store, OWNER, op).await
}

async fn write_as(store: &Store, owner: &str, op: Op) -> Written {
    let changes = changes(owner, [op]);
    store.write(&changes).await.unwrap().remove(0)
}

fn changes(owner: &str, ops: impl IntoIterator<Item = Op>) -> Vec<Change> {
    let signed = |op| Change {
        owner: owner.into(),
        op,
    };
    ops.into_iter().map(signed).collect()
}

fn done(id: i64) -> Op {
    Op::Done {
        id,
        outcome: "recorded".to_owned(),
        is_deletion: false,
        next: None,
    }
}

/// Settles a row, and leases the next one of its customer to this owner.
fn done_with_next(id: i64, owner: &str) -> Op {
    Op::Done {
        id,
        outcome: "recorded".to_owned(),
        is_deletion: false,
        next: Some(NextLease {
            owner: owner.into(),
            lease: to_millis(MINUTE),
        }),
    }
}

fn dead(id: i64) -> Op {
    Op::Dead {
        id,
        reason: "refused",
        sent: Sent::Keep,
        answer: "no".to_owned(),
    }
}

fn retry(id: i64, after: Duration) -> Op {
    Op::Retry {
        id,
        after: to_millis(after),
        sent: Sent::Keep,
        failing: 5,
        answer: "later".to_owned(),
    }
}

fn announce(row: &Claimed) -> Op {
    let customer = row.customer.clone();
    Op::Announce {
        id: row.id,
        check: match row.kind {
            ReportKind::Refund => Check::CustomerAndSale {
                customer,
                key: row.key.clone(),
            },
            _ => Check::Customer(customer),
        },
        once: true,
    }
}

fn clear(customer_outcome: Option<&str>) -> Written {
    Written::Announced(Announced::Clear {
        customer_outcome: customer_outcome.map(str::to_owned),
        pending_referrers: Vec::new(),
    })
}

fn held() -> Written {
    Written::Announced(Announced::Held)
}

fn refused() -> Written {
    Written::Announced(Announced::Refused)
}
