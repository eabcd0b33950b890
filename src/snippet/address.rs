//! An address from which the tag makes a browser load something.

use crate::error::ConfigError;

/// An absolute URL, and its origin.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) url: String,
    pub(super) origin: String,
}

impl Address {
    pub(super) fn parse(
        setting: &'static str,
        url: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let url = url.into();
        let refuse = || {
            let advice = format!(
                "{url:?} is not allowed: write an `https` URL; plain `http` is for loopback"
            );
            ConfigError::new(setting, advice)
        };
        let uri: http::Uri = url.parse().map_err(|_| refuse())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refuse());
        };
        let is_loopback = matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]");
        let is_allowed = scheme == "https" || (scheme == "http" && is_loopback);
        // A URI's host may contain `;`, `,`, `'` and `*`. In a Content-Security-Policy they would
        // end the source or allow other hosts.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        if !is_allowed || !authority.as_str().bytes().all(is_plain) {
            return Err(refuse());
        }
        // Not cut out of `url`, whose scheme may be in capital letters.
        let origin = format!("{scheme}://{authority}");
        Ok(Self { url, origin })
    }
}
