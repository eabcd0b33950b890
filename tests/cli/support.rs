//! Runs the program.

use std::process::{Command, Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command as Spawn};
use tower_partnero::Sandbox;

/// A call of the program, with nothing of this test's own environment that it would read.
pub(crate) struct Call {
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
}

/// What the program said, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

const READ: [&str; 4] = [
    "DATABASE_URL",
    "PARTNERO_API_KEY",
    "PARTNERO_BASE_URL",
    "PARTNERO_WEBHOOK_SECRET",
];

pub(crate) fn partnero(arguments: &[&str]) -> Call {
    Call {
        arguments: arguments.iter().map(ToString::to_string).collect(),
        variables: Vec::new(),
    }
}

impl Call {
    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// With the key and the address of a sandbox.
    pub(crate) fn at(self, sandbox: &Sandbox) -> Self {
        self.variable("PARTNERO_API_KEY", sandbox.api_key())
            .variable("PARTNERO_BASE_URL", &sandbox.base_url())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_partnero"));
        for name in READ {
            command.env_remove(name);
        }
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> Said {
        let output = self.command().output().unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts it, and does not wait.
    pub(crate) fn spawn(&self) -> std::process::Child {
        let mut command = self.command();
        command.stdout(Stdio::piped()).spawn().unwrap()
    }

    /// Starts it, and reads its output up to the line that contains `mark`.
    pub(crate) async fn start(&self, mark: &str) -> Running {
        let mut child = Spawn::from(self.command())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains(mark) {
                return Running {
                    line,
                    child,
                    _output: lines,
                };
            }
        }
        panic!("the program ended without a line with {mark:?}");
    }
}

/// A program that runs. Dropping this ends it.
pub(crate) struct Running {
    /// The line that was waited for.
    pub(crate) line: String,
    pub(crate) child: Child,
    /// Kept open, because printing to a closed pipe would end the program.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// The address in the line that was waited for.
    pub(crate) fn url(&self) -> &str {
        let start = self
            .line
            .find("http://")
            .expect("the line names an address");
        &self.line[start..]
    }
}

/// One line of JSON, or a program's whole output if it is one line.
pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
