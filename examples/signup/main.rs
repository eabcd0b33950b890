//! A small shop with refer-a-friend, and a local Partnero behind it.
//!
//! ```text
//! cargo run --example signup
//! cargo run --example signup -- --port 8080
//! ```
//!
//! Nothing to install and nothing to sign up for. Open what it prints, follow Anna's link, go
//! away, come back without it, sign up: the friend is Anna's. Buy some tea, and see on Anna's
//! page what she has earned; give it back, and it is gone. Then take Partnero down and see that
//! the shop does not mind.
//!
//! `shop.rs` is the part an app would have, with `sales.rs` for what it tells Partnero and
//! `rewards.rs` for what Partnero tells it, and `clicks.rs` for its script in the browser; `users.rs`
//! is the database, `pages.rs` is HTML.

mod clicks;
mod pages;
mod rewards;
mod sales;
mod shop;
mod users;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use tokio::net::TcpListener;
use tower_partnero::Sandbox;

const USAGE: &str = "usage: cargo run --example signup [-- --port PORT]";

#[tokio::main]
#[expect(
    clippy::print_stderr,
    reason = "a program tells its user what went wrong"
)]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_target(false).init();
    let port = match port(std::env::args().skip(1)) {
        Ok(port) => port,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(port).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn port(mut args: impl Iterator<Item = String>) -> Result<u16, String> {
    let port = match (args.next().as_deref(), args.next()) {
        (None, _) => return Ok(3000),
        (Some("--port"), Some(port)) => port,
        (Some("--port"), None) => return Err("--port needs a number".to_owned()),
        (Some(other), _) => return Err(format!("{other:?} is not known here")),
    };
    port.parse()
        .map_err(|_| format!("{port:?} is no port: write a number from 0 to 65535"))
}

#[expect(clippy::print_stdout, reason = "a program tells its user what to open")]
async fn run(port: u16) -> Result<(), Box<dyn std::error::Error>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.map_err(|error| {
        format!("port {port} cannot be used ({error}): stop the other program, or choose another port with `--port`")
    })?;
    let shop_url = format!("http://{}", listener.local_addr()?);

    let sandbox = Sandbox::builder()
        .link_base(format!("{shop_url}/"))
        .start()
        .await?;
    let (database, referrals) = (users::database().await?, shop::policy().build()?);
    let snippet = Some(sandbox.snippet()?);
    let app = shop::app(&sandbox, &shop_url, database, referrals, snippet).await?;

    println!("the shop          {shop_url}/");
    println!("Anna's link       {shop_url}/?ref={}", shop::ANNA);
    println!("Partnero's view   {shop_url}/partnero");
    println!("stop with ctrl-c");
    axum::serve(listener, app).await?;
    Ok(())
}
