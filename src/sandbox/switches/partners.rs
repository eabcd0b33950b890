//! Switches about affiliate programs.

use super::declare::{SwitchInfo, switch};

switch! {
    /// How an answer about a customer of an affiliate program names the partner.
    PartnerEcho {
        /// By the id (D).
        #[default]
        Id,
        /// By the key (O).
        Key,
        /// Not at all. Assumed.
        Absent,
    }
}

switch! {
    /// Whether an answer about a partner has the field `key`.
    PartnerShape {
        /// The key stands in the links alone (D).
        #[default]
        LinksOnly,
        /// It has the key (O).
        WithKey,
    }
}
