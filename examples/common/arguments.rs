//! The arguments of the examples: `--name VALUE`, `--name=VALUE`, `--switch` and `--help`.

use std::process::ExitCode;

/// The options that the program was started with.
pub(crate) struct Arguments {
    /// How to call the program, in one line.
    usage: String,
    /// Names without their dashes, each with its value; a switch has none.
    pub(crate) options: Vec<(&'static str, String)>,
}

impl Arguments {
    /// Reads the options of these names, and the switches, which have no value. The first line of
    /// `help` says how to call the program.
    ///
    /// # Errors
    ///
    /// The code to end with, when the help or a mistake was printed.
    pub(crate) fn read(
        help: &str,
        names: &[&'static str],
        switches: &[&'static str],
    ) -> Result<Self, ExitCode> {
        let mut arguments = std::env::args().skip(1);
        let mut read = Self {
            usage: help.lines().next().unwrap_or_default().to_owned(),
            options: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            if matches!(&*argument, "--help" | "-h") {
                print(help);
                return Err(ExitCode::SUCCESS);
            }
            let is_it = |name: &&&str| argument.strip_prefix("--") == Some(**name);
            if let Some(switch) = switches.iter().find(is_it) {
                read.options.push((switch, String::new()));
                continue;
            }
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (&*argument, None),
            };
            let known = name
                .strip_prefix("--")
                .and_then(|name| names.iter().find(|known| **known == name));
            let Some(known) = known else {
                return Err(read.mistake(&format!("{argument:?} is not known here")));
            };
            let Some(value) = value.or_else(|| arguments.next()) else {
                return Err(read.mistake(&format!("{name} needs a value")));
            };
            read.options.push((known, value));
        }
        Ok(read)
    }

    /// The value of `--port`.
    ///
    /// # Errors
    ///
    /// The code to end with, when the value is no port, which was printed.
    pub(crate) fn port(&self, default: u16) -> Result<u16, ExitCode> {
        let Some((_, text)) = self.options.iter().rfind(|(name, _)| *name == "port") else {
            return Ok(default);
        };
        text.parse().map_err(|_| {
            self.mistake(&format!(
                "{text:?} is no port: write a number from 0 to 65535"
            ))
        })
    }

    /// Prints a mistake in the arguments, and how to call the program.
    pub(crate) fn mistake(&self, problem: &str) -> ExitCode {
        eprintln!("{problem}\n{}", self.usage);
        ExitCode::from(2)
    }
}

#[expect(clippy::print_stdout, reason = "the user asked for this text")]
fn print(help: &str) {
    println!("{help}");
}
