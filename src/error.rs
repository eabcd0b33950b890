//! What an operator can get wrong before anything is served.

use std::borrow::Cow;
use std::fmt;

/// A setting that was refused when a handle or a client was built.
///
/// Its text names the setting and says what to write instead, so that a wrong configuration
/// fails at start-up and not in front of a visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    setting: &'static str,
    advice: Cow<'static, str>,
}

impl ConfigError {
    pub(crate) fn new(setting: &'static str, advice: impl Into<Cow<'static, str>>) -> Self {
        Self {
            setting,
            advice: advice.into(),
        }
    }

    /// The name of the setting that was refused, as the builder's method spells it.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }

    /// The text without the name of the setting, for an error that says where the setting stood.
    #[cfg(feature = "client")]
    pub(crate) fn advice(&self) -> &str {
        &self.advice
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.advice)
    }
}

impl std::error::Error for ConfigError {}
