use super::part::response_part;
use crate::capture::CookieLines;

/// Writes the referral that counts to the cookie, from the server.
///
/// Safari keeps a cookie that a script has written for seven days at most, and for one day after
/// some links with decorated addresses (<https://webkit.org/tracking-prevention/>); one that the
/// server has set lives as long as it says. So where Partnero's own script writes the referral,
/// return this from one page that every visitor passes. The value stays what it is; its age
/// starts anew, so that on every page it would leave the attribution window without an end; where
/// the policy has a [`companion`](crate::capture::companion), the time of the click stays.
///
/// It also stores a referral that the app handed in by
/// [`ReferralContext::with_referral`](super::ReferralContext::with_referral), such as that of a
/// token opened on another host's landing page.
///
/// It works by being part of the response, which becomes private to the visitor: return it from
/// an axum handler, or [`apply`](Self::apply) it. For a request without a stored or handed-in
/// referral, or without consent, it does nothing.
#[derive(Clone, Debug, Default)]
#[must_use = "the cookie is written only if this becomes part of the response"]
pub struct Renewal {
    lines: Option<CookieLines>,
}

response_part!(Renewal);
