//! Switches about creating, reading and changing customers.

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
    /// fails the call (N8N). A customer that names itself is a case of this, since nobody has
    /// its id and key yet.
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
    /// Whether a new customer needs an e-mail address.
    EmailField {
        /// It may be absent (seed, D).
        #[default]
        Optional,
        /// It is required (O).
        Required,
    }
}

switch! {
    /// Whether keys, in links and in bodies, differ by case. No source says.
    KeyCase {
        /// `Anna` and `anna` are two keys. Assumed.
        #[default]
        Sensitive,
        /// `Anna` and `anna` are one key. Assumed.
        Insensitive,
    }
}

switch! {
    /// Whom a path means if its value is one customer's id and another's key or e-mail address.
    /// All three are accepted (N8N); no source orders them.
    PathOrder {
        /// The id counts before the key, and the key before the e-mail address. Assumed.
        #[default]
        IdKeyEmail,
        /// The key counts before the id. Assumed.
        KeyIdEmail,
        /// The e-mail address counts first. Assumed.
        EmailIdKey,
    }
}

switch! {
    /// Which body changes a customer.
    UpdateForm {
        /// Fields inside `update` (D, PHP) and flat ones (N8N) alike; `update` counts if it is
        /// there. Assumed.
        #[default]
        Both,
        /// Only `{"update": {…}}`; flat fields are ignored.
        Update,
        /// Only flat fields; `update` is ignored.
        Flat,
    }
}

switch! {
    /// What becomes of a `referring_customer` in a change. No source says.
    LaterReferrer {
        /// It is ignored, like any field that a change does not know. Assumed.
        #[default]
        Ignored,
        /// It is taken if the customer has none. Assumed.
        Once,
        /// It is taken. Assumed.
        Replaced,
        /// 422 on the field. Assumed.
        Unprocessable,
    }
}

switch! {
    /// What is left of a deleted customer.
    DeletedCustomer {
        /// Nothing: 404, and its id, key and e-mail address are free again. Assumed.
        #[default]
        Gone,
        /// It is still there with `status: "deleted"`, a status that D lists. That it refers
        /// nobody any more is assumed.
        Marked,
    }
}

switch! {
    /// What becomes of the sales of a deleted customer.
    DeletedCustomerSales {
        /// They go, and their rewards with them (D, for affiliate programs).
        #[default]
        Removed,
        /// They stay. Assumed.
        Kept,
    }
}

switch! {
    /// How `customers:search` compares. No source says.
    SearchMatch {
        /// The whole value. Assumed.
        #[default]
        Exact,
        /// A part of the value, without regard to case. Assumed.
        Partial,
    }
}

switch! {
    /// What a search answers that finds nothing. No source says.
    SearchMiss {
        /// An empty list. Assumed.
        #[default]
        EmptyList,
        /// 404. Assumed.
        NotFound,
    }
}
