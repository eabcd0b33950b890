//! A request, as an endpoint sees it.

use std::convert::Infallible;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::sandbox::answer::Refusal;
use crate::sandbox::customer::Serial;
use crate::sandbox::customers::Customers;
use crate::sandbox::json::Json;
use crate::sandbox::world::World;

pub(super) struct Call {
    /// The path as it was sent, without its query.
    pub(super) path: String,
    /// The parameters in the URL, as they were sent. The links of a list repeat them.
    pub(super) query: Vec<(String, String)>,
    /// The path's variable segment, percent-decoded.
    segment: Option<String>,
    /// An object; `None` for a body that cannot be read as one.
    body: Option<Json>,
}

impl Call {
    /// The path's variable segment.
    pub(super) fn segment(&self) -> &str {
        self.segment.as_deref().unwrap_or_default()
    }

    /// The body, which must be a JSON object with a JSON content type. It is assumed that Partnero
    /// answers 400 to other bodies. No body at all is an object without fields.
    pub(super) fn body(&self) -> Result<&Json, Refusal> {
        let body = self.body.as_ref();
        body.ok_or_else(|| Refusal::bad_request("The body must be a JSON object."))
    }

    /// The parameter of a name such as `limit` or `customer.id`, unless it is empty.
    ///
    /// Laravel reads a JSON body before the URL, and Partnero's PHP package puts the parameters of
    /// every GET into a body. In the URL, PHP takes `customer.id` for `customer_id`; that Partnero
    /// takes `customer[id]` for the same is assumed. If the URL has several, the last counts.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let in_body = || {
            let body = self.body.as_ref()?;
            let nested = name.split('.').try_fold(body, |json, name| json.get(name));
            match nested.or_else(|| body.get(&php_name(name)))? {
                Json::Text(text) | Json::Number(text) => Some(text.as_str()),
                _ => None,
            }
        };
        let in_url = || {
            // PHP keeps the last of several parameters with one name.
            let mut pairs = self.query.iter().rev();
            let found = pairs.find(|(key, _)| php_name(key) == php_name(name));
            found.map(|(_, value)| value.as_str())
        };
        let value = in_body().or_else(in_url);
        value.filter(|value| !value.is_empty())
    }

    /// The customer that the parameters `<role>.id`, `<role>.key` or `<role>.email` name.
    pub(super) fn filter(&self, world: &World, role: &str) -> Filter {
        self.filter_in(world, &world.customers, role)
    }

    /// The partner, or in a refer-a-friend program the referrer, that the parameters `partner.id`,
    /// `partner.key` or `partner.email` name.
    pub(super) fn payee_filter(&self, world: &World) -> Filter {
        let payees = if world.is_affiliate() {
            &world.partners
        } else {
            &world.customers
        };
        self.filter_in(world, payees, "partner")
    }

    fn filter_in(&self, world: &World, named: &Customers, role: &str) -> Filter {
        let value = |field: &str| self.parameter(&format!("{role}.{field}"));
        let case = world.switches.key_case;
        // If the query names several, it is assumed that the id counts before the key, and the key
        // before the address.
        let id = value("id").map(|id| named.by_id(id));
        let key = || value("key").map(|key| named.by_key(key, case));
        let email = || value("email").map(|email| named.by_email(email));
        match id.or_else(key).or_else(email) {
            None => Filter::All,
            Some(Some(serial)) => Filter::One(serial),
            // A name that nobody has must not answer with the items of everybody.
            Some(None) => Filter::Nothing,
        }
    }

    /// The customer that the path names.
    pub(super) fn customer(&self, world: &World) -> Result<Serial, Refusal> {
        world
            .find(self.segment())
            .ok_or_else(|| Refusal::not_found("Customer not found."))
    }
}

/// Which of the items of a list are asked for.
#[derive(Clone, Copy)]
pub(super) enum Filter {
    All,
    /// Those of this customer.
    One(Serial),
    /// The customer that was named does not exist.
    Nothing,
}

impl Filter {
    pub(super) fn lets_through(self, customer: Option<Serial>) -> bool {
        match self {
            Self::All => true,
            Self::One(wanted) => customer == Some(wanted),
            Self::Nothing => false,
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, state)
            .await
            .ok();
        // No path of the API has more than one variable segment.
        let segment = params.as_ref().and_then(|params| params.iter().next());
        let query = Query::from_request_parts(&mut parts, state).await;
        // No limit is needed: `exchange` has read the body already, and has limited its length.
        let body = to_bytes(body, usize::MAX)
            .await
            .unwrap_or_else(|_| Bytes::new());
        let body = match Json::parse(&body) {
            // Laravel reads no body, and PHP's empty array, as no fields.
            None if body.is_empty() => Some(Json::Object(Vec::new())),
            Some(Json::List(items)) if items.is_empty() => Some(Json::Object(Vec::new())),
            read => read.filter(|json| is_json(&parts.headers) && matches!(json, Json::Object(_))),
        };
        Ok(Self {
            path: parts.uri.path().to_owned(),
            // PHP answers no error to a query that it cannot read.
            query: query.map_or_else(|_| Vec::new(), |Query(pairs)| pairs),
            segment: segment.map(|(_, value)| value.to_owned()),
            body,
        })
    }
}

/// A name as PHP reads it in a URL, where nested names are flat.
fn php_name(name: &str) -> String {
    name.replace(['.', '['], "_").replace(']', "")
}

fn is_json(headers: &HeaderMap) -> bool {
    // Laravel, too, looks for a part of the header: a charset may follow.
    let content_type = headers.get(CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|text| text.to_ascii_lowercase().contains("json"))
}
