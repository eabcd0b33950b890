use super::CookieLines;
use super::part::response_part;

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

response_part!(Spent);
