//! A local Partnero as a program. It runs until you stop it with Ctrl-C:
//!
//! ```sh
//! cargo run --example sandbox
//! cargo run --example sandbox -- --port 4010 --link-base http://localhost:3000/
//! ```

#[path = "common/arguments.rs"]
mod arguments;

use std::io::{self, Write};
use std::process::ExitCode;

use tower_partnero::Sandbox;

use self::arguments::Arguments;

const HELP: &str = "\
usage: cargo run --example sandbox [-- --port PORT] [--api-key KEY] [--link-base URL]

  --port PORT      where it listens on 127.0.0.1; 4010 if absent, 0 for any free port
  --api-key KEY    the bearer token that clients must send; sandbox-api-key if absent
  --link-base URL  the page that referral links lead to; https://shop.example/ if absent
  --help           prints this text";

#[tokio::main]
async fn main() -> ExitCode {
    run().await.unwrap_or_else(|code| code)
}

/// The error is the code to end with, too; what went wrong was printed.
async fn run() -> Result<ExitCode, ExitCode> {
    let arguments = Arguments::read(HELP, &["port", "api-key", "link-base"])?;
    let port = arguments.port(4010)?;
    let mut builder = Sandbox::builder().port(port);
    for (name, value) in &arguments.options {
        builder = match *name {
            "api-key" => builder.api_key(value),
            "link-base" => builder.link_base(value),
            _ => builder,
        };
    }
    match builder.start().await {
        Ok(sandbox) => Ok(serve(&sandbox).await),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            eprintln!(
                "port {port} is taken: stop the program that listens there, or choose another \
                 port, as in `--port {}` (0 takes any free one)",
                port.wrapping_add(1)
            );
            Err(ExitCode::FAILURE)
        }
        Err(error) => {
            eprintln!("cannot listen on port {port}: {error}");
            Err(ExitCode::FAILURE)
        }
    }
}

async fn serve(sandbox: &Sandbox) -> ExitCode {
    let text = format!(
        "A local Partnero is running. It forgets everything when you stop it with Ctrl-C.\n\
         \n\
         base URL  {}\n\
         API key   {}\n\
         look at   {}\n",
        sandbox.base_url(),
        sandbox.api_key(),
        sandbox.page_url(),
    );
    if let Err(error) = io::stdout().write_all(text.as_bytes()) {
        eprintln!("cannot write: {error}");
        return ExitCode::FAILURE;
    }
    match tokio::signal::ctrl_c().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot wait for Ctrl-C: {error}");
            ExitCode::FAILURE
        }
    }
}
