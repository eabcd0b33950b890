//! One call to the API, before it is sent.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::error::Error;
use super::kind::ErrorKind;
use super::summary::CallSummary;

/// All but the unreserved characters (RFC 3986, section 2.3), because ids may have `/`, `@` and `+`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Whether `name` can be a segment of a path. An empty one cannot, nor `.` and `..`, which URL
/// parsers remove (RFC 3986, section 5.2.4).
pub(super) fn is_segment(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
}

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

    /// A call that may be sent again after any end, because twice has the effect of once.
    pub(super) fn repeatable(method: Method, endpoint: &'static str) -> Self {
        Self::new(CallSummary::repeatable(method, endpoint))
    }

    /// A call that has its effect each time it is sent; see [`CallSummary::once`].
    pub(super) fn once(method: Method, endpoint: &'static str, find_out: &'static str) -> Self {
        Self::new(CallSummary::once(method, endpoint, find_out))
    }

    pub(super) fn new(summary: CallSummary) -> Self {
        let path = summary.endpoint.clone().into_owned();
        Self::at(summary, path)
    }

    /// A call to a path of its own below the base URL, encoded.
    pub(super) fn at(summary: CallSummary, path: String) -> Self {
        Self {
            summary,
            path,
            body: None,
        }
    }

    /// Puts `value` where the endpoint says `{id}`.
    ///
    /// # Errors
    ///
    /// A value that is no [segment](is_segment) is refused.
    pub(super) fn id(mut self, value: &str) -> Result<Self, Error> {
        if !is_segment(value) {
            return Err(self.invalid("an id may not be empty, `.` or `..`"));
        }
        // A slash in an id must not lead to another endpoint.
        let segment = utf8_percent_encode(value, SEGMENT).to_string();
        self.path = self.path.replace("{id}", &segment);
        Ok(self)
    }

    /// Adds a query parameter.
    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.path
            // The link of a next page has a query already.
            .push(if self.path.contains('?') { '&' } else { '?' });
        self.path.extend(utf8_percent_encode(name, SEGMENT));
        self.path.push('=');
        self.path.extend(utf8_percent_encode(value, SEGMENT));
        self
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

    #[test]
    fn a_query_value_is_one_value() {
        let call = Call::get("/customers:search")
            .query("email", "me+x@shop.example&page=2")
            .query("limit", "10");
        assert_eq!(
            call.path,
            "/customers:search?email=me%2Bx%40shop.example%26page%3D2&limit=10"
        );
    }
}
