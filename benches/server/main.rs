//! An axum server on loopback, with and without our layer, under load.
//!
//! Every arm is a server process of its own, so that its CPU time can be read; the load comes
//! from this one. The arms take turns in many short rounds, each round's figures are divided by
//! those of *no layer* in the same round, and the medians of these ratios are shown: what slows
//! the machine down for a while slows all arms down. The first arm runs twice, and how far its
//! two runs differ is what this machine cannot see.
//!
//! ```sh
//! cargo bench --bench server                                  # about a minute
//! cargo bench --bench server -- --rounds 2 --seconds 0.2      # only to see that it runs
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on the terminal")]

mod app;
mod load;
mod process;
mod report;
mod rounds;
mod serve;

use crate::rounds::Options;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut options = Options::new(std::env::args().any(|word| word == "--bench"));
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = |value: Option<String>| value.ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--rounds" => options.rounds = value(words.next())?.parse()?,
            "--seconds" => options.seconds = value(words.next())?.parse()?,
            process::SERVE => {
                let arm: app::Arm = value(words.next())?.parse()?;
                return serve::serve(|| arm.app());
            }
            "--bench" => {}
            _ => return Err(format!("{word} is unknown: write --rounds N, --seconds S").into()),
        }
    }
    options.run()
}
