//! The shop reports sales and refunds to Partnero.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use tower_partnero::ErrorKind;
use tower_partnero::client::{Amount, Buyer, NewTransaction};

use crate::shop::AppState;

/// A pound of tea.
const PRICE: &str = "30.00";

/// This shop reports the sale while the buyer waits. A shop with its orders in a database would
/// write the report in the same transaction as the order, and let an `Outbox` send it.
pub(crate) async fn buy(
    State(state): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Redirect, StatusCode> {
    let order = state.users.change(id, |user| {
        // The number becomes the key of the sale, so it is never used again, not even after a
        // refund.
        let order = user.next_order;
        user.next_order += 1;
        user.orders.push(order);
        order
    });
    let order = order.ok_or(StatusCode::NOT_FOUND)?;
    let price = Amount::major(PRICE).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let sale = NewTransaction::new(key(id, order), price).unit("USD");
    let told = state
        .client
        .transactions()
        .create(&Buyer::id(id), &sale)
        .await;
    if let Err(error) = told {
        // The buyer gets the tea nevertheless. Partnero refuses sales to buyers without a referrer.
        tracing::warn!(%error, "Partnero did not take the sale");
    }
    Ok(Redirect::to(&format!("/account/{id}")))
}

/// Deletes the sale at Partnero, which also takes the reward back.
pub(crate) async fn refund(
    State(state): State<AppState>,
    Path((id, order)): Path<(u64, u64)>,
) -> Result<Redirect, StatusCode> {
    let has_order = state
        .users
        .get(id)
        .is_some_and(|user| user.orders.contains(&order));
    if !has_order {
        return Err(StatusCode::NOT_FOUND);
    }
    match state.client.transactions().delete(&key(id, order)).await {
        Ok(()) => {}
        // Partnero never had the sale, so there is nothing to take back.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            tracing::warn!(%error, "Partnero did not take the refund");
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
    }
    state
        .users
        .change(id, |user| user.orders.retain(|kept| *kept != order));
    Ok(Redirect::to(&format!("/account/{id}")))
}

fn key(id: u64, order: u64) -> String {
    format!("order-{id}-{order}")
}
