//! The settings of the cookie, and the checks of their values.

use std::time::Duration;

use crate::error::ConfigError;
use crate::referral::ProgramKind;

/// Whether a new link or the stored one counts. Choose the same as in the program at Partnero.
///
/// Partnero calls the two attribution models *last click* and *first click*
/// (<https://help.partnero.com/article/204>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Attribution {
    /// The newest link counts and replaces the stored one.
    #[default]
    LastTouch,
    /// The first link counts until its cookie expires.
    FirstTouch,
}

/// The cookie's `SameSite` attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SameSite {
    /// Sent when the visitor follows a link from another site. Not sent with the forms, frames and
    /// images of another site.
    #[default]
    Lax,
    /// Sent only from the same site. The first page after a link from another site does not see the
    /// cookie.
    Strict,
    /// Always sent. Browsers accept it only together with `Secure`.
    None,
}

/// Browsers keep a cookie for 400 days at most (RFC 6265bis, section 5.5).
pub(crate) const LONGEST_MAX_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// In bytes. Browsers ignore a longer attribute and then choose a path themselves (RFC 6265bis,
/// section 5.6).
pub(crate) const LONGEST_ATTRIBUTE: usize = 1024;

/// In bytes. Browsers allow 4,096 bytes for name and value together (RFC 6265bis, section 5.7). This
/// leaves room for the longest key, encoded.
const LONGEST_NAME: usize = 1024;

#[derive(Clone, Debug)]
pub(crate) struct CookieSettings {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) domain: Option<String>,
    pub(crate) max_age: Duration,
    pub(crate) same_site: SameSite,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
}

impl Default for CookieSettings {
    fn default() -> Self {
        Self {
            name: ProgramKind::default().cookie_name().into(),
            path: "/".into(),
            domain: None,
            max_age: Duration::from_secs(30 * 24 * 60 * 60),
            same_site: SameSite::Lax,
            secure: true,
            http_only: false,
        }
    }
}

impl CookieSettings {
    /// The settings of the cookie that marks a sign-up in this browser.
    pub(crate) fn for_signup_marker(&self) -> Self {
        Self {
            // A prefix such as `__Host-` stays at the front, where browsers look for it.
            name: format!("{}_spent", self.name),
            ..self.clone()
        }
    }

    /// The settings of the cookie that keeps the runners-up.
    pub(crate) fn for_runners_up(&self) -> Self {
        Self {
            name: format!("{}_before", self.name),
            ..self.clone()
        }
    }

    pub(crate) fn max_age_seconds(&self) -> i64 {
        i64::try_from(self.max_age.as_secs()).unwrap_or(i64::MAX)
    }

    /// The cookie without a value and an age.
    pub(crate) fn to_cookie(&self) -> cookie::Cookie<'static> {
        let mut cookie = cookie::Cookie::build((self.name.clone(), ""))
            .path(self.path.clone())
            .secure(self.secure)
            .http_only(self.http_only)
            .same_site(match self.same_site {
                SameSite::Lax => cookie::SameSite::Lax,
                SameSite::Strict => cookie::SameSite::Strict,
                SameSite::None => cookie::SameSite::None,
            })
            .build();
        if let Some(domain) = &self.domain {
            cookie.set_domain(domain.clone());
        }
        cookie
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        check_name(&self.name)?;
        check_path(&self.path)?;
        self.domain.as_deref().map_or(Ok(()), check_domain)?;
        if self.max_age < Duration::from_secs(1) || self.max_age > LONGEST_MAX_AGE {
            return Err(ConfigError::new(
                "max_age",
                "write a duration from one second to 400 days, the longest that browsers grant",
            ));
        }
        if self.same_site == SameSite::None && !self.secure {
            return Err(ConfigError::new(
                "same_site",
                "browsers refuse `SameSite::None` without `Secure`: write `.secure(true)` or `SameSite::Lax`",
            ));
        }
        self.check_prefix()
    }

    /// Browsers drop a cookie with one of these prefixes unless its attributes fit the prefix
    /// (RFC 6265bis, section 4.1.3).
    fn check_prefix(&self) -> Result<(), ConfigError> {
        let has_prefix = |prefix: &str| {
            let start = self.name.get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        // Browsers compare the prefixes without regard to case.
        if has_prefix("__Secure-") && !self.secure {
            return Err(ConfigError::new(
                "cookie_name",
                "a `__Secure-` cookie needs `.secure(true)`",
            ));
        }
        if has_prefix("__Host-") && !(self.secure && self.path == "/" && self.domain.is_none()) {
            return Err(ConfigError::new(
                "cookie_name",
                "a `__Host-` cookie needs `.secure(true)`, the path `/` and no domain",
            ));
        }
        if (has_prefix("__Http-") || has_prefix("__Host-Http-")) && !(self.secure && self.http_only)
        {
            return Err(ConfigError::new(
                "cookie_name",
                "a cookie with an `Http-` prefix needs `.secure(true)` and `.http_only(true)`",
            ));
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), ConfigError> {
    let is_token_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(is_token_byte) {
        return Ok(());
    }
    Err(ConfigError::new(
        "cookie_name",
        format!(
            "{name:?} is no cookie name: write letters, digits, `-` and `_`, as in `partnero_referral`"
        ),
    ))
}

pub(crate) fn check_path(path: &str) -> Result<(), ConfigError> {
    let is_path_byte = |byte: u8| byte.is_ascii_graphic() && byte != b';';
    if path.len() <= LONGEST_ATTRIBUTE && path.starts_with('/') && path.bytes().all(is_path_byte) {
        return Ok(());
    }
    Err(ConfigError::new(
        "path",
        format!(
            "{path:?} is no cookie path: write `/`, or a path like `/shop` without `;` and spaces"
        ),
    ))
}

pub(crate) fn check_domain(domain: &str) -> Result<(), ConfigError> {
    let refuse = |advice: String| Err(ConfigError::new("domain", advice));
    if is_address(domain) {
        return refuse(format!(
            "{domain:?} is an address, and browsers share cookies only below a host name: leave the domain out"
        ));
    }
    if !domain.contains('.') {
        return refuse(format!(
            "browsers refuse a cookie for the whole of {domain:?}: write a name with a dot, as in `shop.example`, or leave the domain out"
        ));
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if domain.len() <= 253 && domain.split('.').all(is_label) {
        return Ok(());
    }
    refuse(format!(
        "{domain:?} is no host name: write it bare, without scheme, port, path or leading dot and in punycode, as in `shop.example`"
    ))
}

/// A browser reads every host that ends in a number as an IPv4 address: `127.1` as well as
/// `127.0.0.1` (URL standard, section 3.5).
fn is_address(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let hex = last.strip_prefix("0x").or(last.strip_prefix("0X"));
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_number || host.parse::<std::net::Ipv6Addr>().is_ok()
}
