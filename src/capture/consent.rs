//! Consent policies: whether the visitor allows the app to store anything in the browser.
//!
//! The app's own consent tool knows the answer.
//! [`ReferralsBuilder::consent`](super::ReferralsBuilder::consent) takes a function that asks this
//! tool. The layer and the extractors call it for each request that they read. Without such a
//! function every request counts as granted.
//!
//! | Answer | The link's key | The cookie |
//! |---|---|---|
//! | [`Unknown`](Consent::Unknown) | counts for this request only | neither read nor written; removed by a sign-up that a link or a code credits |
//! | [`Granted`](Consent::Granted) | counts, and is stored | read and written |
//! | [`Withdrawn`](Consent::Withdrawn) | does not count | removed, with the path and domain it was set with |
//!
//! A referral that the app hands in by [`with_referral`](crate::ReferralContext::with_referral), for
//! example a typed code, counts under each answer: the visitor gave it on purpose, and nothing is
//! stored.
//!
//! If a visitor lands by a link, answers the banner by script and goes on without a reload, the key
//! was in the first request only, and that one could not store it. Turn on
//! [`referer_rescue`](super::ReferralsBuilder::referer_rescue), which finds the key in the next
//! request. Or let the page send the key to the [`CaptureEndpoint`](super::CaptureEndpoint) when the
//! visitor has answered.
//!
//! # Example
//!
//! ```
//! use tower_partnero::Referrals;
//! use tower_partnero::capture::consent;
//! use tower_partnero::context::Consent;
//!
//! // A consent banner that keeps its answer in the cookie `cookie_consent`.
//! let by_banner = Referrals::builder().consent(consent::by_cookie("cookie_consent", "yes"));
//!
//! // The banner's answer, unless the browser itself objects.
//! let banner = consent::by_cookie("cookie_consent", "yes");
//! let by_both = Referrals::builder().consent(move |request| {
//!     match consent::global_privacy_control(request) {
//!         Consent::Granted => banner(request),
//!         objection => objection,
//!     }
//! });
//! # by_banner.build()?;
//! # by_both.build()?;
//! # Ok::<_, tower_partnero::ConfigError>(())
//! ```

use http::header::HeaderName;

use super::cookie::CookieName;
use super::head::RequestHead;
use crate::context::Consent;

static SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");

/// A policy by the browser's own signal: `Sec-GPC: 1` withdraws, anything else grants.
///
/// [Global Privacy Control](https://www.w3.org/TR/gpc/) objects to the sale and sharing of data. In
/// some countries the law makes it binding. Other countries ask for consent before anything is
/// stored; for those this signal says nothing.
#[must_use]
pub fn global_privacy_control(request: &RequestHead<'_>) -> Consent {
    if request
        .headers
        .get(&SEC_GPC)
        // The only value that the specification of Global Privacy Control has.
        .is_some_and(|value| value == "1")
    {
        Consent::Withdrawn
    } else {
        Consent::Granted
    }
}

/// A policy by the cookie in which a consent tool keeps its answer. The value `granted` grants, any
/// other value withdraws, and without the cookie the answer is unknown.
///
/// The value in the header is compared without decoding. Of several cookies of this name the first
/// one counts.
pub fn by_cookie(
    name: impl Into<String>,
    granted: impl Into<String>,
) -> impl Fn(&RequestHead<'_>) -> Consent + Send + Sync + 'static {
    let (name, granted) = (CookieName::new(&name.into()), granted.into());
    move |request| match name.values(request.headers).next() {
        Some(value) if value == granted.as_bytes() => Consent::Granted,
        Some(_) => Consent::Withdrawn,
        None => Consent::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, Method, Uri};

    fn ask(
        policy: impl Fn(&RequestHead<'_>) -> Consent,
        header: (&'static str, &'static str),
    ) -> Consent {
        let (name, value) = (
            HeaderName::from_static(header.0),
            HeaderValue::from_static(header.1),
        );
        let headers = HeaderMap::from_iter([(name, value)]);
        policy(&RequestHead::new(
            &Method::GET,
            &Uri::from_static("/"),
            &headers,
        ))
    }

    #[test]
    fn the_browsers_signal_withdraws() {
        for (value, consent) in [
            ("1", Consent::Withdrawn),
            ("0", Consent::Granted),
            ("", Consent::Granted),
        ] {
            assert_eq!(
                ask(global_privacy_control, ("sec-gpc", value)),
                consent,
                "{value}"
            );
        }
    }

    #[test]
    fn the_banners_cookie_answers() {
        for (line, consent) in [
            ("consent=yes", Consent::Granted),
            ("a=1; consent = yes ; b=2", Consent::Granted),
            ("consent=no", Consent::Withdrawn),
            ("consent=", Consent::Withdrawn),
            ("consent=yes!", Consent::Withdrawn),
            ("consent=no; consent=yes", Consent::Withdrawn),
            ("consent", Consent::Unknown),
            ("xconsent=yes; consent2=yes", Consent::Unknown),
        ] {
            assert_eq!(
                ask(by_cookie("consent", "yes"), ("cookie", line)),
                consent,
                "{line}"
            );
        }
    }
}
