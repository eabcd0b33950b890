//! The settings of the tag, and the tag as HTML.

use std::fmt;

use super::address::Address;
use super::script::{AFTER_CONSENT, JsString, LOAD, QUEUE};
use crate::error::ConfigError;

/// The tag that loads Partnero's script in the browser.
///
/// `Display` writes it as HTML. A page with a `Content-Security-Policy` uses
/// [`with_nonce`](Self::with_nonce). The [module docs](super) have an example.
///
/// Every value is checked when it is set, and escaped for JavaScript and HTML when it is written.
/// So a template must not escape the tag once more.
#[derive(Clone, Debug)]
#[must_use]
pub struct Snippet {
    program: String,
    script: Address,
    assets: Address,
    after_consent: bool,
}

/// A [`Snippet`] with the nonce of one page, made by [`Snippet::with_nonce`]. `Display` writes it
/// as HTML.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Tag<'a> {
    snippet: &'a Snippet,
    nonce: Option<&'a str>,
}

/// The script's address, and the host from which it loads the program's settings (section
/// *Tracking* of <https://developers.partnero.com/guide/referral>).
const SCRIPT: &str = "https://app.partnero.com/js/universal.js";
const ASSETS: &str = "https://assets.partnero.com";

impl Snippet {
    /// Makes the tag of the program with this public id. Partnero's dashboard shows the id, and
    /// `GET /test` answers it as `program.pub_id`. It is not secret.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for an id that is empty, longer than 64 bytes, or has characters other than
    /// letters, digits, `-` and `_`. That refuses an API key, which must never stand in a page.
    pub fn new(public_program_id: impl Into<String>) -> Result<Self, ConfigError> {
        let program = public_program_id.into();
        let is_id_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if program.is_empty() || program.len() > 64 || !program.bytes().all(is_id_byte) {
            return Err(ConfigError::new(
                "public_program_id",
                "write the short public id of the program, as in `RW5B2TZ7`; never an API key",
            ));
        }
        Ok(Self {
            program,
            script: Address::parse("script_url", SCRIPT)?,
            assets: Address::parse("assets_host", ASSETS)?,
            after_consent: false,
        })
    }

    /// The tag of one page whose `Content-Security-Policy` has this nonce. Use a new random nonce
    /// for each response.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a nonce that is empty or not base64 (CSP level 3, section 2.3.1), and
    /// for a nonce that begins with `nonce-`: that prefix belongs only in the policy.
    pub fn with_nonce<'a>(&'a self, nonce: &'a str) -> Result<Tag<'a>, ConfigError> {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
        let is_prefix = |start: &str| start.eq_ignore_ascii_case("nonce-");
        let has_prefix = nonce.get(..6).is_some_and(is_prefix);
        if nonce.is_empty() || has_prefix || !nonce.bytes().all(is_base64) {
            return Err(ConfigError::new(
                "nonce",
                "write the bare base64 value, without `nonce-` and quotes",
            ));
        }
        Ok(Tag {
            snippet: self,
            nonce: Some(nonce),
        })
    }

    /// Makes the tag wait for the visitor's consent: it loads nothing until the page dispatches the
    /// event `partnero:consent` on `document`. If `window.partneroConsent === true` already when
    /// the browser comes to the tag, it loads at once. See [*Consent*](super#consent).
    pub fn after_consent(mut self) -> Self {
        self.after_consent = true;
        self
    }

    /// The address of the script. Default: Partnero's own.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for anything but an `https` URL, or an `http` URL of loopback.
    pub fn script_url(mut self, url: impl Into<String>) -> Result<Self, ConfigError> {
        self.script = Address::parse("script_url", url)?;
        Ok(self)
    }

    /// The host from which the script loads the program's settings. Default: Partnero's own.
    ///
    /// # Errors
    ///
    /// As [`script_url`](Self::script_url).
    pub fn assets_host(mut self, url: impl Into<String>) -> Result<Self, ConfigError> {
        self.assets = Address::parse("assets_host", url)?;
        Ok(self)
    }

    /// The origins that a `Content-Security-Policy` has to allow in `script-src` and `connect-src`,
    /// separated by spaces.
    ///
    /// A nonce alone is not enough: Partnero's script loads the program's settings as a second
    /// script, without a nonce. See [*Under a policy*](super#under-a-policy) for `'strict-dynamic'`
    /// and Trusted Types.
    #[must_use]
    pub fn csp_sources(&self) -> String {
        let (script, assets) = (&self.script.origin, &self.assets.origin);
        if script == assets {
            script.clone()
        } else {
            format!("{script} {assets}")
        }
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = Tag {
            snippet: self,
            nonce: None,
        };
        tag.fmt(f)
    }
}

impl fmt::Display for Tag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { snippet, nonce } = self;
        f.write_str("<script")?;
        if let Some(nonce) = nonce {
            write!(f, " nonce=\"{nonce}\"")?;
        }
        f.write_str(">(function(){")?;
        f.write_str(QUEUE)?;
        write!(
            f,
            "po(\"settings\",\"assets_host\",{});",
            JsString(&snippet.assets.url)
        )?;
        write!(
            f,
            "po(\"program\",{},\"load\");",
            JsString(&snippet.program)
        )?;
        write!(f, "var source={};", JsString(&snippet.script.url))?;
        f.write_str(LOAD)?;
        f.write_str(if snippet.after_consent {
            AFTER_CONSENT
        } else {
            "load();"
        })?;
        f.write_str("})()</script>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_right_is_refused() {
        let snippet = || Snippet::new("RW5B2TZ7").unwrap();
        for id in [
            "",
            "a b",
            "<x>",
            "eyJhbGciOiJSUzI1NiJ9.payload.signature",
            &"x".repeat(65),
        ] {
            assert_eq!(
                Snippet::new(id).unwrap_err().setting(),
                "public_program_id",
                "{id}"
            );
        }
        for nonce in [
            "",
            "nonce-abc",
            "Nonce-abc",
            "nonce-abc'",
            "a b",
            "\"><script>",
        ] {
            assert_eq!(
                snippet().with_nonce(nonce).unwrap_err().setting(),
                "nonce",
                "{nonce}"
            );
        }
        for url in [
            "",
            "/js/universal.js",
            "http://app.partnero.com/js",
            "javascript:alert(1)",
            "ftp://127.0.0.1/x.js",
            "https://me:pw@app.partnero.com",
            "https://app.partnero.com;script-src",
            "https://app.partnero.com,x",
            "https://'self'",
            "https://*.partnero.com",
        ] {
            assert_eq!(
                snippet().script_url(url).unwrap_err().setting(),
                "script_url",
                "{url}"
            );
            assert_eq!(
                snippet().assets_host(url).unwrap_err().setting(),
                "assets_host",
                "{url}"
            );
        }
    }

    #[test]
    fn every_edge_of_a_setting_is_accepted() {
        for id in ["a-b_9", &"x".repeat(64)] {
            assert!(Snippet::new(id).is_ok(), "{id}");
        }
        for url in [
            "https://cdn.shop.example:8443/js?v=1",
            "http://127.0.0.1:8080/stand-in.js",
            "http://localhost/stand-in.js",
            "http://[::1]:8080/stand-in.js",
        ] {
            let snippet = Snippet::new("X").unwrap();
            assert!(snippet.script_url(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn every_value_has_its_place_in_the_tag() {
        let snippet = Snippet::new("RW5B2TZ7").unwrap();
        let snippet = snippet.script_url("https://a.example/b.js").unwrap();
        let snippet = snippet.assets_host("https://c.example").unwrap();
        let nonce = "aZ09+/-_==";
        let tag = snippet.with_nonce(nonce).unwrap().to_string();
        for part in [
            "po(\"settings\",\"assets_host\",\"https://c.example\");",
            "po(\"program\",\"RW5B2TZ7\",\"load\");",
            "var source=\"https://a.example/b.js\";",
        ] {
            assert!(tag.contains(part), "{part} in {tag}");
        }
        let bare = tag.strip_prefix(&format!("<script nonce=\"{nonce}\">"));
        assert_eq!(bare, snippet.to_string().strip_prefix("<script>"));
        assert!(bare.is_some(), "{tag}");
        assert_eq!(snippet.csp_sources(), "https://a.example https://c.example");
    }

    #[test]
    fn one_origin_is_named_once() {
        let snippet = Snippet::new("X")
            .unwrap()
            .assets_host("https://app.partnero.com/a?b");
        assert_eq!(snippet.unwrap().csp_sources(), "https://app.partnero.com");
        let snippet = Snippet::new("X")
            .unwrap()
            .assets_host("HTTPS://app.partnero.com");
        assert_eq!(snippet.unwrap().csp_sources(), "https://app.partnero.com");
    }

    #[test]
    fn loads_at_once_or_after_consent() {
        let snippet = Snippet::new("X").unwrap();
        assert!(snippet.to_string().contains("load();})()</script>"));
        let waiting = snippet.after_consent().to_string();
        assert!(!waiting.contains("load();"));
        // Given before the tag was parsed, or by a visitor who comes back.
        let end = "if(window.partneroConsent===true){load()}\
            else{document.addEventListener(\"partnero:consent\",load,{once:true})}})()</script>";
        assert!(waiting.ends_with(end), "{waiting}");
    }
}
