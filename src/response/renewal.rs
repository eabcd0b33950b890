use super::CookieLines;
use super::part::response_part;

/// Writes the referral's cookie from the server, by a handler's wish; made by
/// [`Referrals::renew`](crate::Referrals::renew) and [`Referrals::store`](crate::Referrals::store).
///
/// Safari keeps a cookie that a script has written for seven days at most, and for one day after
/// some links with decorated addresses (<https://webkit.org/tracking-prevention/>); one that the
/// server has set lives as long as it says. So where Partnero's own script writes the referral,
/// return `renew` from one page that every visitor passes. The value stays what it is; its age
/// starts anew, so that returned from every page it would extend the attribution window for ever;
/// where the policy has a [`companion`](crate::capture::companion), the time of the click stays.
///
/// It works by being part of the response, which becomes private to the visitor: return it from
/// an axum handler, or [`apply`](Self::apply) it. For a request without a stored referral, or
/// without consent, `renew` does nothing.
#[derive(Clone, Debug, Default)]
#[must_use = "the cookie is written only if this becomes part of the response"]
pub struct Renewal {
    lines: Option<CookieLines>,
}

response_part!(Renewal);
