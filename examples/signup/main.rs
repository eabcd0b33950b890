//! A small shop with refer-a-friend, and a local Partnero behind it.
//!
//! ```text
//! cargo run --example signup
//! cargo run --example signup -- --port 8080
//! ```
//!
//! You need no account at Partnero and no database. Open Anna's link, which the program prints,
//! leave, come back without the link, and sign up: Anna has referred you. Buy some tea, and Anna's
//! page shows what she has earned; give the tea back, and the reward is taken back. Follow Anna's
//! link and then `/?ref=producthunt`, as a newsletter would write it, and sign up: Anna has referred
//! you all the same, and your page says why. Then take Partnero down and sign up: the shop works as
//! before.
//!
//! An app of yours would have `shop.rs` (links and sign-ups), `sales.rs` (what the shop reports to
//! Partnero), `rewards.rs` (what Partnero reports to the shop) and `clicks.rs` (Partnero's script
//! in the browser). `users.rs` is the database, and `pages.rs` is the HTML.

#[path = "../common/arguments.rs"]
mod arguments;
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

use self::arguments::Arguments;

const HELP: &str = "\
usage: cargo run --example signup [-- --port PORT]

  --port PORT  where the server listens on 127.0.0.1; 3000 if absent, 0 for any free port
  --help       prints this text";

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_target(false).init();
    let arguments = Arguments::read(HELP, &["port"]);
    let port = match arguments.and_then(|arguments| arguments.port(3000)) {
        Ok(port) => port,
        Err(code) => return code,
    };
    match run(port).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
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
    println!("Partnero's view   {}", sandbox.page_url());
    println!("stop with ctrl-c");
    axum::serve(listener, app).await?;
    Ok(())
}
