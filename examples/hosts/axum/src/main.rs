//! axum, with each kind of state: a struct of the app's own, an `Arc` of it, and none at all.

mod arc;
mod extension;
mod state;

use std::process::ExitCode;

use axum::Router;
use tokio::net::TcpListener;
use tower_partnero::Client;
use visitor::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    visitor::run("axum-host", |listener, client| {
        serve(state::app, listener, client)
    })
    .await
}

async fn serve(
    app: fn(Client) -> Result<Router, Failure>,
    listener: TcpListener,
    client: Client,
) -> Result<(), Failure> {
    Ok(axum::serve(listener, app(client)?).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_state_struct() {
        visitor::check(|listener, client| serve(state::app, listener, client)).await;
    }

    #[tokio::test]
    async fn an_arc_of_the_state() {
        visitor::check(|listener, client| serve(arc::app, listener, client)).await;
    }

    #[tokio::test]
    async fn extensions_alone() {
        visitor::check(|listener, client| serve(extension::app, listener, client)).await;
    }
}
