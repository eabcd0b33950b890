//! Any row of the outbox that another driver wrote, and its delivery to a Partnero with any answers.
//! The first byte of input chooses the kind of report and the attempt, the second the status of the
//! answers. Three lines follow: the columns `key`, `customer` and `payload`. The rest are the bodies
//! of the answers, one after another, with a byte 0xff between them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tower::Service;
use tower_partnero::delivery::{Attempt, Deliverer, OutboxRow, Report, ReportKind, read_row};
use tower_partnero_fuzz::partnero::{KEY, answers, asked, block_on, client_of};

/// More calls than any sign-up takes: each rung of the ladder asks for a handful of customers.
const MOST_CALLS: usize = 100;

fuzz_target!(|data: &[u8]| {
    let [choice, status, rest @ ..] = data else {
        return;
    };
    let mut parts = rest.splitn(4, |&byte| byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let [key, customer, payload] = [next(), next(), next()].map(std::str::from_utf8);
    // A database hands out text.
    let (Ok(key), Ok(customer), Ok(payload)) = (key, customer, payload) else {
        return;
    };
    let kind = match choice % 4 {
        0 => ReportKind::Customer,
        1 => ReportKind::Transaction,
        2 => ReportKind::Refund,
        _ => ReportKind::Credit,
    };
    let Some(report) = read_row(kind, key, customer, payload) else {
        return;
    };
    assert_eq!((report.kind(), report.customer()), (kind, customer));
    is_written_as_it_was_read(&report);

    answers(*status, next());
    let (is_again, keep_referrer) = (choice & 4 != 0, choice & 8 != 0);
    let mut attempt = Attempt::new(report).keep_referrer(keep_referrer);
    if is_again {
        attempt = attempt.again();
    }
    let mut deliverer = Deliverer::new(client_of(choice & 16 != 0).clone());
    match block_on(deliverer.call(attempt)) {
        Ok(receipt) => assert!(!receipt.to_string().is_empty()),
        Err(error) => {
            assert_eq!(error.is_dead(), error.dead_reason().is_some());
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.is_empty() && !shown.contains(KEY), "{shown}");
            }
        }
    }
    assert!(asked() < MOST_CALLS, "{}", asked());
    if is_again && kind == ReportKind::Credit {
        assert_eq!(asked(), 0, "nobody can look a credit up");
    }
});

/// A report that was read becomes a row that is read as the same report, or no row.
fn is_written_as_it_was_read(report: &Report) {
    let Ok(row) = OutboxRow::new(report.clone()) else {
        return;
    };
    assert!(row.payload().is_ascii());
    let again = read_row(row.kind(), row.key(), row.customer(), row.payload());
    let again = OutboxRow::new(again.expect("what we write is read")).unwrap();
    assert_eq!(again.payload(), row.payload());
    assert_eq!((again.key(), again.customer()), (row.key(), row.customer()));
    assert_eq!(again.public_key(), row.public_key());
}
