//! Partnero's browser script, as a tag for your pages.
//!
//! The server sees a visitor who lands by a link; only Partnero's own script counts the *click*
//! (no endpoint for it is known). An app that wants both adds this tag to its pages. It prepares
//! the command queue `po`, under which calls wait until the script has arrived, loads the script
//! asynchronously, and names the program.
//!
//! # Example
//!
//! ```
//! use tower_partnero::Snippet;
//!
//! let snippet = Snippet::new("RW5B2TZ7")?.nonce("rAnd0m")?;
//! let html = format!("<!doctype html><title>Tea</title>{snippet}<h1>Tea</h1>");
//! assert!(html.contains("<script nonce=\"rAnd0m\">"));
//!
//! let policy = format!("script-src 'nonce-rAnd0m' {0}; connect-src {0}", snippet.csp_sources());
//! assert_eq!(
//!     policy,
//!     "script-src 'nonce-rAnd0m' https://app.partnero.com https://assets.partnero.com; \
//!      connect-src https://app.partnero.com https://assets.partnero.com",
//! );
//! # Ok::<_, tower_partnero::ConfigError>(())
//! ```
//!
//! # Consent
//!
//! Partnero's script has no mode in which it keeps nothing. [`Snippet::after_consent`] renders a
//! tag that sends nothing and stores nothing until the page says so:
//!
//! ```js
//! document.dispatchEvent(new Event("partnero:consent"));
//! ```
//!
//! Calls to `po` before that wait in the queue, in the page's memory.
//!
//! # Beside the layer
//!
//! The script writes the same cookie, `partnero_referral`, for the host of the page alone. It
//! must be able to read ours, so keep [`http_only`](crate::capture::ReferralsBuilder::http_only)
//! off.

use std::fmt::{self, Write};

use crate::error::ConfigError;

/// The tag that loads Partnero's browser script; write it into a page by `Display`.
///
/// See the [module docs](self) for an example. Every value in it is checked when it is set and
/// escaped when it is written, for HTML and for JavaScript.
#[derive(Clone, Debug)]
#[must_use]
pub struct Snippet {
    program: String,
    script: Address,
    assets: Address,
    nonce: Option<String>,
    after_consent: bool,
}

/// An absolute URL, and where its origin ends in it.
#[derive(Clone, Debug)]
struct Address {
    url: String,
    origin_len: usize,
}

/// Where the script is, and where it fetches the program's settings (section *Tracking* of
/// <https://developers.partnero.com/guide/referral>).
const SCRIPT: &str = "https://app.partnero.com/js/universal.js";
const ASSETS: &str = "https://assets.partnero.com";

impl Snippet {
    /// A tag for the program with this public id, which the dashboard shows and `GET /test`
    /// answers as `program.pub_id`. It is no secret.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if it is empty or has other characters than letters, digits, `-` and `_`:
    /// an API key, for example, which must never stand in a page.
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
            nonce: None,
            after_consent: false,
        })
    }

    /// The nonce of the page's `Content-Security-Policy`: a new random value for each response.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if it is empty or no base64 value (CSP level 3, section 2.3.1).
    pub fn nonce(mut self, nonce: impl Into<String>) -> Result<Self, ConfigError> {
        let nonce = nonce.into();
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
        if nonce.is_empty() || !nonce.bytes().all(is_base64) {
            return Err(ConfigError::new(
                "nonce",
                "write the bare base64 value, without `nonce-` and quotes",
            ));
        }
        self.nonce = Some(nonce);
        Ok(self)
    }

    /// Loads nothing until the page dispatches the event `partnero:consent` on `document`.
    pub fn after_consent(mut self) -> Self {
        self.after_consent = true;
        self
    }

    /// Where the script is loaded from. Default: Partnero's own address.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if it is no `https` URL; plain `http` is for loopback.
    pub fn script_url(mut self, url: impl Into<String>) -> Result<Self, ConfigError> {
        self.script = Address::parse("script_url", url)?;
        Ok(self)
    }

    /// Where the script fetches the program's settings. Default: Partnero's own address.
    ///
    /// # Errors
    ///
    /// As [`script_url`](Self::script_url).
    pub fn assets_host(mut self, url: impl Into<String>) -> Result<Self, ConfigError> {
        self.assets = Address::parse("assets_host", url)?;
        Ok(self)
    }

    /// The origins to allow in `script-src` and `connect-src`, separated by spaces.
    ///
    /// The script loads the program's settings as a second script, which carries no nonce, so a
    /// policy of nonces alone would block it.
    #[must_use]
    pub fn csp_sources(&self) -> String {
        let (script, assets) = (self.script.origin(), self.assets.origin());
        if script == assets {
            script.to_owned()
        } else {
            format!("{script} {assets}")
        }
    }
}

impl Address {
    fn parse(setting: &'static str, url: impl Into<String>) -> Result<Self, ConfigError> {
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
        // A URI's host may have `;`, `,`, `'` and `*`, which mean something in a policy.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        if !is_allowed || !authority.as_str().bytes().all(is_plain) {
            return Err(refuse());
        }
        let origin_len = scheme.len() + "://".len() + authority.as_str().len();
        Ok(Self { url, origin_len })
    }

    fn origin(&self) -> &str {
        &self.url[..self.origin_len]
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<script")?;
        if let Some(nonce) = &self.nonce {
            write!(f, " nonce=\"{nonce}\"")?;
        }
        f.write_str(">(function(){")?;
        f.write_str(QUEUE)?;
        write!(
            f,
            "po(\"settings\",\"assets_host\",{});",
            JsString(&self.assets.url)
        )?;
        write!(f, "po(\"program\",{},\"load\");", JsString(&self.program))?;
        write!(f, "var source={};", JsString(&self.script.url))?;
        f.write_str(LOAD)?;
        f.write_str(if self.after_consent {
            "document.addEventListener(\"partnero:consent\",load,{once:true});"
        } else {
            "load();"
        })?;
        f.write_str("})()</script>")
    }
}

/// The queue: `po(...)` records its arguments, and what it returns records calls on that call,
/// until the script has replaced `push` by something that answers.
const QUEUE: &str = "window.__partnerObject=\"po\";\
    function recorder(calls){return function(){\
    var call={a:arguments,q:[]},answer=calls.push(call);\
    return typeof answer===\"number\"?recorder(call.q):answer}}\
    if(!window.po){var calls=[];window.po=recorder(calls);window.po.q=calls}\
    var po=window.po;";

/// The nonce goes along to the script that is loaded. A browser hides it from the attribute.
const LOAD: &str = "var own=document.currentScript;\
    function load(){var script=document.createElement(\"script\");\
    script.async=true;script.src=source;\
    if(own&&own.nonce){script.nonce=own.nonce}\
    document.head.appendChild(script)}";

/// A JavaScript string literal that no HTML parser can misread: no `<` can end the script, and
/// no line separator the literal.
struct JsString<'a>(&'a str);

impl fmt::Display for JsString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for char in self.0.chars() {
            if char.is_ascii_alphanumeric() || "-_.~:/?=%".contains(char) {
                f.write_char(char)?;
            } else {
                let mut units = [0; 2];
                for unit in char.encode_utf16(&mut units) {
                    write!(f, "\\u{unit:04x}")?;
                }
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_leaves_its_literal() {
        for (text, literal) in [
            ("RW5B2TZ7", "\"RW5B2TZ7\""),
            ("</script>", "\"\\u003c/script\\u003e\""),
            ("a\"+b\\", "\"a\\u0022\\u002bb\\u005c\""),
            ("\u{2028}\n", "\"\\u2028\\u000a\""),
            ("😀", "\"\\ud83d\\ude00\""),
        ] {
            assert_eq!(JsString(text).to_string(), literal);
        }
    }

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
        for nonce in ["", "nonce-abc'", "a b", "\"><script>"] {
            assert_eq!(
                snippet().nonce(nonce).unwrap_err().setting(),
                "nonce",
                "{nonce}"
            );
        }
        for url in [
            "",
            "/js/universal.js",
            "http://app.partnero.com/js",
            "javascript:alert(1)",
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
        assert!(
            snippet()
                .script_url("http://127.0.0.1:8080/stand-in.js")
                .is_ok()
        );
    }

    #[test]
    fn one_origin_is_named_once() {
        let snippet = Snippet::new("X")
            .unwrap()
            .assets_host("https://app.partnero.com/a?b");
        assert_eq!(snippet.unwrap().csp_sources(), "https://app.partnero.com");
    }

    #[test]
    fn loads_at_once_or_after_consent() {
        let snippet = Snippet::new("X").unwrap();
        assert!(snippet.to_string().contains("load();})()</script>"));
        let waiting = snippet.after_consent().to_string();
        assert!(!waiting.contains("load();") && waiting.contains("\"partnero:consent\",load"));
    }
}
