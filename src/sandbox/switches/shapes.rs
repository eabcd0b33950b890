//! Switches about the shape of answers that no source shows.

use super::declare::{SwitchInfo, switch};

switch! {
    /// Which fields a customer has in an answer.
    CustomerShape {
        /// Both `id` and `key`, and all other fields.
        #[default]
        Both,
        /// `key`, but not `id`, `surname`, `approved` and links (seed). It is assumed that metadata
        /// and custom fields are missing, too.
        KeyOnly,
        /// `id`, but not `key`. The links contain the key (D, O).
        IdOnly,
    }
}

switch! {
    /// What `referring_customer` is in an answer.
    ///
    /// It is null or an object (D). No source shows the object.
    ReferrerEcho {
        /// An object with `id` and `key`. Assumed.
        #[default]
        IdAndKey,
        /// An object with `key`. Assumed.
        Key,
        /// An object with `id`. Assumed.
        Id,
        /// Always null. Assumed.
        Null,
        /// The field is missing. Assumed.
        Absent,
    }
}

switch! {
    /// How `GET /customers/{id}/referrals` answers.
    ReferralsForm {
        /// Every referral in one list (seed).
        #[default]
        Whole,
        /// A page with links and meta, as other lists. Assumed.
        Paged,
        /// A list in `data.data`, for which K is prepared.
        Nested,
    }
}

switch! {
    /// What `POST /customers:invite` answers. No source shows it.
    InviteAnswer {
        /// The invited customer. Assumed.
        #[default]
        Customer,
        /// `{"status": 1}`. Assumed.
        StatusOnly,
    }
}

switch! {
    /// What `POST /customers/{id}/balance/credit` answers. No source shows it.
    CreditAnswer {
        /// As `GET /customers/{id}/balance`, with the new balance. Assumed.
        #[default]
        Balance,
        /// `{"status": 1}`. Assumed.
        StatusOnly,
    }
}

switch! {
    /// Where a balance has units that are not a currency, such as points (H/205).
    ///
    /// The sources show only the group `currency` (O).
    OtherUnits {
        /// In a group with the unit's name. Assumed.
        #[default]
        OwnGroup,
        /// In the group `currency`, with `is_currency: false`. Assumed.
        CurrencyGroup,
    }
}
