//! The arms, each with its baseline and its target.
//!
//! A baseline serves the same request by the same service without the thing that is measured,
//! so that the difference is that thing alone. Where frameworks are compared, every arm has the
//! same router, the same way to put the middleware around it, and the same answer.

mod compared;
mod layered;
mod parts;
mod read;

use axum::Router;
use axum::body::Body;
use axum::handler::Handler;
use tower_partnero::Referrals;

use crate::budget::Target;
use crate::requests::get;
use crate::routed::router;
use crate::work::{Answer, Calls, Work};

pub(crate) struct Arm {
    pub(crate) name: &'static str,
    pub(crate) baseline: Option<&'static str>,
    pub(crate) target: Option<Target>,
    pub(crate) opens_a_group: bool,
    /// Made where it is measured, so that no arm sees the heap that another one left.
    pub(crate) work: Box<dyn Fn() -> Box<dyn Work>>,
}

impl Arm {
    fn new<W: Work + 'static>(name: &'static str, work: impl Fn() -> W + 'static) -> Self {
        Self {
            name,
            baseline: None,
            target: None,
            opens_a_group: false,
            work: Box::new(move || Box::new(work())),
        }
    }

    fn over(self, baseline: &'static str) -> Self {
        Self {
            baseline: Some(baseline),
            ..self
        }
    }

    fn target(self, target: Target) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    fn at_most(self, instructions: f64, allocations: f64) -> Self {
        self.target(Target::More {
            instructions,
            allocations,
        })
    }
}

pub(crate) fn arms() -> Vec<Arm> {
    let groups = [
        layered::plain(),
        layered::wrapped(),
        read::extracted(),
        read::growing(),
        compared::compared(),
        layered::whole(),
        parts::unused(),
        parts::decided(),
        parts::consented(),
        parts::stored(),
        parts::apart(),
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
