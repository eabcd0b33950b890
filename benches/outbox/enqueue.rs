//! How much longer an app's transaction takes when it also writes a report.

use std::time::{Duration, Instant};

use tower_partnero::delivery::OutboxTransaction;
use tower_partnero::{NewCustomer, Sandbox};

use super::Size;
use super::places::{Place, Pool};
use crate::Failure;
use crate::harness::median;

pub(super) const USER: &str = "INSERT INTO users (id, name) VALUES ($1, 'Anna')";

/// The time of a transaction with the report, over that of one without.
pub(super) async fn ratio(place: &Place, size: Size) -> Result<f64, Failure> {
    let mut ratios = Vec::new();
    for round in 0..size.rounds {
        // In turns, so that neither is always the first.
        let first = round % 2 == 0;
        let one = round_of(place, size, round * 2, first).await?;
        let other = round_of(place, size, round * 2 + 1, !first).await?;
        let (with, without) = if first { (one, other) } else { (other, one) };
        ratios.push(with.as_secs_f64() / without.as_secs_f64());
    }
    Ok(median(ratios))
}

/// The time of a sign-up while Partnero is down, over that while it is up; and the calls that
/// Partnero got meanwhile.
pub(super) async fn down_over_up(place: &Place, size: Size) -> Result<(f64, usize), Failure> {
    let sandbox = Sandbox::start().await?;
    let mut ratios = Vec::new();
    for round in 0..size.rounds {
        let number = 1_000 + round * 2;
        let first = round % 2 == 0;
        let mut times = [Duration::ZERO; 2];
        for (index, is_up) in [first, !first].into_iter().enumerate() {
            if is_up {
                sandbox.come_back().await?;
            } else {
                sandbox.go_down().await;
            }
            times[usize::from(is_up)] = round_of(place, size, number + index, true).await?;
        }
        ratios.push(times[0].as_secs_f64() / times[1].as_secs_f64());
    }
    Ok((median(ratios), sandbox.requests().len()))
}

async fn round_of(
    place: &Place,
    size: Size,
    number: usize,
    with_report: bool,
) -> Result<Duration, Failure> {
    let began = Instant::now();
    for index in 0..size.transactions {
        let id = i64::try_from(number * size.transactions + index)?;
        sign_up(place, id, with_report).await?;
    }
    Ok(began.elapsed())
}

/// The app's own transaction: a user row, and with it a report or none.
pub(super) async fn sign_up(place: &Place, id: i64, with_report: bool) -> Result<(), Failure> {
    match &place.pool {
        Pool::Sqlite(pool, ..) => {
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            let user = sqlx::query(USER).bind(id);
            user.execute(&mut *transaction).await?;
            report(place, &mut transaction, id, with_report).await?;
            transaction.commit().await?;
        }
        Pool::Postgres(pool) => {
            let mut transaction = pool.begin().await?;
            let user = sqlx::query(USER).bind(id);
            user.execute(&mut *transaction).await?;
            report(place, &mut transaction, id, with_report).await?;
            transaction.commit().await?;
        }
    }
    Ok(())
}

async fn report(
    place: &Place,
    transaction: &mut impl OutboxTransaction,
    id: i64,
    with_report: bool,
) -> Result<(), Failure> {
    if with_report {
        let customer = NewCustomer::new(id).email(format!("{id}@shop.example"));
        place.outbox.enqueue_in(transaction, customer).await?;
    }
    Ok(())
}
