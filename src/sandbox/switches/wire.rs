//! Switches about how answers are written.

use super::declare::{SwitchInfo, switch};

switch! {
    /// The shape of `errors` in a 422.
    ///
    /// It is a map (PHP). No source shows what the map contains.
    ErrorMap {
        /// A list of texts for each field, as Laravel writes it. Assumed.
        #[default]
        Texts,
        /// One text for each field. Assumed.
        Text,
        /// No `errors` at all: `message` alone. Assumed.
        Absent,
    }
}

switch! {
    /// Whether an error has a `status`. D writes that it is 1 on success "or failure".
    ErrorStatus {
        /// It has none. Assumed.
        #[default]
        Absent,
        /// `"status": 0`. Assumed.
        Zero,
    }
}

switch! {
    /// Whether a success has `"status": 1`.
    EnvelopeStatus {
        /// It has one (D, seed).
        #[default]
        Present,
        /// It has none, as in some examples of O.
        Absent,
    }
}

switch! {
    /// The HTTP status of a successful create.
    CreatedStatus {
        /// 200, as in every example (D, O).
        #[default]
        Ok,
        /// 201, which D and O list without an example.
        Created,
    }
}

switch! {
    /// The answer to a success that has no data, such as a delete.
    DoneAnswer {
        /// 200 with `{"status": 1}` (D).
        #[default]
        StatusOne,
        /// 204 without a body, a status that O lists.
        NoContent,
    }
}

switch! {
    /// How numbers are written within `data`.
    Numbers {
        /// As JSON numbers (every example of D, O and seed).
        #[default]
        Numbers,
        /// As strings: O calls a requested amount a string.
        Strings,
    }
}

switch! {
    /// How an object without fields is written within `data`.
    EmptyObjects {
        /// `{}` (D). An empty balance is `[]` nevertheless (seed).
        #[default]
        Objects,
        /// `[]`, as PHP writes an empty array.
        Lists,
    }
}

switch! {
    /// Which `limit` a list accepts. It is assumed that another `limit` is a 422.
    PageLimit {
        /// 1 to 250 (D, O).
        #[default]
        UpTo250,
        /// 10 to 100 (N8N).
        TenTo100,
    }
}

switch! {
    /// How lists are ordered without `sort`. No source says.
    ListOrder {
        /// The oldest first. Assumed.
        #[default]
        OldestFirst,
        /// The newest first. Assumed.
        NewestFirst,
    }
}

switch! {
    /// Which query parameters `links.next` and the other links repeat. No source shows a link with
    /// filters.
    PageLinks {
        /// All parameters of the request, with another `page`. Assumed.
        #[default]
        WholeQuery,
        /// `page` alone, which is Laravel's default. Assumed.
        PageAlone,
    }
}
