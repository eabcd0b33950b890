//! Reads one page of a list out of an answer.

use serde_json::Value;

use super::answer::says_success;
use super::fields::{self, Fields};

/// A page as an answer has it.
pub(super) struct Sheet<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
    pub(super) number: Option<u64>,
    pub(super) limit: Option<u64>,
}

impl<T> Sheet<T> {
    /// `None` if `data` is no list, or an item of the list is no `T`. Without `data` the list is
    /// empty if `status` says that the call succeeded, because then the answer is Partnero's.
    pub(super) fn read(mut envelope: Fields, read: fn(Value) -> Option<T>) -> Option<Self> {
        let items = match envelope.remove("data") {
            None | Some(Value::Null) if says_success(&envelope) => Vec::new(),
            // One item that is no object makes the whole list unreadable: to leave it out could
            // hide a sale.
            Some(Value::Array(items)) => items.into_iter().map(read).collect::<Option<_>>()?,
            // One integrator reads a page that stands inside `data`, with its links and meta.
            Some(Value::Object(nested)) if nested.contains_key("data") => {
                return Self::read(nested, read);
            }
            _ => return None,
        };
        let part = |name: &str| envelope.get(name).and_then(Value::as_object);
        let next = part("links").and_then(|links| fields::text(links, "next"));
        let meta = |name: &str| part("meta").and_then(|meta| fields::count(meta, name));
        Some(Self {
            items,
            next: next.filter(|link| !link.is_empty()),
            number: meta("current_page"),
            limit: meta("per_page"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sheet(value: Value) -> Option<Sheet<Value>> {
        match value {
            Value::Object(envelope) => Sheet::read(envelope, Some),
            _ => None,
        }
    }

    #[test]
    fn a_page_is_read_in_each_of_its_forms() {
        let links = json!({"first": "f", "last": null, "prev": null, "next": "n"});
        let meta = json!({"current_page": 1, "from": 1, "path": "p", "per_page": "15", "to": 15});
        let whole = sheet(json!({"data": [1], "links": links, "meta": meta})).unwrap();
        assert_eq!(whole.items, [json!(1)]);
        assert_eq!(whole.next.as_deref(), Some("n"));
        assert_eq!((whole.number, whole.limit), (Some(1), Some(15)));
        for last in [
            json!({"data": [1], "links": {"next": null}, "status": 1}),
            json!({"data": [1], "links": {"next": ""}}),
            json!({"data": [1], "links": []}),
            json!({"data": {"data": [1]}}),
        ] {
            let last = sheet(last).unwrap();
            assert_eq!((last.items.len(), last.next), (1, None));
        }
        for empty in [
            json!({"data": []}),
            json!({"status": 1}),
            json!({"data": null, "status": 1}),
        ] {
            assert!(sheet(empty).unwrap().items.is_empty());
        }
        for odd in [
            json!({"data": "x"}),
            json!({"data": {"id": 1}}),
            json!({"data": null}),
            json!({"error": "maintenance"}),
            json!({"status": "ok"}),
            json!({}),
        ] {
            assert!(sheet(odd).is_none());
        }
    }
}
