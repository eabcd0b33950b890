//! Users who were there before Partnero, against a local Partnero.
//!
//! `TOWER_PARTNERO_TEST_USERS=100000` makes it so many; otherwise there are fewer, for speed.

mod backfill;
mod reconcile;

use std::convert::Infallible;

use futures_util::stream::{self, Stream};
use tower_partnero::client::{Client, CustomerRef};
use tower_partnero::{ApiKey, NewCustomer, Sandbox};

async fn sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    (sandbox, client)
}

fn client(sandbox: &Sandbox) -> Client {
    let key = ApiKey::new(sandbox.api_key()).unwrap();
    let client = Client::builder(key).base_url(sandbox.base_url());
    client.build().unwrap()
}

fn count() -> u64 {
    let asked = std::env::var("TOWER_PARTNERO_TEST_USERS").ok();
    asked.map_or(300, |asked| asked.parse().unwrap())
}

/// User number `id`. Every third one was referred by the user right before.
fn user(id: u64) -> NewCustomer {
    let user = NewCustomer::new(id).email(format!("user-{id}@shop.example"));
    match id % 3 {
        0 => user.referring_customer(CustomerRef::id(id - 1)),
        _ => user,
    }
}

fn all(
    users: impl IntoIterator<Item = NewCustomer>,
) -> impl Stream<Item = Result<NewCustomer, Infallible>> {
    let users: Vec<_> = users.into_iter().map(Ok).collect();
    stream::iter(users)
}
