//! What depends on the TLS of this build.

use reqwest::ClientBuilder;

use crate::error::ConfigError;

/// Whether this build can speak `https`.
#[cfg(any(feature = "default-tls", feature = "rustls", feature = "native-tls"))]
#[expect(clippy::unnecessary_wraps, reason = "the other builds can fail")]
pub(super) fn check() -> Result<(), ConfigError> {
    Ok(())
}

#[cfg(all(
    feature = "rustls-no-provider",
    not(any(feature = "default-tls", feature = "rustls", feature = "native-tls"))
))]
pub(super) fn check() -> Result<(), ConfigError> {
    if rustls::crypto::CryptoProvider::get_default().is_some() {
        return Ok(());
    }
    Err(ConfigError::new(
        "base_url",
        "rustls has no crypto provider yet: call `CryptoProvider::install_default` before the client is built",
    ))
}

#[cfg(not(any(
    feature = "default-tls",
    feature = "rustls",
    feature = "rustls-no-provider",
    feature = "native-tls"
)))]
pub(super) fn check() -> Result<(), ConfigError> {
    Err(ConfigError::new(
        "base_url",
        "this build has no TLS and could never reach an `https` address: enable the feature `default-tls` of tower-partnero",
    ))
}

/// For a client that calls no `https` address. It needs no root certificates, and a small container
/// may have none: reqwest makes no client there if it has to read them.
#[cfg(any(
    feature = "default-tls",
    feature = "rustls",
    feature = "rustls-no-provider",
    feature = "native-tls"
))]
pub(super) fn without_roots(http: ClientBuilder) -> ClientBuilder {
    http.tls_certs_only([])
}

#[cfg(not(any(
    feature = "default-tls",
    feature = "rustls",
    feature = "rustls-no-provider",
    feature = "native-tls"
)))]
pub(super) fn without_roots(http: ClientBuilder) -> ClientBuilder {
    http
}
