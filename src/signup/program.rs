//! Whether the policy, the client and the program at Partnero are of one kind: asked at start-up.

use std::error::Error as StdError;
use std::fmt;

use super::hook::Signups;
use crate::client::{Client, Error, ErrorKind};
use crate::error::ConfigError;
use crate::referral::ProgramKind;

impl Signups {
    /// Asks Partnero whether the API key is right, and whether its program is of the kind that the
    /// policy and the client are for (`GET /test` and `GET /program/overview`). An app calls it when
    /// it starts.
    ///
    /// `None` if Partnero does not say the kind: the second call is documented nowhere, and was seen
    /// in affiliate programs alone (<https://wordpress.org/plugins/partnero/>). Only its words for
    /// the kind are compared.
    ///
    /// ```no_run
    /// use tower_partnero::signup::CheckProgramError;
    /// use tower_partnero::{Client, Signups};
    ///
    /// # async fn example(signups: Signups, client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// match signups.check_program(&client).await {
    ///     Ok(kind) => println!("the program is {kind:?}"),
    ///     // An outage of Partnero's is no reason to keep the app down.
    ///     Err(CheckProgramError::Client(error)) if error.is_retryable() => eprintln!("{error}"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Config`](CheckProgramError::Config) says what to write where the kinds differ.
    /// [`Client`](CheckProgramError::Client) if Partnero could not be asked, or refused the key.
    pub async fn check_program(
        &self,
        client: &Client,
    ) -> Result<Option<ProgramKind>, CheckProgramError> {
        let ours = self.referrals().program_kind();
        let theirs = client.program_kind();
        if ours != theirs {
            return Err(mismatch(format!(
                "the policy is for a {ours} program and the client for a {theirs} program: write \
                 `.affiliate()` for both of them, or for neither"
            )));
        }
        // First the documented call: if it fails, the key or the address is wrong, and not the kind
        // of the program.
        client.program().test().await?;
        let overview = match client.program().overview().await {
            Ok(overview) => overview,
            // Partnero does not document this call, so an answer without it is no mistake of the
            // app.
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let kind = overview.kind();
        if let Some(kind) = kind
            && kind != ours
        {
            let advice = match kind {
                ProgramKind::Affiliate => {
                    "write `Referrals::builder().affiliate()` and `Client::builder(key).affiliate()`"
                }
                ProgramKind::ReferAFriend => {
                    "leave out `.affiliate()` where the policy and the client are made"
                }
            };
            return Err(mismatch(format!(
                "the API key is of a {kind} program: {advice}, or use the key of a {ours} program"
            )));
        }
        Ok(kind)
    }
}

fn mismatch(advice: String) -> CheckProgramError {
    CheckProgramError::Config(ConfigError::new("program", advice))
}

/// Whether Partnero has no overview of this program.
fn is_missing(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::Rejected | ErrorKind::Invalid
    )
}

/// Why [`Signups::check_program`] found no fitting program.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckProgramError {
    /// The policy, the client and the program are not of one kind.
    Config(ConfigError),
    /// Partnero could not be asked, or refused the API key.
    Client(Error),
}

impl From<Error> for CheckProgramError {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

impl fmt::Display for CheckProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config(_) => "the program at Partnero is of another kind",
            Self::Client(_) => "Partnero could not be asked for the kind of the program",
        })
    }
}

impl StdError for CheckProgramError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::Client(error) => Some(error),
        }
    }
}
