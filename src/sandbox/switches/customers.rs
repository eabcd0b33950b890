//! Switches about creating, reading and changing customers.

use super::declare::{SwitchInfo, switch};

switch! {
    /// What `POST /customers` answers when the id, the key or the e-mail address is taken.
    ///
    /// All three must be unique (seed, O). The answer to a second create is documented for
    /// affiliate programs only.
    DuplicateCustomer {
        /// 422 that names the taken fields (D for affiliate programs; SX saw it).
        #[default]
        Unprocessable,
        /// 409. DW, BS and SX expect it, but no table of Partnero's lists it.
        Conflict,
        /// 200 with the existing customer, unchanged. Assumed.
        Existing,
    }
}

switch! {
    /// What `POST /customers` answers when nobody has the id or key in `referring_customer`.
    ///
    /// No source says this for refer-a-friend programs. In affiliate programs the call fails if the
    /// partner is unknown (N8N). A new customer that names itself gets the same answer, because
    /// nobody has its id and key yet.
    ///
    /// In an affiliate program this is the answer to an unknown partner.
    UnknownReferrer {
        /// 400 (D, for an unknown partner).
        #[default]
        BadRequest,
        /// 404 (SX, for an unknown partner).
        NotFound,
        /// 422 on the field `referring_customer`. Assumed.
        Unprocessable,
        /// 422 on the field `referring_customer.key` or `referring_customer.id`, as Laravel names
        /// nested fields. Assumed.
        UnprocessableNested,
        /// The customer is created without a referrer. Assumed. In an affiliate program as
        /// `BadRequest`, because there the call fails (N8N).
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
    /// Which id a new customer has if the body has a `key` but no `id`.
    MissingId {
        /// The id is the key, as in D's example. If another customer has this id, it is random,
        /// which is assumed.
        #[default]
        Key,
        /// The id is random (seed: random if absent).
        Random,
    }
}

switch! {
    /// What `POST /customers` of a refer-a-friend program answers to
    /// `{"partner": {…}, "customer": {…}}`, the body that WP sends to affiliate programs. No source
    /// says. An affiliate program takes it (WP).
    NestedCustomer {
        /// 422 on the field `customer`. Assumed.
        #[default]
        Unprocessable,
        /// Both are ignored as unknown fields: a customer without a name is created. Assumed.
        Ignored,
    }
}

switch! {
    /// Whether upper and lower case matter in keys. No source says.
    KeyCase {
        /// `Anna` and `anna` are two keys. Assumed.
        #[default]
        Sensitive,
        /// `Anna` and `anna` are one key. Assumed.
        Insensitive,
    }
}

switch! {
    /// Which customer a path names, if one customer has the value as id and another customer as key
    /// or e-mail address. A path may have each of the three (N8N), but no source says which counts
    /// first.
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
    /// Where the body of a change has the new values.
    UpdateForm {
        /// Inside `update` (D, PHP), or at the top of the body (N8N) if there is no `update`. That
        /// Partnero takes both is assumed.
        #[default]
        Both,
        /// Inside `update`. Fields at the top of the body are ignored.
        Update,
        /// At the top of the body. `update` is ignored.
        Flat,
    }
}

switch! {
    /// What remains of a deleted customer.
    DeletedCustomer {
        /// Nothing: reading it is a 404, and its id, key and e-mail address are free again.
        /// Assumed.
        #[default]
        Gone,
        /// The customer remains with `status: "deleted"`, a status that D lists. It is assumed that
        /// its key counts as an unknown referrer.
        Marked,
    }
}

switch! {
    /// How `customers:search` compares values. No source says.
    SearchMatch {
        /// The whole value. Assumed.
        #[default]
        Exact,
        /// A part of the value, in upper or lower case. Assumed.
        Partial,
    }
}

switch! {
    /// The answer to a search that finds nothing. No source says.
    SearchMiss {
        /// An empty list. Assumed.
        #[default]
        EmptyList,
        /// 404. Assumed.
        NotFound,
    }
}
