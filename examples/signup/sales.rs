//! The shop reports sales and refunds to Partnero: all of them, whoever brought the buyer.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use sqlx::SqlitePool;
use tower_partnero::client::{Amount, Money};
use tower_partnero::delivery::{Refund, Sale};

use crate::accounts;
use crate::shop::{AppState, Failure};

/// A pound of tea.
pub(crate) const PRICE: &str = "30.00";
pub(crate) const CURRENCY: &str = "USD";

/// An order that was not returned.
pub(crate) struct Order {
    pub(crate) id: i64,
    /// What it has earned the friend or partner who brought the buyer; `None` as long as that is not
    /// known.
    pub(crate) reward: Option<String>,
}

/// The order and the report of the sale are committed together, or not at all. So the report is
/// not lost if Partnero is down, or if the shop crashes right after the commit.
pub(crate) async fn buy(
    State(state): State<AppState>,
    Path(account): Path<i64>,
) -> Result<Response, Failure> {
    if accounts::get(&state.database, account).await?.is_none() {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    let mut transaction = state.database.begin_with("BEGIN IMMEDIATE").await?;
    let insert = sqlx::query_scalar("INSERT INTO orders (account) VALUES ($1) RETURNING id");
    let order: i64 = insert.bind(account).fetch_one(&mut *transaction).await?;
    let what = format!("Bought a pound of tea for {PRICE} {CURRENCY}: order {order}.");
    accounts::note(&mut transaction, account, &what).await?;

    let price = Money::currency(Amount::major(PRICE)?, CURRENCY);
    let sale = Sale::new(key(order), account, price);
    state.outbox.enqueue_in(&mut transaction, sale).await?;
    transaction.commit().await?;
    Ok(Redirect::to(&format!("/account/{account}")).into_response())
}

/// The refund deletes the sale at Partnero, which also takes the reward back.
pub(crate) async fn refund(
    State(state): State<AppState>,
    Path((account, order)): Path<(i64, i64)>,
) -> Result<Response, Failure> {
    let mut transaction = state.database.begin_with("BEGIN IMMEDIATE").await?;
    let update = "UPDATE orders SET is_returned = TRUE
        WHERE id = $1 AND account = $2 AND NOT is_returned";
    let update = sqlx::query(update).bind(order).bind(account);
    let returned = update.execute(&mut *transaction).await?;
    if returned.rows_affected() == 0 {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    let what = format!("Gave order {order} back.");
    accounts::note(&mut transaction, account, &what).await?;
    let refund = Refund::new(key(order), account);
    state.outbox.enqueue_in(&mut transaction, refund).await?;
    transaction.commit().await?;
    Ok(Redirect::to(&format!("/account/{account}")).into_response())
}

pub(crate) async fn orders(database: &SqlitePool, account: i64) -> Result<Vec<Order>, sqlx::Error> {
    let query = "SELECT id, reward FROM orders WHERE account = $1 AND NOT is_returned ORDER BY id";
    let orders = sqlx::query_as(query).bind(account).fetch_all(database);
    let orders = orders.await?.into_iter();
    Ok(orders.map(|(id, reward)| Order { id, reward }).collect())
}

/// The key of a sale at Partnero. An order's number is never used twice, not even after a refund.
pub(crate) fn key(order: i64) -> String {
    format!("order-{order}")
}

/// The number of the order whose sale has this key.
pub(crate) fn order(key: &str) -> Option<i64> {
    key.strip_prefix("order-")?.parse().ok()
}
