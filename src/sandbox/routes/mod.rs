//! The endpoints of the API, and the router that leads to them.

mod balance;
mod call;
mod create_transaction;
mod customers;
mod leads;
mod links;
mod notices;
mod paging;
pub(super) mod partners;
pub(super) mod payments;
mod payouts;
mod program;
mod referrals;
mod registration;
mod transactions;
mod views;
mod webhooks;

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::extract::State as Extracted;
use axum::routing::{MethodFilter, on};
use http::StatusCode;

use self::call::Call;
pub(super) use self::registration::Registration;
use super::answer::{Answer, Refusal, write};
use super::state::State;
use super::world::World;
use super::{browser, page};
use crate::referral::ProgramKind;

// A plain function, not an `async` one: it never waits, so no other request sees a half-made
// change.
type Endpoint = fn(&mut World, &Call) -> Result<Answer, Refusal>;

const DELETE: MethodFilter = MethodFilter::DELETE;
const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PUT: MethodFilter = MethodFilter::PUT;

type Endpoints = &'static [(MethodFilter, &'static str, Endpoint)];

/// What both kinds of program have.
const ENDPOINTS: Endpoints = &[
    (POST, "/v1/customers", customers::create),
    (GET, "/v1/customers", customers::list),
    (PUT, "/v1/customers", customers::update_by_body),
    // For axum `customers:search` is one segment, so it is not taken for an `{id}`.
    (GET, "/v1/customers:search", customers::search),
    (GET, "/v1/customers/{id}", customers::read),
    (PUT, "/v1/customers/{id}", customers::update_by_path),
    (DELETE, "/v1/customers/{id}", customers::delete),
    (POST, "/v1/customers/{id}/archive", customers::archive),
    (
        POST,
        "/v1/customers/{id}/revoke-archive",
        customers::revoke_archive,
    ),
    (
        GET,
        "/v1/customers/{id}/transactions",
        transactions::of_customer,
    ),
    (POST, "/v1/transactions", create_transaction::create),
    (GET, "/v1/transactions", transactions::list),
    (DELETE, "/v1/transactions", transactions::delete_by_body),
    (GET, "/v1/transactions/{key}", transactions::read),
    (
        DELETE,
        "/v1/transactions/{key}",
        transactions::delete_by_path,
    ),
    (POST, "/v1/webhooks", webhooks::create),
    (GET, "/v1/webhooks", webhooks::list),
    (GET, "/v1/webhooks/{key}", webhooks::read),
    (PUT, "/v1/webhooks/{key}", webhooks::update),
    (DELETE, "/v1/webhooks/{key}", webhooks::delete),
    // No endpoint of Partnero's. It stands here, so that it needs the bearer token and meets the
    // faults as the others do.
    (POST, "/v1/sandbox/payments", payments::create),
    (GET, "/v1/test", program::test),
    (GET, "/v1/program/overview", program::overview),
];

/// What refer-a-friend programs have beside it.
const REFER_A_FRIEND: Endpoints = &[
    (POST, "/v1/customers:invite", customers::invite),
    (GET, "/v1/customers/{id}/referrals", referrals::list),
    (GET, "/v1/customers/{id}/stats", referrals::stats),
    (GET, "/v1/customers/{id}/referral_links", links::of_customer),
    (GET, "/v1/customers/{id}/balance", balance::read),
    (POST, "/v1/customers/{id}/balance/credit", balance::credit),
    (POST, "/v1/customer_referral_links", links::create),
    (GET, "/v1/customer_referral_links:search", links::search),
    (GET, "/v1/customer_referral_links/{id}", links::read),
    (PUT, "/v1/customer_referral_links/{id}", links::update),
    (DELETE, "/v1/customer_referral_links/{id}", links::delete),
];

/// What affiliate programs have beside it.
const AFFILIATE: Endpoints = &[
    (POST, "/v1/partners", partners::create),
    (GET, "/v1/partners", partners::list),
    (GET, "/v1/partners:search", partners::search),
    (POST, "/v1/partners:sign-in-url", partners::sign_in_url),
    (GET, "/v1/partner", partners::read_by_query),
    (GET, "/v1/partners/{id}", partners::read),
    (PUT, "/v1/partners/{id}", partners::update),
    (DELETE, "/v1/partners/{id}", partners::delete),
    (POST, "/v1/partners/{id}/archive", partners::archive),
    (
        POST,
        "/v1/partners/{id}/revoke-archive",
        partners::revoke_archive,
    ),
    (POST, "/v1/partners/{id}/reward", partners::reward),
    (GET, "/v1/partners/{id}/referral_links", partners::links),
    (POST, "/v1/leads", leads::create),
    (GET, "/v1/leads", leads::list),
    (POST, "/v1/leads/convert", leads::convert),
    (POST, "/v1/leads/reject", leads::reject),
    (GET, "/v1/leads/{id}", leads::read),
    (DELETE, "/v1/leads/{id}", leads::delete),
    (POST, "/v1/payout_requests", payouts::create),
    (GET, "/v1/payout_requests", payouts::list),
    (GET, "/v1/payout_requests:search", payouts::search),
    (GET, "/v1/payout_requests/{id}", payouts::read),
    (POST, "/v1/payout_requests/{id}/approve", payouts::approve),
    (
        POST,
        "/v1/payout_requests/{id}/mark_as_paid",
        payouts::mark_as_paid,
    ),
];

pub(super) fn router(state: Arc<State>) -> Router {
    // A key belongs to one program (D), so a sandbox has one kind. It is assumed that the endpoints
    // of the other kind are a 404.
    let more = match state.world().settings.program {
        ProgramKind::ReferAFriend => REFER_A_FRIEND,
        ProgramKind::Affiliate => AFFILIATE,
    };
    let router = ENDPOINTS.iter().chain(more).fold(
        Router::new(),
        |router: Router<Arc<State>>, &(method, path, endpoint)| {
            let answer = move |Extracted(state): Extracted<Arc<State>>, call: Call| {
                let mut world = state.world();
                let answer = endpoint(&mut world, &call);
                // While the world is still locked, so that events leave in the order of their
                // changes.
                state.send_notices(&mut world);
                ready(write(answer, &world.switches))
            };
            router.route(path, on(method, answer))
        },
    );
    // axum's own 404 and 405 have an empty body; Partnero's errors are JSON with a `message` (D).
    let refuse = |status| {
        move |Extracted(state): Extracted<Arc<State>>| {
            let refusal = Refusal::status(status);
            ready(write(Err(refusal), &state.world().switches))
        }
    };
    router
        .merge(page::router())
        .merge(browser::router())
        .fallback(refuse(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(refuse(StatusCode::METHOD_NOT_ALLOWED))
        .with_state(state)
}
