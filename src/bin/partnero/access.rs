//! How the program reaches Partnero.

use std::path::{Path, PathBuf};

use tower_partnero::client::ClientBuilder;
use tower_partnero::{ApiKey, Client, ProgramKind};

use crate::failure::Failure;

const KEY: &str = "PARTNERO_API_KEY";

/// The options of a command that calls Partnero. The key itself is no option: other users of a
/// machine see the arguments of every program, and shells keep them.
#[derive(clap::Args)]
pub(crate) struct Access {
    /// A file with the API key in it and nothing else. Without this option the key is read from the
    /// environment variable `PARTNERO_API_KEY`
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Another address of the API, such as a sandbox's
    #[arg(
        long,
        value_name = "URL",
        env = "PARTNERO_BASE_URL",
        hide_env_values = true
    )]
    base_url: Option<String>,
    /// The API key is of an affiliate program, not of a refer-a-friend program
    #[arg(long)]
    affiliate: bool,
}

impl Access {
    pub(crate) fn builder(&self) -> Result<ClientBuilder, Failure> {
        let key = secret(self.key_file.as_deref(), KEY, "the API key", "--key-file")?;
        let key = ApiKey::new(key).map_err(|error| Failure::mistake(error.to_string()))?;
        let mut builder = Client::builder(key);
        if self.affiliate {
            builder = builder.affiliate();
        }
        // A variable that is set to nothing is not set.
        Ok(match self.base_url.as_deref() {
            None | Some("") => builder,
            Some(url) => builder.base_url(url),
        })
    }

    /// The kind of program that the app is made for.
    pub(crate) fn program_kind(&self) -> ProgramKind {
        if self.affiliate {
            ProgramKind::Affiliate
        } else {
            ProgramKind::ReferAFriend
        }
    }

    pub(crate) fn client(&self) -> Result<Client, Failure> {
        build(self.builder()?)
    }
}

/// Makes the client; a setting that cannot work is a mistake in the arguments.
pub(crate) fn build(builder: ClientBuilder) -> Result<Client, Failure> {
    builder
        .build()
        .map_err(|error| Failure::mistake(error.to_string()))
}

/// Reads a secret from a file, or else from an environment variable.
pub(crate) fn secret(
    file: Option<&Path>,
    variable: &str,
    what: &str,
    option: &str,
) -> Result<String, Failure> {
    // The file counts first: who writes the option means this file, not a variable of the shell.
    let (text, place) = if let Some(file) = file {
        let place = file.display().to_string();
        let text = std::fs::read_to_string(file);
        let text = text.map_err(|error| Failure::of(&format!("{place} cannot be read"), &error))?;
        (text, place)
    } else {
        let text = std::env::var(variable).map_err(|_| {
            Failure::mistake(format!(
                "{what} is missing: set the environment variable {variable}, or write {option} FILE"
            ))
        })?;
        (text, variable.to_owned())
    };
    // Editors end a file with a line feed.
    let secret = text.trim();
    if secret.is_empty() {
        return Err(Failure::mistake(format!(
            "{place} is empty: {what} belongs there"
        )));
    }
    Ok(secret.to_owned())
}
