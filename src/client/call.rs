//! One call to the API, before it is sent.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::error::Error;
use super::kind::ErrorKind;
use super::summary::CallSummary;

/// All but the unreserved characters (RFC 3986, section 2.3): `/`, `@` and `+` stand in ids.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[derive(Debug)]
pub(super) struct Call {
    pub(super) summary: CallSummary,
    /// The path below the base URL, encoded.
    pub(super) path: String,
    pub(super) body: Option<Vec<u8>>,
}

impl Call {
    /// A call that only reads.
    pub(super) fn get(endpoint: &'static str) -> Self {
        Self::new(CallSummary::repeatable(Method::GET, endpoint))
    }

    pub(super) fn new(summary: CallSummary) -> Self {
        Self {
            path: summary.endpoint.clone().into_owned(),
            summary,
            body: None,
        }
    }

    /// Puts `value` where the endpoint says `{id}`.
    ///
    /// # Errors
    ///
    /// Refuses what no path segment can hold: nothing, and the two that URLs resolve away.
    pub(super) fn id(mut self, value: &str) -> Result<Self, Error> {
        if matches!(value, "" | "." | "..") {
            return Err(self.invalid("an id may not be empty, `.` or `..`"));
        }
        let segment = utf8_percent_encode(value, SEGMENT).to_string();
        self.path = self.path.replace("{id}", &segment);
        Ok(self)
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body)
            .map_err(|error| self.invalid("the body is no JSON").with_source(error))?;
        self.body = Some(body);
        Ok(self)
    }

    pub(super) fn invalid(&self, message: &'static str) -> Error {
        Error::new(ErrorKind::InvalidInput, &self.summary).with_message(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_path_segment() {
        for (id, path) in [
            ("42", "/customers/42/referrals"),
            ("a/b", "/customers/a%2Fb/referrals"),
            (
                "me+x@shop.example",
                "/customers/me%2Bx%40shop.example/referrals",
            ),
            ("..a", "/customers/..a/referrals"),
            ("%2e", "/customers/%252e/referrals"),
            ("é?#", "/customers/%C3%A9%3F%23/referrals"),
        ] {
            let call = Call::get("/customers/{id}/referrals").id(id).unwrap();
            assert_eq!(call.path, path);
        }
        for id in ["", ".", ".."] {
            let error = Call::get("/customers/{id}").id(id).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
}
