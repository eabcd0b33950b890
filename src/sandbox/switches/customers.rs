//! Switches about customers.

use super::switch;

switch! {
    /// What `POST /customers` answers when the id, the key or the e-mail address is taken.
    ///
    /// They must be unique (seed, O). What a second create gets is written down for affiliate
    /// programs only.
    DuplicateCustomer {
        /// 422 that names the taken fields (D for affiliate programs; SX saw it).
        #[default]
        Unprocessable,
        /// 409, which DW, BS and SX expect and no table of Partnero's lists.
        Conflict,
        /// 200 with the existing customer, unchanged. Assumed.
        Existing,
    }
}

switch! {
    /// What `POST /customers` answers when nobody has the id or key in `referring_customer`.
    ///
    /// No source says it for refer-a-friend programs. In affiliate programs an unknown partner
    /// fails the call (N8N).
    UnknownReferrer {
        /// 400 (D, for an unknown partner).
        #[default]
        BadRequest,
        /// 404 (SX, for an unknown partner).
        NotFound,
        /// 422 on the field `referring_customer`. Assumed.
        Unprocessable,
        /// The customer is created, unreferred. Assumed.
        Unreferred,
    }
}

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
        /// An object with `id` and `key`.
        #[default]
        IdAndKey,
        /// An object with `key`.
        Key,
        /// An object with `id`.
        Id,
        /// Always null.
        Null,
        /// The field is missing.
        Absent,
    }
}
