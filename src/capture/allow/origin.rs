//! The app's own origins, and the check that a request comes from one of them.

use http::header::{HeaderMap, HeaderName};

use crate::error::ConfigError;

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The app's public origins, each as browsers write it: `https://shop.example`.
///
/// They are a setting, because the request does not tell them: behind a proxy its scheme and host
/// may be internal ones, and anybody can write a forwarded header.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins(Vec<String>);

impl Origins {
    pub(crate) fn new(origins: Vec<String>) -> Self {
        Self(origins)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let wrong = self.0.iter().find(|origin| !is_origin(origin));
        wrong.map_or(Ok(()), |origin| {
            Err(ConfigError::new(
                "public_origins",
                format!(
                    "{origin:?} is no origin as browsers write it: write scheme and host in lower case, \
                     a port only if it is not the default one, and no path, as in `https://shop.example`"
                ),
            ))
        })
    }

    /// Whether this is one of the app's own origins, byte for byte.
    pub(crate) fn contains(&self, origin: &[u8]) -> bool {
        self.0.iter().any(|own| own.as_bytes() == origin)
    }

    /// Whether a page of the app itself made this request. `Sec-Fetch-Site` tells; where a browser
    /// does not send it, `origin` is compared.
    pub(crate) fn made(&self, headers: &HeaderMap, origin: Option<&[u8]>) -> bool {
        // `Sec-Fetch-Site` is set by the browser itself and cannot be set by a script. `Origin`
        // counts only where it is missing.
        says_same_origin(headers)
            .unwrap_or_else(|| origin.is_some_and(|origin| self.contains(origin)))
    }
}

/// What `Sec-Fetch-Site` says; `None` where it is not sent.
pub(crate) fn says_same_origin(headers: &HeaderMap) -> Option<bool> {
    headers
        .get(&SEC_FETCH_SITE)
        .map(|site| site == "same-origin")
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    let (host, port) = match authority.rsplit_once(':') {
        // The last colon of a bare IPv6 address stands inside its brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let default_port = match scheme {
        "https" => "443",
        "http" => "80",
        _ => return false,
    };
    let is_port = |port: &str| {
        port != default_port
            && port
                .parse::<u16>()
                .is_ok_and(|number| number.to_string() == port)
    };
    let is_host_byte = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_');
    let is_ipv6 = |host: &str| {
        let address = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        address.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
    };
    let is_host = !host.is_empty() && (host.bytes().all(is_host_byte) || is_ipv6(host));
    is_host && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_what_a_browser_writes_is_an_origin() {
        for origin in [
            "https://shop.example",
            "https://shop.example:8443",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "http://[::1]",
            "https://xn--bcher-kva.example",
        ] {
            assert!(
                Origins::new(vec![origin.into()]).check().is_ok(),
                "{origin}"
            );
        }
        for origin in [
            "",
            "shop.example",
            "https://",
            "https://Shop.example",
            "https://shop.example/",
            "https://shop.example:443",
            "http://shop.example:80",
            "https://shop.example:0443",
            "https://shop.example:99999",
            "https://shop.example:",
            "https://me@shop.example",
            "https://bücher.example",
            "ftp://shop.example",
            "https://[::g]",
            "https://*.shop.example",
        ] {
            let error = Origins::new(vec![origin.into()]).check().unwrap_err();
            assert_eq!(error.setting(), "public_origins", "{origin}");
        }
    }

    #[test]
    fn the_browsers_word_comes_before_the_comparison() {
        let own = Origins::new(vec!["https://shop.example".into()]);
        let site = |value| {
            HeaderMap::from_iter([(SEC_FETCH_SITE.clone(), HeaderValue::from_static(value))])
        };
        assert!(own.made(&site("same-origin"), None));
        for value in ["same-site", "cross-site", "none", ""] {
            assert!(
                !own.made(&site(value), Some(b"https://shop.example")),
                "{value}"
            );
        }
        assert!(own.made(&HeaderMap::new(), Some(b"https://shop.example")));
        for origin in [
            "https://shop.example.evil.example",
            "http://shop.example",
            "null",
            "https://shop.example:444",
        ] {
            assert!(
                !own.made(&HeaderMap::new(), Some(origin.as_bytes())),
                "{origin}"
            );
        }
        assert!(!own.made(&HeaderMap::new(), None));
    }
}
