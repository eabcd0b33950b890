//! Where the API is, and whether a key may be sent there.

use std::fmt;
use std::sync::Arc;

use reqwest::Url;

use super::tls;
use crate::error::ConfigError;

pub(super) const PARTNERO: &str = "https://api.partnero.com/v1";

/// Every call stays below this address. Its text has no slash at the end.
#[derive(Clone, Debug)]
pub(super) struct BaseUrl {
    url: Url,
    text: Arc<str>,
}

impl BaseUrl {
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let refuse = |advice: String| Err(ConfigError::new("base_url", advice));
        let Ok(url) = Url::parse(text) else {
            return refuse(format!(
                "{text:?} is no URL: write it whole, as in `{PARTNERO}`"
            ));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(
                "the address has a user in it: leave it out, because the API key is enough"
                    .to_owned(),
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse(format!(
                "{text:?} has a query or a fragment: write the path alone"
            ));
        }
        match url.scheme() {
            "https" => tls::check()?,
            "http" if is_loopback(&url) => {}
            "http" => {
                return refuse(format!(
                    "{text:?} would show the API key to the network: write `https`; plain `http` is for loopback"
                ));
            }
            scheme => {
                return refuse(format!(
                    "{scheme:?} is no scheme of the API: write the whole address, with `https://`, or on loopback `http://`"
                ));
            }
        }
        let text = url.as_str().trim_end_matches('/').into();
        Ok(Self { url, text })
    }

    pub(super) fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The path and query of `link` below this address; `None` if the link leads to another address,
    /// because the API key must not go there.
    pub(super) fn below(&self, link: &str) -> Option<String> {
        let link = self.url.join(link).ok()?;
        if link.origin() != self.url.origin() {
            return None;
        }
        let base = self.url.path().trim_end_matches('/');
        let path = link.path().strip_prefix(base)?;
        if !path.starts_with('/') {
            return None;
        }
        Some(match link.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.parse::<std::net::IpAddr>().map_or_else(
        |_| host == "localhost" || host.ends_with(".localhost"),
        |address| address.is_loopback(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        BaseUrl::parse(url).unwrap_err().to_string()
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
            let base = BaseUrl::parse(url).unwrap().to_string();
            assert!(!base.ends_with('/'), "{url}");
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
        assert!(refused("ftp://api.partnero.com").contains("with `https://`"));
        assert!(refused("localhost:4010/v1").contains("on loopback `http://`"));
        assert!(refused("http://me:pw@localhost/v1").contains("user"));
        assert!(!refused("http://me:pw@localhost/v1").contains("pw"));
        assert!(refused("http://localhost/v1?a=1").contains("query"));
        assert!(refused("http://localhost/v1#a").contains("fragment"));
    }

    #[test]
    fn only_links_below_the_address_are_followed() {
        for base in ["http://localhost:1/v1", "http://localhost:1/v1/"] {
            let base = BaseUrl::parse(base).unwrap();
            for (link, expected) in [
                ("http://localhost:1/v1/c?page=2", Some("/c?page=2")),
                ("http://LOCALHOST:1/v1/c", Some("/c")),
                ("/v1/c?page=2", Some("/c?page=2")),
                ("http://localhost:1/v1/../v1/c", Some("/c")),
                ("http://localhost:1/v1/../v2/c", None),
                ("http://localhost:1/v10/c", None),
                ("http://localhost:1/v1", None),
                ("http://localhost:2/v1/c", None),
                ("https://localhost:1/v1/c", None),
                ("http://localhost.evil.example:1/v1/c", None),
                ("http://localhost:1@evil.example/v1/c", None),
                ("//evil.example/v1/c", None),
                ("\\\\evil.example/v1/c", None),
                ("javascript:alert(1)", None),
                ("http://", None),
            ] {
                assert_eq!(base.below(link).as_deref(), expected, "{link}");
            }
        }
    }
}
