//! What became of the referral in one request, and why.

use std::fmt;

use crate::referral::InvalidReferralKey;

/// What became of the referral in one request, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Neither the link nor the cookie has a key: an unreferred visitor.
    NotReferred,
    /// The link has a new key. The layer stores it in a cookie with this response.
    Captured,
    /// The link has the same key as the cookie. Nothing is written.
    Unchanged,
    /// The link has no valid key. The stored key counts.
    Remembered,
    /// The link has another key than the cookie, or the browser sent several cookies with
    /// different keys. A stored key counts, because the policy is
    /// [`Attribution::FirstTouch`](crate::Attribution::FirstTouch).
    FirstTouchKept,
    /// The link's key counts for this request and is not stored, for the given reason.
    NotStored(NotStored),
    /// The app handed in a key by [`with_referral`](crate::ReferralContext::with_referral): a code
    /// the visitor typed, or a signed token. Only the handler that hands it in sees this outcome.
    HandedIn,
    /// The address of the page before carried a key, but this browser has already used its
    /// referral for a sign-up.
    AlreadySpent,
    /// The companion cookie says that the stored key is older than the attribution window: an
    /// unreferred visitor.
    Expired,
    /// The visitor has withdrawn consent. No key counts, and the stored cookies are removed.
    ConsentWithdrawn,
    /// The link or the cookie had a value, but no valid key: an unreferred visitor.
    Ignored(InvalidReferralKey),
}

/// Why a link's key was not stored.
///
/// A cookie is written only when a person opens a page, so that no hidden image, frame or script on
/// another site can store a referral. These parts of a request tell:
///
/// | Header | Meaning | Sent by |
/// |---|---|---|
/// | method | anything but `GET` is no landing | all |
/// | `Sec-Purpose`, `Purpose`, `X-Purpose`, `X-Moz` | `prefetch`, `prerender`, `preview`: nobody has seen the page yet | browsers that fetch ahead (Fetch standard, and older Chrome, Safari and Firefox) |
/// | `X-Sec-Purpose`, `HX-Preloaded` | `prefetch`, and `true`: the same | Turbo 8, htmx's preload extension |
/// | `Sec-Fetch-Mode` | `navigate` is a navigation; `cors`, `no-cors`, `websocket` ... come from a script or an image (with [`referer_rescue`](crate::capture::ReferralsBuilder::referer_rescue) a request by a script of the app's own page counts) | Chrome 76, Firefox 90, Safari 16.4 and newer, over https and on loopback |
/// | `Sec-Fetch-Dest` | `iframe`, `frame`, `embed`, `object` and `fencedframe` are parts of a page, perhaps of another site's | as above |
/// | `Upgrade` | the connection becomes another protocol | RFC 9110, section 7.8 |
///
/// An older browser sends none of these headers, and no browser sends them over plain http to a host
/// that is not loopback. There a `GET` counts as a navigation, because a refusal would lose honest
/// referrals. So another site can still store a referral in such a browser. A program that makes
/// link previews may send none of them either; it gets a cookie and throws it away.
///
/// `Sec-Fetch-User` is not needed: a link that a script opens, and a redirect on the way, do not
/// have it. So a page that sends the whole window here counts as a visit.
///
/// A key that was not stored is lost with this request, unless the app finds it again by
/// [`referer_rescue`](crate::capture::ReferralsBuilder::referer_rescue) or the
/// [`CaptureEndpoint`](crate::capture::CaptureEndpoint).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotStored {
    /// The request is no `GET`.
    Method,
    /// The browser or a script fetches ahead (`Sec-Purpose` and similar headers): nobody has seen the
    /// page.
    Speculative,
    /// A script, an image or another part of a page sent the request (`Sec-Fetch-Mode`), or the
    /// request asks for another protocol (`Upgrade`).
    NoNavigation,
    /// Another page loads this page into a frame or an object (`Sec-Fetch-Dest`).
    Embedded,
    /// The visitor has not said yet whether the app may store anything.
    ConsentUnknown,
    /// The layer has not seen the link that the handler sees, so the layer writes no cookie for it.
    /// In axum the layer covers only the routes that were added before it: write
    /// `.layer(referrals.layer())` below all routes. A handler alone sees this outcome; the first one
    /// is logged as an error event.
    OutsideLayer,
    /// Browsers refuse the cookie: the host of the request is neither the policy's
    /// [`domain`](crate::capture::ReferralsBuilder::domain) nor below it. The first one is logged as
    /// an error event. The cookie is written all the same: a proxy may have put its own name into
    /// `Host`, and then the browser knows another host than the app does.
    OutsideDomain,
    /// The app marked the page for shared caches, and the policy
    /// [leaves such pages](crate::capture::ReferralsBuilder::leave_public_pages) as they are. This
    /// is known only after the handler has answered. So the observer and the event have this
    /// outcome, and the handler has seen [`Outcome::Captured`].
    PublicPage,
}

impl Outcome {
    /// Whether it is the stored key that counts.
    pub(crate) fn is_of_stored_key(self) -> bool {
        matches!(
            self,
            Self::Remembered | Self::Unchanged | Self::FirstTouchKept
        )
    }

    /// A short name of the outcome, for a log field or a counter's label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotReferred => "not_referred",
            Self::Captured => "captured",
            Self::Unchanged => "unchanged",
            Self::Remembered => "remembered",
            Self::FirstTouchKept => "first_touch_kept",
            Self::NotStored(NotStored::Method) => "not_stored_method",
            Self::NotStored(NotStored::Speculative) => "not_stored_speculative",
            Self::NotStored(NotStored::NoNavigation) => "not_stored_no_navigation",
            Self::NotStored(NotStored::Embedded) => "not_stored_embedded",
            Self::NotStored(NotStored::ConsentUnknown) => "not_stored_consent_unknown",
            Self::NotStored(NotStored::OutsideLayer) => "not_stored_outside_layer",
            Self::NotStored(NotStored::OutsideDomain) => "not_stored_outside_domain",
            Self::NotStored(NotStored::PublicPage) => "not_stored_public_page",
            Self::HandedIn => "handed_in",
            Self::AlreadySpent => "already_spent",
            Self::Expired => "expired",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::Ignored(_) => "ignored",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
