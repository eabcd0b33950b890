//! What all connections share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde_json::Value;
use tokio::time::Instant;

use super::limiter::{Exceeded, Limiter, RateLimit};
use super::log::Log;
use super::newest::Newest;
use super::rules::Rules;
use super::webhooks::Outbound;
use super::world::World;

pub(super) struct State {
    pub(super) api_key: String,
    world: Mutex<World>,
    rules: Mutex<Rules>,
    log: Mutex<Log>,
    script_calls: Mutex<Newest<Value>>,
    limiter: Option<Mutex<Limiter>>,
    pub(super) outbound: Outbound,
}

impl State {
    pub(super) fn new(
        api_key: String,
        rate_limit: Option<RateLimit>,
        world: World,
        outbound: Outbound,
    ) -> Self {
        Self {
            api_key,
            world: Mutex::new(world),
            rules: Mutex::default(),
            log: Mutex::default(),
            script_calls: Mutex::default(),
            limiter: rate_limit.map(|limit| Mutex::new(Limiter::new(limit))),
            outbound,
        }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// Sends what happened to whom it concerns, in the order in which it happened.
    pub(super) fn tell(&self, world: &mut World) {
        for notice in world.notices.take() {
            let subscriptions = world.subscriptions.iter();
            self.outbound.tell(&notice, subscriptions, &world.switches);
        }
    }

    pub(super) fn rules(&self) -> MutexGuard<'_, Rules> {
        lock(&self.rules)
    }

    /// Counts a request against the rate limit, if there is one.
    pub(super) fn admit(&self) -> Result<(), Exceeded> {
        self.limiter.as_ref().map_or(Ok(()), |limiter| {
            lock(limiter).take(Instant::now(), SystemTime::now())
        })
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    /// What pages called Partnero's browser script for.
    pub(super) fn script_calls(&self) -> MutexGuard<'_, Newest<Value>> {
        lock(&self.script_calls)
    }
}

/// A panic while the lock was held is a bug of the sandbox that its own task has reported; what
/// it left behind is still the best answer there is.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
