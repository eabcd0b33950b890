//! A local Partnero as a program, until you stop it:
//!
//! ```sh
//! cargo run --example sandbox -- --port 4010
//! ```
//!
//! Options: `--port N` (4010 if you name none, 0 for any free one), `--api-key KEY`,
//! `--link-base URL` (where referral links lead).

use std::io::{self, Write};
use std::process::ExitCode;

use tower_partnero::Sandbox;
use tower_partnero::sandbox::SandboxBuilder;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\nusage: sandbox [--port N] [--api-key KEY] [--link-base URL]");
            return ExitCode::from(2);
        }
    };
    let Options { port, builder } = options;
    match builder.port(port).start().await {
        Ok(sandbox) => serve(&sandbox).await,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            eprintln!(
                "port {port} is taken: stop the program that listens there, or choose another \
                 port, as in `--port {}` (0 takes any free one)",
                port.wrapping_add(1)
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("cannot listen on port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(sandbox: &Sandbox) -> ExitCode {
    let text = format!(
        "A local Partnero is running; it forgets everything when it stops (Ctrl-C).\n\
         \n\
         base URL  {}\n\
         API key   {}\n\
         look at   http://127.0.0.1:{}/\n",
        sandbox.base_url(),
        sandbox.api_key(),
        sandbox.port(),
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

struct Options {
    port: u16,
    builder: SandboxBuilder,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            port: 4010,
            builder: Sandbox::builder(),
        };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--port" => {
                    let text = value()?;
                    let problem = format!("{text:?} is no port: write a number from 0 to 65535");
                    options.port = text.parse().map_err(|_| problem)?;
                }
                "--api-key" => options.builder = options.builder.api_key(value()?),
                "--link-base" => options.builder = options.builder.link_base(value()?),
                _ => return Err(format!("there is no option {name:?}")),
            }
        }
        Ok(options)
    }
}
