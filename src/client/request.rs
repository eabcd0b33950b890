//! Calls to endpoints that have no method here.

use std::fmt;

use http::Method;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::call::Call;
use super::error::Error;
use super::handle::Client;
use super::kind::ErrorKind;
use super::summary::CallSummary;

/// A call by method and path, for endpoints that have no method here; made by [`Client::request`].
/// It is sent with the API key, the limits and the errors of every other call.
///
/// ```no_run
/// use http::Method;
///
/// # async fn example(client: tower_partnero::Client) -> Result<(), tower_partnero::Error> {
/// let partners: Vec<serde_json::Value> = client
///     .request(Method::GET, "/partners")
///     .query("limit", "10")
///     .send()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a request is sent only by `send` or `send_envelope`"]
pub struct AnyRequest<'a> {
    client: &'a Client,
    call: Result<Call, Error>,
}

impl Client {
    /// Any other call, by its method and its path below the base URL, as `/partners`. The path has
    /// to be percent-encoded. A path that leaves the base URL is refused when the request is sent.
    pub fn request(&self, method: Method, path: &str) -> AnyRequest<'_> {
        AnyRequest::new(self, method, path)
    }
}

impl<'a> AnyRequest<'a> {
    fn new(client: &'a Client, method: Method, path: &str) -> Self {
        // PUT and DELETE are safe to repeat by HTTP's rules (RFC 9110, section 9.2.2), but not at
        // Partnero: a second DELETE of a transaction may delete another one with the same key.
        let repeatable = method == Method::GET || method == Method::HEAD;
        let find_out = "read back what it was to change";
        // Only the first segment stands in errors and events, because the others may name a person.
        let mut summary = CallSummary::once(method, endpoint(path), find_out);
        summary.repeatable = repeatable;
        let call = Call::at(summary, path.to_owned());
        let call = match refusal(path) {
            Some(message) => Err(call.invalid(message)),
            None => Ok(call),
        };
        Self { client, call }
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.call = self.call.map(|call| call.query(name, value));
        self
    }

    /// The body. If it cannot be written as JSON, it is refused when the request is sent.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.call = self.call.and_then(|call| call.json(body));
        self
    }

    /// Whether sending the request twice has the effect of sending it once. Default: true for `GET`
    /// and `HEAD`, else false. A request that is not repeatable may end as
    /// [`Ambiguous`](ErrorKind::Ambiguous).
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        if let Ok(call) = &mut self.call {
            call.summary.repeatable = repeatable;
        }
        self
    }

    /// Sends the request, and reads `data` of the answer, or `null` where there is none.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a path that leaves the API's address or is
    /// not encoded; [`Decode`](ErrorKind::Decode) if `data` is no `T`;
    /// [`Ambiguous`](ErrorKind::Ambiguous) if the request is not [repeatable](Self::repeatable) and
    /// the answer does not prove what happened: a success has to have `data`, or a `status` of 1;
    /// and any other [`ErrorKind`].
    pub async fn send<T: DeserializeOwned>(self) -> Result<T, Error> {
        let mut success = self.client.send(self.call?).await?;
        let data = success.fields.remove("data").unwrap_or_default();
        serde_json::from_value(data).map_err(|error| {
            success
                .error(
                    ErrorKind::Decode,
                    "`data` has not the type that was asked for",
                )
                .with_source(error)
        })
    }

    /// Sends the request, and returns the whole answer, with the fields beside `data`, such as
    /// `links` and `meta` of a list.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_envelope(self) -> Result<Map<String, Value>, Error> {
        let success = self.client.send(self.call?).await?;
        Ok(success.fields)
    }
}

/// The first segment alone: the others may be somebody's id or e-mail address.
fn endpoint(path: &str) -> String {
    let rest = path.strip_prefix('/').unwrap_or(path);
    let first: String = rest
        .chars()
        .take_while(|next| next.is_ascii_alphanumeric() || "_-:".contains(*next))
        .collect();
    let more = if first.len() < rest.len() { "..." } else { "" };
    format!("/{first}{more}")
}

/// Why a path is refused, if it is. Every parser of URLs must read the path in the same way, so that
/// the call cannot leave the base URL.
fn refusal(path: &str) -> Option<&'static str> {
    let Some(segments) = path.strip_prefix('/') else {
        return Some("a path begins with `/`");
    };
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\\?#\"<>`{}|^".contains(&byte);
    if !path.bytes().all(is_plain) {
        return Some("the path is not encoded, or has a query in it: use `query`");
    }
    let mut segments = segments
        .split('/')
        // Decoded first: servers read `%2e%2e` as `..`, too.
        .map(|segment| percent_decode_str(segment).collect());
    if segments.any(|segment: Vec<u8>| matches!(&*segment, b"" | b"." | b"..")) {
        return Some("a path has no segment that is empty, `.` or `..`");
    }
    None
}

impl fmt::Debug for AnyRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = self.call.as_ref().map(|call| &call.summary);
        f.debug_struct("AnyRequest")
            .field("call", &summary)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_leave_the_address_are_refused() {
        for path in [
            "",
            "/",
            "customers",
            "//evil.example/x",
            "/customers//x",
            "/customers/",
            "/../v2/x",
            "/customers/..",
            "/customers/./x",
            "/customers/%2e%2E/x",
            "/customers/.%2e",
            "https://evil.example/x",
            "/\\evil.example",
            "/customers\\..\\x",
            "/customers?x=1",
            "/customers#x",
            "/customers/a b",
            "/customers/\n",
            "/customers/é",
            "@evil.example/",
        ] {
            assert!(refusal(path).is_some(), "{path:?}");
        }
        for path in [
            "/partners",
            "/customers:search",
            "/a/b%2Fc/..d",
            "/a/me@x.example",
        ] {
            assert_eq!(refusal(path), None, "{path:?}");
        }
    }

    #[test]
    fn an_error_names_the_first_segment_alone() {
        for (path, expected) in [
            ("/partners", "/partners"),
            ("/customers:search", "/customers:search"),
            ("/customers/anna@shop.example", "/customers..."),
            ("", "/"),
        ] {
            assert_eq!(endpoint(path), expected);
        }
    }
}
