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
    /// What `POST /leads/convert` and `POST /leads/reject` answer for a lead that does not exist. No
    /// source says.
    UnknownLead {
        /// 422 on the field `id`. Assumed.
        #[default]
        Unprocessable,
        /// 404. Assumed.
        NotFound,
    }
}

switch! {
    /// What they answer for a lead that was converted or rejected before. No source says.
    DecidedLead {
        /// 400. Assumed, as for an archive.
        #[default]
        BadRequest,
        /// They do it again: another commission is paid. Assumed.
        Repeats,
    }
}

switch! {
    /// The state of a payout request that the program's owner has made. No source says.
    NewPayout {
        /// `requested`: it is still to be approved. Assumed.
        #[default]
        Requested,
        /// `approved`. Assumed.
        Approved,
    }
}

switch! {
    /// Whether the partners have saved in their portal how they are paid. It is no question about
    /// Partnero, but a payout request fails without (N8N).
    PayoutDetails {
        /// All of them have.
        #[default]
        Saved,
        /// None has: 422 on the field `payout_settings`, unless the request has it. The field's name
        /// in the error is assumed.
        Missing,
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
