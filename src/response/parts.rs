//! The response parts that write or remove the referral cookie for a handler.

use http::Response;

use super::lines::CookieLines;

/// Removes the referral cookie from the visitor's browser, so that one referral credits one
/// sign-up.
///
/// It works by being part of the response: return it from an axum handler, or
/// [`apply`](Self::apply) it. A request that brought no referral leaves nothing to remove, and
/// its `Spent` does nothing.
///
/// The cookie is removed with the path and the domain it was set with; without them a browser
/// would keep it (RFC 6265, section 5.3). The cookies of the same name that this host alone has,
/// below the policy's path or below `/`, go as well: Partnero's script writes such a cookie. So does
/// the [`companion`](crate::capture::companion).
///
/// What a sibling host may have planted is removed by the sign-up hook, and elsewhere where the
/// browser sent several of the name or the request is no `GET`: in the likeliest of the scopes that
/// could have brought it, up to 24 and about two kilobytes, which are all for `/account/signup/new` on
/// `eu.www.shop.example`. They are made of the host and the path that the handler sees. A nested axum
/// router shows it the rest of the path alone, and a proxy may change either; what was planted below
/// the part that is missing stays, and may count again. So route the sign-up by its whole path.
///
/// In axum an array of headers replaces what stands there already. Within the
/// [layer](crate::Referrals::layer) the removal is put back behind it; without the layer, let
/// `Spent` come last.
///
/// A browser obeys the answer that comes last. If a landing page answers more slowly than the
/// sign-up that came after it, its link is a new one.
#[derive(Clone, Debug, Default)]
#[must_use = "the cookie is removed only if this becomes part of the response"]
pub struct Spent {
    lines: Option<CookieLines>,
}

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

/// Gives a type with a field `lines: Option<CookieLines>` its constructor, its `apply`, and with
/// the feature `axum` its place in a handler's answer.
macro_rules! response_part {
    ($part:ident) => {
        impl $part {
            pub(crate) fn new(lines: Option<CookieLines>) -> Self {
                Self { lines }
            }

            /// Makes it a part of the response.
            pub fn apply<B>(self, response: &mut Response<B>) {
                if let Some(lines) = self.lines {
                    lines.promise_in(response.extensions_mut());
                    lines.append_to(response.headers_mut());
                }
            }
        }

        #[cfg(feature = "axum")]
        impl axum_core::response::IntoResponseParts for $part {
            type Error = std::convert::Infallible;

            fn into_response_parts(
                self,
                mut parts: axum_core::response::ResponseParts,
            ) -> Result<axum_core::response::ResponseParts, Self::Error> {
                if let Some(lines) = self.lines {
                    lines.promise_in(parts.extensions_mut());
                    lines.append_to(parts.headers_mut());
                }
                Ok(parts)
            }
        }
    };
}

response_part!(Spent);
response_part!(Renewal);
