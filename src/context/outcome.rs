//! Why a request is, or is not, a referred one.

use std::fmt;

use crate::referral::InvalidReferralKey;

/// What became of the referral in one request, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Neither the link nor the cookie says anything: an unreferred visitor.
    NotReferred,
    /// The link's key is new here; the layer stores it in the cookie of this response.
    Captured,
    /// The link's key is the stored one already; nothing is written.
    Unchanged,
    /// The link has no valid key; the stored one counts.
    Remembered,
    /// The link has another key than the stored one, or several are stored; what counts of them
    /// stands because the policy is [`Attribution::FirstTouch`](crate::Attribution::FirstTouch).
    FirstTouchKept,
    /// The link's key counts for this request and is not stored, for the given reason.
    NotStored(NotStored),
    /// The app handed in a key that it found itself: a code the visitor typed, or a signed token.
    /// Only the handler that does so sees it.
    HandedIn,
    /// The address of the page before carried a key, but this browser has already used its
    /// referral for a sign-up.
    AlreadySpent,
    /// The stored key is older than the attribution window, as the companion cookie knows: an
    /// unreferred visitor.
    Expired,
    /// The visitor has withdrawn consent: nothing counts, and what was stored is removed.
    ConsentWithdrawn,
    /// Something stood in the link or the cookie, and no valid key among it: an unreferred
    /// visitor.
    Ignored(InvalidReferralKey),
}

/// Why a link's key was not stored.
///
/// A cookie is written only when a person navigates, so that no hidden image, frame or script on
/// a stranger's page can plant a referral. What says so:
///
/// | Header | Says | Sent by |
/// |---|---|---|
/// | method | anything but `GET` is no landing | all |
/// | `Sec-Purpose`, `Purpose`, `X-Purpose`, `X-Moz` | `prefetch`, `prerender`, `preview`: nobody has seen the page yet | browsers that fetch ahead (Fetch standard, and older Chrome, Safari and Firefox) |
/// | `X-Sec-Purpose`, `HX-Preloaded` | `prefetch`, and `true`: the same | Turbo 8, htmx's preload extension |
/// | `Sec-Fetch-Mode` | `navigate` is a navigation; `cors`, `no-cors`, `websocket` ... are a script's, an image's (a script's of the app's own page counts with [`referer_rescue`](crate::capture::ReferralsBuilder::referer_rescue)) | Chrome 76, Firefox 90, Safari 16.4 and newer, over https and on loopback |
/// | `Sec-Fetch-Dest` | `iframe`, `frame`, `embed`, `object` and `fencedframe` are parts of a page, perhaps a stranger's | as above |
/// | `Upgrade` | the connection becomes another protocol | RFC 9110, section 7.8 |
///
/// Where a browser sends none of them (an older one, or any over plain http to a host that is not
/// loopback), a `GET` counts as a navigation: to refuse it would lose honest referrals, and what
/// remains possible there is what was possible everywhere before. The same holds for the program
/// behind a link preview that names itself nowhere: it gets a cookie, and throws it away.
/// `Sec-Fetch-User` is not asked for: a link that a script opens, or a redirect on the way, has
/// none. So a page that sends its visitors here as a whole window still counts as their visit.
///
/// What was not stored is lost with this request, unless the app takes it up again by
/// [`referer_rescue`](crate::capture::ReferralsBuilder::referer_rescue) or the
/// [`CaptureEndpoint`](crate::capture::CaptureEndpoint).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotStored {
    /// The request is no `GET`.
    Method,
    /// The browser or a script fetches ahead (`Sec-Purpose` and its kin): nobody has seen the page.
    Speculative,
    /// A script, an image or another part of a page asks (`Sec-Fetch-Mode`), or the connection
    /// is to be upgraded.
    NoNavigation,
    /// The page is loaded into a frame or an object of another page (`Sec-Fetch-Dest`).
    Embedded,
    /// The visitor has not said yet whether anything may be kept.
    ConsentUnknown,
    /// The app marked the page for shared caches, and the policy
    /// [leaves such pages](crate::capture::ReferralsBuilder::leave_public_pages) as they are. Known
    /// only when the response is: observer and event hear of it, the handler still sees
    /// [`Outcome::Captured`].
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
