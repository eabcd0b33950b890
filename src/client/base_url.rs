//! Where the API is, and whether a key may be sent there.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
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
    /// The addresses of a plain `http` host that has a name. They were loopback when the client was
    /// built, and no call asks for them again: the name's server could answer otherwise.
    addresses: Vec<SocketAddr>,
}

impl BaseUrl {
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::parse_with(text, resolve)
    }

    fn parse_with(
        text: &str,
        resolve: impl Fn(&str) -> Vec<SocketAddr>,
    ) -> Result<Self, ConfigError> {
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
        let mut addresses = Vec::new();
        match url.scheme() {
            // Checked here, because reqwest without TLS fails only at the first call, and names no
            // cause.
            "https" => tls::check()?,
            "http" => match Host::of(&url) {
                Host::Loopback => {}
                Host::Name(name) => {
                    // Once, when the client is built: `pinned` then keeps later look-ups from
                    // leading elsewhere.
                    addresses = resolve(name);
                    if !are_loopback(&addresses) {
                        return refuse(format!(
                            "{text:?} would show the API key to the network, because the name does not resolve to loopback alone: write `127.0.0.1`, or `https`"
                        ));
                    }
                }
                Host::Other => {
                    return refuse(format!(
                        "{text:?} would show the API key to the network: write `https`; plain `http` is for loopback"
                    ));
                }
            },
            scheme => {
                return refuse(format!(
                    "{scheme:?} is no scheme of the API: write the whole address, with `https://`, or on loopback `http://`"
                ));
            }
        }
        let text = url.as_str().trim_end_matches('/').into();
        Ok(Self {
            url,
            text,
            addresses,
        })
    }

    pub(super) fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// A host with a name and the only addresses that it may be reached at, if there are such.
    pub(super) fn pinned(&self) -> Option<(&str, &[SocketAddr])> {
        let host = self.url.host_str()?;
        (!self.addresses.is_empty()).then_some((host, &*self.addresses))
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The path and query of `link` below this address; `None` if its path leads elsewhere. The
    /// link's own scheme and host do not count: behind a proxy they are not ours, and the API key
    /// must go to our address alone.
    pub(super) fn below(&self, link: &str) -> Option<String> {
        // Resolved first, so that `..` cannot lead out of the base path.
        let link = self.url.join(link).ok()?;
        let base = self.url.path().trim_end_matches('/');
        let path = link.path().strip_prefix(base)?;
        // `/v10/...` begins with `/v1` and is not below it.
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

/// Whether a plain `http` URL stays on this machine. It blocks while a name is resolved.
#[cfg(feature = "webhook")]
pub(crate) fn is_loopback(url: &Url) -> bool {
    match Host::of(url) {
        Host::Loopback => true,
        Host::Name(name) => are_loopback(&resolve(name)),
        Host::Other => false,
    }
}

/// The host of a plain `http` URL.
enum Host<'a> {
    /// An address of loopback.
    Loopback,
    /// `localhost` or a name below it. It should be loopback (RFC 6761, section 6.3), but a resolver
    /// may say otherwise, as in a network of containers.
    Name(&'a str),
    Other,
}

impl<'a> Host<'a> {
    fn of(url: &'a Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        match address.parse::<IpAddr>() {
            Ok(address) if address.is_loopback() => Self::Loopback,
            Err(_) if host == "localhost" || host.ends_with(".localhost") => Self::Name(host),
            _ => Self::Other,
        }
    }
}

/// The addresses of a name; none if it has none. Port 0 stands for the port of the URL.
fn resolve(name: &str) -> Vec<SocketAddr> {
    let addresses = (name, 0).to_socket_addrs();
    addresses.map(Iterator::collect).unwrap_or_default()
}

fn are_loopback(addresses: &[SocketAddr]) -> bool {
    let is_loopback = |address: &SocketAddr| address.ip().is_loopback();
    !addresses.is_empty() && addresses.iter().all(is_loopback)
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
    fn a_name_is_loopback_only_if_it_resolves_to_loopback() {
        let address = |text: &str| SocketAddr::new(text.parse().unwrap(), 0);
        for (addresses, is_loopback) in [
            (vec![address("127.0.0.1")], true),
            (vec![address("::1"), address("127.0.0.2")], true),
            (vec![address("10.0.0.1")], false),
            (vec![address("127.0.0.1"), address("10.0.0.1")], false),
            (vec![address("fe80::1")], false),
            (vec![], false),
        ] {
            for name in ["localhost", "partnero.localhost", "a.b.localhost"] {
                let base = BaseUrl::parse_with(&format!("http://{name}:9/v1"), |asked| {
                    assert_eq!(asked, name);
                    addresses.clone()
                });
                match base {
                    Ok(base) => {
                        assert!(is_loopback, "{addresses:?}");
                        assert_eq!(base.pinned(), Some((name, &*addresses)));
                    }
                    Err(error) => {
                        assert!(!is_loopback, "{addresses:?}");
                        assert!(error.to_string().contains("does not resolve to loopback"));
                    }
                }
            }
        }
        for url in [
            "http://127.0.0.1/v1",
            "http://10.0.0.1/v1",
            "http://notlocalhost/v1",
        ] {
            let base = BaseUrl::parse_with(url, |name| panic!("{name} was resolved"));
            assert!(base.is_err() || base.unwrap().pinned().is_none());
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
                ("https://localhost:1/v1/c?page=2", Some("/c?page=2")),
                ("http://localhost:2/v1/c", Some("/c")),
                ("https://api.partnero.com/v1/c", Some("/c")),
                ("http://localhost:1@evil.example/v1/c", Some("/c")),
                ("//evil.example/v1/c", Some("/c")),
                ("\\\\evil.example/v1/c", Some("/c")),
                ("https://evil.example/admin", None),
                ("javascript:alert(1)", None),
                ("http://", None),
            ] {
                assert_eq!(base.below(link).as_deref(), expected, "{link}");
            }
        }
    }
}
