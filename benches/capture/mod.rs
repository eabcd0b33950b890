//! What one request costs with our layer, and with what people write today.
//!
//! A baseline serves the same request by the same service without the thing that is measured,
//! so that the difference is that thing alone. Where frameworks are compared, every arm has the
//! same router, the same way to put the middleware around it, and the same answer.

mod apart;
mod compared;
mod decided;
mod floor;
mod layered;
mod nothing;
mod parts;
mod read;
mod requests;
mod routed;
mod stored;
pub(crate) mod today;
mod unused;
mod wire;
mod work;

use axum::Router;
use axum::body::Body;
use axum::handler::Handler;
use tower_partnero::Referrals;

use self::requests::get;
use self::routed::router;
use self::work::{Answer, Calls};
use crate::harness::Arm;

pub(crate) fn arms() -> Vec<Arm> {
    let groups = [
        layered::plain(),
        layered::reading(),
        layered::wrapped(),
        read::extracted(),
        read::growing(),
        compared::compared(),
        layered::whole(),
        unused::unused(),
        decided::decided(),
        decided::consented(),
        stored::stored(),
        apart::apart(),
    ];
    let mut arms = Vec::new();
    for mut group in groups {
        group[0].opens_a_group = true;
        arms.append(&mut group);
    }
    arms
}

fn referrals() -> Referrals {
    Referrals::builder()
        .build()
        .expect("the defaults are valid")
}

/// An app with our layer, put around its routes as most apps do.
fn ours<H, T>(handler: H) -> Router
where
    H: Handler<T, Referrals>,
    T: 'static,
{
    let referrals = referrals();
    router(handler)
        .layer(referrals.layer())
        .with_state(referrals)
}

/// Requests to an axum app.
fn page<S>(app: S, uri: &str, cookies: &str, answer: Answer) -> Calls<S, Body> {
    Calls::new(app, get(uri, cookies), answer)
}
