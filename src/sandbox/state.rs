//! What all connections share.

use std::sync::{Mutex, MutexGuard};

use serde_json::Value;

use super::fault::Rules;
use super::lock::lock;
use super::newest::Newest;
use super::snapshot::SandboxRequest;
use super::webhooks::Outbound;
use super::world::World;

pub(super) struct State {
    pub(super) api_key: String,
    world: Mutex<World>,
    rules: Mutex<Rules>,
    log: Mutex<Newest<SandboxRequest>>,
    script_calls: Mutex<Newest<Value>>,
    pub(super) outbound: Outbound,
}

impl State {
    pub(super) fn new(api_key: String, world: World, outbound: Outbound) -> Self {
        Self {
            api_key,
            world: Mutex::new(world),
            rules: Mutex::default(),
            log: Mutex::default(),
            script_calls: Mutex::default(),
            outbound,
        }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// Hands the notices of this request to the sender, for each subscription that wants them.
    pub(super) fn send_notices(&self, world: &mut World) {
        for notice in world.notices.take() {
            let subscriptions = world.subscriptions.iter();
            self.outbound.tell(&notice, subscriptions, &world.switches);
        }
    }

    pub(super) fn rules(&self) -> MutexGuard<'_, Rules> {
        lock(&self.rules)
    }

    /// The requests to the API.
    pub(super) fn log(&self) -> MutexGuard<'_, Newest<SandboxRequest>> {
        lock(&self.log)
    }

    /// The calls that pages made to Partnero's browser script.
    pub(super) fn script_calls(&self) -> MutexGuard<'_, Newest<Value>> {
        lock(&self.script_calls)
    }
}
