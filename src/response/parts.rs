//! The response parts that write or remove the referral cookie for a handler.

use http::{HeaderMap, Response};

use super::lines::CookieLines;

/// Removes the referral cookie from the visitor's browser, so that one referral credits one
/// sign-up.
///
/// Return it from an axum handler as a part of the response, or [`apply`](Self::apply) it to the
/// response. For a request without a referral it does nothing.
///
/// The cookie is removed with the path and the domain it was set with; without them a browser
/// would keep it (RFC 6265, section 5.3). Also removed are the cookies of the same name that belong to
/// this host only, with the policy's path or `/`, because Partnero's script writes such a cookie; and
/// the [`companion`](crate::capture::companion).
///
/// # Cookies of other hosts
///
/// Another subdomain can set a cookie of our name, and the browser does not say so. `Spent` removes
/// such cookies too if the sign-up hook made it, if the browser sent several cookies of the name, or
/// if the request is no `GET`. It removes them from the most likely domains and paths: at most 24 and
/// about two kilobytes, which is enough for all of `/account/signup/new` on `eu.www.shop.example`.
///
/// The domains and paths are taken from the request that the handler sees. A nested axum router
/// shows a handler only the rest of the path, and a proxy may change host or path. A cookie that was
/// set for the missing part of the path stays, and may count again. So route the sign-up by its
/// whole path.
///
/// # Order
///
/// In axum an array of headers replaces earlier headers of the same name. Inside the
/// [layer](crate::Referrals::layer) the removal is restored. Without the layer, let `Spent` be the
/// last part.
///
/// If a slow landing page answers after the sign-up, its `Set-Cookie` stores the referral again.
#[derive(Clone, Debug, Default)]
#[must_use = "the cookie is removed only if this becomes part of the response"]
pub struct Spent {
    lines: Option<CookieLines>,
}

/// Writes the referral's cookie from the server where a handler asks for it; made by
/// [`Referrals::renew`](crate::Referrals::renew) and [`Referrals::store`](crate::Referrals::store).
///
/// Safari keeps a cookie that a script has written for seven days at most, and for one day after
/// some links with decorated addresses (<https://webkit.org/tracking-prevention/>). Safari keeps a
/// cookie from the server for its whole `Max-Age`. So where Partnero's own script writes the
/// referral, return `renew` from one page that every visitor passes.
///
/// The value of the cookie stays the same, and its age starts again. So does the age of the cookie
/// that keeps the [keys that lost](crate::ReferralContext::runners_up). Do not return `renew` from
/// every page: that would extend the attribution window without end. With a
/// [`companion`](crate::capture::companion) the time of the click stays.
///
/// Return it from an axum handler as a part of the response, or [`apply`](Self::apply) it to the
/// response. The response becomes private to the visitor. For a request without a stored referral,
/// or without consent, `renew` does nothing.
#[derive(Clone, Debug, Default)]
#[must_use = "the cookie is written only if this becomes part of the response"]
pub struct Renewal {
    lines: Option<CookieLines>,
}

/// Gives a type with a field `lines: Option<CookieLines>` a constructor, `apply`, and with the
/// feature `axum` the trait that makes it a part of a handler's answer.
macro_rules! response_part {
    ($part:ident) => {
        impl $part {
            pub(crate) fn new(lines: Option<CookieLines>) -> Self {
                Self { lines }
            }

            /// The headers with the cookie lines, for a server function that sees no response.
            ///
            /// Append each of them, and insert none: an inserted `Set-Cookie` would replace those of
            /// the app. With leptos:
            ///
            /// ```
            /// # struct ResponseOptions;
            /// # impl ResponseOptions {
            /// #     fn append_header(&self, _: http::HeaderName, _: http::HeaderValue) {}
            /// # }
            #[doc = concat!("# fn example(part: tower_partnero::response::", stringify!($part), ", response: ResponseOptions) {")]
            /// for (name, value) in &part.into_headers() {
            ///     response.append_header(name.clone(), value.clone());
            /// }
            /// # }
            /// ```
            ///
            /// Among them is `Cache-Control: private`, which keeps the response out of shared caches.
            /// Such a response must not be marked as public elsewhere.
            #[must_use]
            pub fn into_headers(self) -> HeaderMap {
                let mut headers = HeaderMap::new();
                if let Some(lines) = self.lines {
                    lines.append_to(&mut headers);
                }
                headers
            }

            /// Adds the cookie lines to the response.
            pub fn apply<B>(self, response: &mut Response<B>) {
                if let Some(lines) = self.lines {
                    lines.append_copies_to(response.headers_mut());
                    lines.promise_in(response.extensions_mut());
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
                    lines.append_copies_to(parts.headers_mut());
                    lines.promise_in(parts.extensions_mut());
                }
                Ok(parts)
            }
        }
    };
}

response_part!(Spent);
response_part!(Renewal);
