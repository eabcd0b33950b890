//! Switches about how answers are written.

use super::switch;

switch! {
    /// The shape of `errors` in a 422.
    ///
    /// That it is a map is known (PHP); what it holds, no source shows.
    ErrorMap {
        /// A list of texts for each field, as Laravel writes it.
        #[default]
        Texts,
        /// One text for each field.
        Text,
        /// No `errors` at all: `message` alone.
        Absent,
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
        /// `{}` (D).
        #[default]
        Objects,
        /// `[]`, as PHP writes an empty array; seed has it for balances.
        Lists,
    }
}
