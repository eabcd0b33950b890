//! What an error keeps of its call.

use std::borrow::Cow;

use http::Method;

/// A call without its contents.
#[derive(Clone, Debug)]
pub(crate) struct CallSummary {
    pub(crate) method: Method,
    /// The endpoint's path with placeholders, free of anybody's e-mail address.
    pub(crate) endpoint: Cow<'static, str>,
    /// Whether sending the call twice has the effect of sending it once.
    pub(crate) repeatable: bool,
    /// How to find out what happened to a call that must not be repeated.
    pub(crate) find_out: &'static str,
}

impl CallSummary {
    /// A call that may be sent again after any end, because twice has the effect of once.
    pub(crate) fn repeatable(method: Method, endpoint: impl Into<Cow<'static, str>>) -> Self {
        Self {
            method,
            endpoint: endpoint.into(),
            repeatable: true,
            find_out: "",
        }
    }

    /// A call that has its effect each time it is sent. `find_out` completes the sentence "before
    /// it is sent again, ...".
    pub(crate) fn once(
        method: Method,
        endpoint: impl Into<Cow<'static, str>>,
        find_out: &'static str,
    ) -> Self {
        Self {
            repeatable: false,
            find_out,
            ..Self::repeatable(method, endpoint)
        }
    }

    /// The call that reports a sign-up. Sent twice it makes one customer, because Partnero keeps
    /// `id`, `key` and `email` unique.
    pub(crate) fn create_customer() -> Self {
        Self::repeatable(Method::POST, "/customers")
    }
}
