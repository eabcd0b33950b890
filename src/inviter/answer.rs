//! What is known about who invited a visitor.

use std::fmt;

use crate::referral::ReferralKey;

/// The longest first name that is shown, in characters.
const LONGEST_NAME: usize = 40;

/// Who stands behind the key of a referral, as far as Partnero has answered in time.
///
/// With the feature `axum`, `Option<Inviter>` is an extractor; it takes the
/// [`Inviters`](super::Inviters) and the [`Referrals`](crate::Referrals) from the app's state
/// through `FromRef`. It is `None` for a visitor whom nobody referred. See the [module docs](super)
/// for an example.
///
/// `Debug` leaves out the name and the key.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inviter {
    /// A customer has this key; in an affiliate program, a partner.
    #[non_exhaustive]
    Known {
        /// What is shown of the customer or partner: the first name, unless the app has a
        /// [rule](super::InvitersBuilder::name) of its own. That person has chosen the name, so a page
        /// must escape it.
        name: Option<String>,
        /// The key that this person has. It is not that of the visitor's last link if nobody has that
        /// key: then an earlier link counts, or the key without the punctuation around it.
        key: ReferralKey,
    },
    /// Partnero knows nobody with this key.
    Nobody,
    /// Partnero has not answered in time, or is not asked at the moment. The next page may know more.
    Pending,
}

impl Inviter {
    /// The name to show, if a customer has the key and the name is known.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Known { name, .. } => name.as_deref(),
            Self::Nobody | Self::Pending => None,
        }
    }

    /// The key that the customer has, if it is known that somebody has it.
    #[must_use]
    pub fn key(&self) -> Option<&ReferralKey> {
        match self {
            Self::Known { key, .. } => Some(key),
            Self::Nobody | Self::Pending => None,
        }
    }

    /// Whether it is certain that no customer has the key. So a form can be shown again for a code
    /// that was mistyped; a code whose answer is [`Pending`](Self::Pending) is taken.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        *self == Self::Nobody
    }
}

impl fmt::Debug for Inviter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The name is a person's.
            Self::Known { .. } => f.debug_struct("Known").finish_non_exhaustive(),
            Self::Nobody => f.write_str("Nobody"),
            Self::Pending => f.write_str("Pending"),
        }
    }
}

/// The first word of a name. Many apps send the whole name as the first one.
///
/// Strangers read this name on the app's own page, and the customer has chosen it. So a text that
/// looks like an address, or is longer than a name, is not shown.
pub(super) fn first_name(name: Option<&str>) -> Option<String> {
    let name = name?.split_whitespace().next()?;
    let inner = name.trim_matches('.');
    let is_name = !inner.is_empty()
        // Customers choose their names, and this name stands on another person's page: no address
        // and no link in it.
        && !inner.contains(['@', '/', ':', '.', '<', '>'])
        && !name.chars().any(char::is_control)
        && name.chars().count() <= LONGEST_NAME;
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_alone_is_shown() {
        for (name, shown) in [
            ("Anna", Some("Anna")),
            (" Anna Maria Keller", Some("Anna")),
            ("Anna-Maria", Some("Anna-Maria")),
            ("J. Smith", Some("J.")),
            ("明日香", Some("明日香")),
            ("", None),
            (" \t", None),
            ("anna@shop.example", None),
            ("https://evil.example", None),
            ("evil.example", None),
            ("<b>Anna</b>", None),
            ("...", None),
            ("An\u{7}na", None),
        ] {
            assert_eq!(first_name(Some(name)).as_deref(), shown, "{name:?}");
        }
        assert_eq!(first_name(None), None);
        assert_eq!(first_name(Some(&"a".repeat(LONGEST_NAME + 1))), None);
    }

    #[test]
    fn debug_leaves_out_who_it_is() {
        let name = Some("Anna".to_owned());
        let key = "anna-7".parse().unwrap();
        let inviter = Inviter::Known { name, key };
        assert_eq!(format!("{inviter:?}"), "Known { .. }");
    }
}
