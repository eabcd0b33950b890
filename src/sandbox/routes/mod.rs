//! The endpoints, one file for each kind of thing.

mod call;
mod create_customer;
mod customers;
mod views;

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::extract::State as Extracted;
use axum::routing::{MethodFilter, on};
use http::StatusCode;

use self::call::Call;
use super::answer::{Outcome, Refusal, write};
use super::state::State;
use super::world::World;

type Endpoint = fn(&mut World, &Call) -> Outcome;

const ENDPOINTS: &[(MethodFilter, &str, Endpoint)] = &[
    (MethodFilter::POST, "/v1/customers", create_customer::create),
    (MethodFilter::GET, "/v1/customers/{id}", customers::read),
    (
        MethodFilter::GET,
        "/v1/customers/{id}/referrals",
        customers::referrals,
    ),
];

pub(super) fn router(state: Arc<State>) -> Router {
    let router = ENDPOINTS.iter().fold(
        Router::new(),
        |router: Router<Arc<State>>, &(method, path, endpoint)| {
            let answer = move |Extracted(state): Extracted<Arc<State>>, call: Call| {
                let mut world = state.world();
                let outcome = endpoint(&mut world, &call);
                ready(write(outcome, &world.switches))
            };
            router.route(path, on(method, answer))
        },
    );
    let refuse = |status| {
        move |Extracted(state): Extracted<Arc<State>>| {
            let refusal = Refusal::status(status);
            ready(write(Err(refusal), &state.world().switches))
        }
    };
    router
        .fallback(refuse(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(refuse(StatusCode::METHOD_NOT_ALLOWED))
        .with_state(state)
}
