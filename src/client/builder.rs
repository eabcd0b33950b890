//! The settings of the client, checked when it is built.

use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;

use super::Client;
use super::api_key::ApiKey;
use super::transport::Transport;
use crate::error::ConfigError;

const PARTNERO: &str = "https://api.partnero.com/v1";
const USER_AGENT: &str = concat!("tower-partnero/", env!("CARGO_PKG_VERSION"));

/// Settings of a [`Client`]. All are checked by [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use]
pub struct ClientBuilder {
    api_key: ApiKey,
    base_url: String,
    timeout: Duration,
    connect_timeout: Duration,
    user_agent: String,
}

impl ClientBuilder {
    pub(super) fn new(api_key: ApiKey) -> Self {
        Self {
            api_key,
            base_url: PARTNERO.to_owned(),
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            user_agent: USER_AGENT.to_owned(),
        }
    }

    /// Where the API is. Default: `https://api.partnero.com/v1`.
    ///
    /// Refused: what is no `https` URL, and plain `http` to anything but loopback, where it would
    /// show the API key to the network; a user, a query or a fragment in it.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// How long one call may take, from the connection to the last byte. Default: 10 seconds.
    /// Zero is refused.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long connecting may take, as a part of [`timeout`](Self::timeout). Default: 5 seconds.
    /// Zero is refused.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// What the client calls itself. Default: this crate's name and version.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Checks every setting and makes the client.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that cannot work and says what to write instead;
    /// so for an `https` address in a build without TLS.
    pub fn build(self) -> Result<Client, ConfigError> {
        let base_url = check_base_url(&self.base_url)?;
        for (setting, timeout) in [
            ("timeout", self.timeout),
            ("connect_timeout", self.connect_timeout),
        ] {
            if timeout.is_zero() {
                return Err(ConfigError::new(
                    setting,
                    "no call is that fast: write some seconds",
                ));
            }
        }
        let http = reqwest::Client::builder()
            .user_agent(self.user_agent)
            .timeout(self.timeout)
            .connect_timeout(self.connect_timeout)
            // A redirect would carry the key to wherever it points.
            .redirect(Policy::none())
            .build()
            .map_err(|error| {
                ConfigError::new("client", format!("no HTTP client can be made: {error}"))
            })?;
        Ok(Client::from_transport(Transport {
            http,
            base_url,
            api_key: self.api_key,
        }))
    }
}

fn check_base_url(text: &str) -> Result<String, ConfigError> {
    let refuse = |advice: String| Err(ConfigError::new("base_url", advice));
    let Ok(url) = Url::parse(text) else {
        return refuse(format!(
            "{text:?} is no URL: write it whole, as in `{PARTNERO}`"
        ));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse(
            "the address has a user in it: the API key is all that is needed".to_owned(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse(format!(
            "{text:?} has a query or a fragment: write the path alone"
        ));
    }
    match url.scheme() {
        "https" => check_tls()?,
        "http" if is_loopback(&url) => {}
        "http" => {
            return refuse(format!(
                "{text:?} would show the API key to the network: write `https`; plain `http` is for loopback"
            ));
        }
        scheme => return refuse(format!("{scheme:?} is no scheme of the API: write `https`")),
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.parse::<std::net::IpAddr>().map_or_else(
        |_| host == "localhost" || host.ends_with(".localhost"),
        |address| address.is_loopback(),
    )
}

#[cfg(any(feature = "default-tls", feature = "rustls", feature = "native-tls"))]
#[expect(clippy::unnecessary_wraps, reason = "the other builds can fail")]
fn check_tls() -> Result<(), ConfigError> {
    Ok(())
}

#[cfg(all(
    feature = "rustls-no-provider",
    not(any(feature = "default-tls", feature = "rustls", feature = "native-tls"))
))]
fn check_tls() -> Result<(), ConfigError> {
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
fn check_tls() -> Result<(), ConfigError> {
    Err(ConfigError::new(
        "base_url",
        "this build has no TLS and could never reach an `https` address: enable the feature `default-tls` of tower-partnero",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        check_base_url(url).unwrap_err().to_string()
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        for url in [
            "http://127.0.0.1:8080/v1",
            "http://127.8.8.8/v1/",
            "http://localhost:1/v1",
            "http://partnero.localhost/v1",
            "http://[::1]:9/v1",
        ] {
            assert!(!check_base_url(url).unwrap().ends_with('/'), "{url}");
        }
        for url in [
            "http://api.partnero.com/v1",
            "http://10.0.0.1/v1",
            "http://localhost.shop.example/v1",
            "http://notlocalhost/v1",
        ] {
            assert!(refused(url).contains("write `https`"), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert!(refused("api.partnero.com").contains("is no URL"));
        assert!(refused("ftp://api.partnero.com").contains("write `https`"));
        assert!(refused("http://me:pw@localhost/v1").contains("user"));
        assert!(!refused("http://me:pw@localhost/v1").contains("pw"));
        assert!(refused("http://localhost/v1?a=1").contains("query"));
        assert!(refused("http://localhost/v1#a").contains("fragment"));
    }
}
