//! A small shop with refer-a-friend, and a local Partnero behind it.
//!
//! ```text
//! cargo run --example signup
//! cargo run --example signup -- --port 8080
//! cargo run --example signup -- --affiliate
//! ```
//!
//! You need no account at Partnero and no database server. Open the shop's page, which the program
//! prints: it says what to try, from Anna's link to her reward, with Partnero up and with Partnero
//! down. With `--affiliate`, Partnero's program is an affiliate program: Anna is a partner of the shop
//! and no customer, and earns a commission.
//!
//! An app of yours would have `shop.rs` (links and sign-ups), `sales.rs` (what the shop reports to
//! Partnero), `answers.rs` and `rewards.rs` (what the shop asks Partnero, and what Partnero tells
//! it by webhooks), `timeline.rs` (why a sign-up was credited or not) and `clicks.rs` (Partnero's
//! script in the browser). `accounts.rs` is the database, `pages` is the HTML, and `partnero.rs`
//! is the switch that takes the local Partnero down.

mod accounts;
mod answers;
#[path = "../common/arguments.rs"]
mod arguments;
mod clicks;
mod pages;
mod partnero;
mod rewards;
mod sales;
mod shop;
mod timeline;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tower_partnero::{ProgramKind, Sandbox};

use self::arguments::Arguments;

const HELP: &str = "\
usage: cargo run --example signup [-- [--port PORT] [--affiliate]]

  --port PORT  where the server listens on 127.0.0.1; 3000 if absent, 0 for any free port
  --affiliate  partners bring customers and earn a commission, instead of customers who bring friends
  --help       prints this text";

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_target(false).init();
    let (port, program) = match settings() {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    match run(port, program).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<(u16, ProgramKind), ExitCode> {
    let arguments = Arguments::read(HELP, &["port"], &["affiliate"])?;
    let mut options = arguments.options.iter();
    let program = if options.any(|(name, _)| *name == "affiliate") {
        ProgramKind::Affiliate
    } else {
        ProgramKind::ReferAFriend
    };
    Ok((arguments.port(3000)?, program))
}

#[expect(clippy::print_stdout, reason = "a program tells its user what to open")]
async fn run(
    port: u16,
    program: ProgramKind,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.map_err(|error| {
        format!("port {port} cannot be used ({error}): stop the other program, or choose another port with `--port`")
    })?;
    let shop_url = format!("http://{}", listener.local_addr()?);

    let sandbox = Sandbox::builder().link_base(format!("{shop_url}/"));
    let sandbox = match program {
        ProgramKind::Affiliate => sandbox.affiliate().start().await?,
        _ => sandbox.start().await?,
    };
    // The sandbox forgets everything when it stops, and so does this shop.
    let folder = tempfile::tempdir()?;
    let database = accounts::open(&folder.path().join("shop.db")).await?;
    let referrals = shop::policy(program).build()?;
    let snippet = Some(sandbox.snippet()?);
    let shop = shop::open(&sandbox, &shop_url, database, referrals, snippet).await?;

    println!("the shop          {shop_url}/");
    println!("Anna's link       {}", shop::annas_link(&shop_url, program));
    println!("Partnero's view   {}", sandbox.page_url());
    println!("stop with ctrl-c");
    let ctrl_c = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, shop.pages)
        .with_graceful_shutdown(ctrl_c)
        .await?;
    // What it does not finish is sent at the next start, where the database is kept.
    shop.worker.stop(Duration::from_secs(5)).await;
    Ok(())
}
