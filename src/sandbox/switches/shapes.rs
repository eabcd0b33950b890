//! Switches about what answers look like where no source shows them.

use super::switch;

switch! {
    /// Which fields an answered customer has.
    CustomerShape {
        /// Both `id` and `key`, and every later field.
        #[default]
        Both,
        /// `key` without `id`, `surname`, `approved` and links (seed). That metadata and custom
        /// fields are missing, too, is assumed.
        KeyOnly,
        /// `id` without `key`; the key can be read from the links (D, O).
        IdOnly,
    }
}

switch! {
    /// What an answered customer says in `referring_customer`.
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
        /// The list once more inside `data`, which K is prepared for.
        Nested,
    }
}

switch! {
    /// What `GET /customers/{id}/stats` answers. No source shows it.
    StatsForm {
        /// `clicks`, `referrals` and `referrals_count`, as K guesses.
        #[default]
        Counts,
        /// An empty list. Assumed.
        Empty,
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
    /// Where a balance keeps units that are no currency, such as points (H/205).
    ///
    /// Only a group named `currency` is shown (O).
    OtherUnits {
        /// In a group with the unit's name. Assumed.
        #[default]
        OwnGroup,
        /// In the group `currency`, with `is_currency: false`. Assumed.
        CurrencyGroup,
    }
}
