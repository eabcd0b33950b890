//! Switches about how answers are written.

use super::switch;

switch! {
    /// The shape of `errors` in a 422.
    ///
    /// That it is a map is known (PHP); what it holds, no source shows.
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
    /// Whether a failure has a `status`. It is 1 on success "or failure" (D).
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
        /// It has (D, seed).
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
    /// How a success without a result is answered.
    DoneAnswer {
        /// 200 with `{"status": 1}` (D).
        #[default]
        StatusOne,
        /// 204 without a body, a status that O lists.
        NoContent,
    }
}

switch! {
    /// How a 422 is answered to a caller whose `Accept` does not name JSON.
    WithoutAccept {
        /// As any other. Assumed.
        #[default]
        Json,
        /// By a redirect to the site's front page, as Laravel does for browsers. Assumed.
        Redirect,
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
        /// `{}` (D). An empty balance is `[]` all the same (seed).
        #[default]
        Objects,
        /// `[]`, as PHP writes an empty array.
        Lists,
    }
}

switch! {
    /// Which `limit` a list accepts; anything else is a 422, which is assumed.
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
    /// What the query of `links.next` and its like repeats. No source shows one with filters.
    PageLinks {
        /// Everything that was asked, with another `page`. Assumed.
        #[default]
        WholeQuery,
        /// `page` alone, as Laravel writes it by itself. Assumed.
        PageAlone,
    }
}
