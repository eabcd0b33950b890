//! What the program prints.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

/// Prints results to stdout, as text or as JSON, and complaints to stderr.
#[derive(Clone, Copy)]
pub(crate) struct Printer {
    json: bool,
}

impl Printer {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints one result: the text, or the object as one line of JSON.
    ///
    /// # Errors
    ///
    /// Nobody reads the output.
    pub(crate) fn result(self, text: &str, object: &Value) -> io::Result<()> {
        // `println!` panics if the reader has closed the pipe.
        let mut out = io::stdout().lock();
        if self.json {
            writeln!(out, "{object}")
        } else {
            writeln!(out, "{text}")
        }
    }

    /// Prints what went wrong. A stderr that nobody reads changes nothing.
    pub(crate) fn complain(self, text: &str) {
        let mut out = io::stderr().lock();
        let _ = if self.json {
            writeln!(out, "{}", json!({ "error": text }))
        } else {
            let label = console::style("error:").for_stderr().red().bold();
            writeln!(out, "{label} {}", plain(text))
        };
    }
}

/// A text from a database or from the network, without what a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && character != '\n' {
            // Writing to a string cannot fail.
            let _ = write!(shown, "{}", character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
