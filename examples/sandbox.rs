//! A local Partnero as a program. It runs until you stop it with Ctrl-C:
//!
//! ```sh
//! cargo run --example sandbox
//! cargo run --example sandbox -- --port 4010 --link-base http://localhost:3000/
//! cargo run --example sandbox -- --switch UnknownReferrer=NotFound --refuse-field email
//! cargo run --example sandbox -- --help
//! ```

#[path = "common/arguments.rs"]
mod arguments;

use std::io::{self, Write};
use std::process::ExitCode;

use tower_partnero::Sandbox;
use tower_partnero::sandbox::switches;

use self::arguments::Arguments;

const HELP: &str = "\
usage: cargo run --example sandbox [-- --port PORT] [--switch NAME=POSITION] [...]

  --port PORT              where it listens on 127.0.0.1; 4010 if absent, 0 for any free port
  --api-key KEY            the bearer token that clients must send; sandbox-api-key if absent
  --link-base URL          the page that referral links lead to; https://shop.example/ if absent
  --currency CODE          the program's currency; USD if absent
  --program-id ID          the program's public id; SANDBOX1 if absent
  --switch NAME=POSITION   how Partnero answers where no source is sure; see below
  --refuse-referrer KEY    a referring customer that counts as unknown
  --refuse-field NAME      a field of a customer that is refused, as email
  --refuse-value TEXT      a value in any field of a customer that is refused
  --register EMAIL         a person who registers in Partnero's own portal at the start
  --help                   prints this text

All but --port may stand there several times. Each switch with its positions, the default first;
the docs of tower_partnero::sandbox::switches say what they mean:
";

const OPTIONS: [&str; 10] = [
    "port",
    "api-key",
    "link-base",
    "currency",
    "program-id",
    "switch",
    "refuse-referrer",
    "refuse-field",
    "refuse-value",
    "register",
];

#[tokio::main]
async fn main() -> ExitCode {
    run().await.unwrap_or_else(|code| code)
}

/// The error is the code to end with, too; what went wrong was printed.
async fn run() -> Result<ExitCode, ExitCode> {
    let switches = switches::list().into_iter();
    let switches = switches.map(|info| format!("  {} = {}", info.name, info.positions.join(" | ")));
    let switches: Vec<_> = switches.collect();
    let help = format!("{HELP}\n{}", switches.join("\n"));
    let arguments = Arguments::read(&help, &OPTIONS)?;
    let port = arguments.port(4010)?;
    let mut builder = Sandbox::builder().port(port);
    for (name, value) in &arguments.options {
        builder = match *name {
            "api-key" => builder.api_key(value),
            "link-base" => builder.link_base(value),
            "currency" => builder.currency(value),
            "program-id" => builder.program_id(value),
            "switch" => {
                let (name, position) = value.split_once('=').unwrap_or((value, ""));
                let builder = builder.switch_by_name(name, position);
                builder.map_err(|error| arguments.mistake(&error.to_string()))?
            }
            _ => builder,
        };
    }
    match builder.start().await {
        Ok(sandbox) => {
            for (name, value) in &arguments.options {
                match *name {
                    "refuse-referrer" => sandbox.refuse_referrer(value),
                    "refuse-field" => sandbox.refuse_field(value),
                    "refuse-value" => sandbox.refuse_value(value),
                    "register" => sandbox.register_in_portal(value),
                    _ => {}
                }
            }
            Ok(serve(&sandbox).await)
        }
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
