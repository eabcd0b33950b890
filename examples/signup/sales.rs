//! What the shop tells Partnero about a sale, and about a refund.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use tower_partnero::ErrorKind;
use tower_partnero::client::{Amount, Buyer, NewTransaction};

use crate::shop::AppState;

/// A pound of tea.
const PRICE: &str = "30.00";

/// A shop with a database would write the sale down in its own transaction and let an `Outbox`
/// tell Partnero; this one tells it while the buyer waits.
pub(crate) async fn buy(
    State(state): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Redirect, StatusCode> {
    let order = state.users.change(id, |user| {
        // Never reused, also after a refund.
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
        // The buyer has the tea either way; a buyer whom nobody referred earns nobody anything.
        tracing::warn!(%error, "Partnero did not take the sale");
    }
    Ok(Redirect::to(&format!("/account/{id}")))
}

/// Takes the reward back, too.
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
        // Partnero never took the sale.
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
