//! The app's users, as little of them as a comparison needs.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};

use crate::client::{Customer, NewCustomer, ReferringCustomer};

/// Hashes of the users' names, and what each user has.
#[derive(Default)]
pub(super) struct Roster {
    secret: RandomState,
    /// From the hash of an identifier, key or e-mail address to the user's place.
    names: HashMap<u64, u32>,
    users: Vec<User>,
}

#[derive(Default)]
struct User {
    referrer: Option<Box<Referrer>>,
    is_seen: bool,
    /// Has a referrer in the app, and Partnero's answer says that there is none.
    is_unreferred: bool,
}

struct Referrer {
    name: Box<str>,
    is_key: bool,
}

/// How the referrers of both sides compare.
#[derive(Debug, PartialEq)]
pub(super) enum Compared {
    Same,
    Other,
    /// The user has a referrer in the app, and Partnero's answer says that there is none.
    None,
    /// They have no kind of name in common.
    Unknown,
}

const ID: u8 = 0;
const KEY: u8 = 1;
const EMAIL: u8 = 2;

impl Roster {
    /// Adds a user. One whose identifier was there before is left out.
    pub(super) fn add(&mut self, new: &NewCustomer) {
        let Ok(place) = u32::try_from(self.users.len()) else {
            return;
        };
        let hash = self.hash(ID, new.id());
        match self.names.entry(hash) {
            // The same user twice in the app's list counts once.
            Entry::Occupied(_) => return,
            Entry::Vacant(vacant) => vacant.insert(place),
        };
        // The first user of a key or address keeps it: it is only looked at where a customer has no
        // identifier.
        if let Some(key) = new.public_key() {
            let hash = self.hash(KEY, key);
            self.names.entry(hash).or_insert(place);
        }
        if let Some(email) = new.email_address() {
            // Partnero may have changed the case of an address.
            let hash = self.hash(EMAIL, &email.to_ascii_lowercase());
            self.names.entry(hash).or_insert(place);
        }
        let referrer = new.referrer().map(|referrer| {
            Box::new(Referrer {
                name: referrer.as_str().into(),
                is_key: referrer.as_key().is_some(),
            })
        });
        self.users.push(User {
            referrer,
            is_seen: false,
            is_unreferred: false,
        });
    }

    pub(super) fn len(&self) -> usize {
        self.users.len()
    }

    fn hash(&self, kind: u8, name: &str) -> u64 {
        self.secret.hash_one((kind, name))
    }

    fn place(&self, kind: u8, name: Option<&str>) -> Option<u32> {
        self.names.get(&self.hash(kind, name?)).copied()
    }

    /// The user who is this customer. The key and the e-mail address are asked only if Partnero's
    /// answer has no identifier, as in the oldest examples.
    pub(super) fn find(&self, customer: &Customer) -> Option<u32> {
        if customer.id.is_some() {
            return self.place(ID, customer.id.as_deref());
        }
        let email = customer.email.as_deref().map(str::to_ascii_lowercase);
        self.place(KEY, customer.key.as_deref())
            .or_else(|| self.place(EMAIL, email.as_deref()))
    }

    /// Notes that Partnero has the user. The answer says whether that is new.
    pub(super) fn see(&mut self, place: u32) -> bool {
        let user = self.users.get_mut(place as usize);
        user.is_some_and(|user| !std::mem::replace(&mut user.is_seen, true))
    }

    /// Whether Partnero's list lacks this user of the app's list. Later calls for the same user say
    /// no.
    pub(super) fn take_missing(&mut self, new: &NewCustomer) -> bool {
        // A user who was not in the list at the first reading has signed up since.
        let place = self.place(ID, Some(new.id()));
        place.is_some_and(|place| self.see(place))
    }

    /// Notes that Partnero says of this user's customer that there is no referrer.
    pub(super) fn note_unreferred(&mut self, place: u32) {
        if let Some(user) = self.users.get_mut(place as usize) {
            user.is_unreferred = true;
        }
    }

    /// Whether that was noted of this user of the app's list. Later calls for the same user say no.
    pub(super) fn take_unreferred(&mut self, new: &NewCustomer) -> bool {
        let place = self.place(ID, Some(new.id()));
        let user = place.and_then(|place| self.users.get_mut(place as usize));
        user.is_some_and(|user| std::mem::take(&mut user.is_unreferred))
    }

    pub(super) fn referrer(&self, place: u32) -> Option<&str> {
        let user = self.users.get(place as usize)?;
        user.referrer.as_ref().map(|referrer| &*referrer.name)
    }

    pub(super) fn compare(&self, place: u32, customer: &Customer) -> Compared {
        let user = self.users.get(place as usize);
        let ours = user.and_then(|user| user.referrer.as_deref());
        let theirs = customer.referring_customer.as_ref();
        match (ours, theirs) {
            (ours, None) if customer.has_no_referrer() => match ours {
                None => Compared::Same,
                Some(_) => Compared::None,
            },
            (_, None) => Compared::Unknown,
            (None, Some(_)) => Compared::Other,
            (Some(ours), Some(theirs)) => self.compare_both(ours, theirs),
        }
    }

    fn compare_both(&self, ours: &Referrer, theirs: &ReferringCustomer) -> Compared {
        if theirs.is_named(&ours.name) {
            return Compared::Same;
        }
        let ours_at = self.place(if ours.is_key { KEY } else { ID }, Some(&ours.name));
        let theirs_at = self
            .place(ID, theirs.id.as_deref())
            .or_else(|| self.place(KEY, theirs.key.as_deref()));
        let comparable = if ours.is_key { &theirs.key } else { &theirs.id };
        match (ours_at, theirs_at) {
            (Some(ours), Some(theirs)) if ours == theirs => Compared::Same,
            (Some(_), Some(_)) => Compared::Other,
            _ if comparable.is_some() => Compared::Other,
            _ => Compared::Unknown,
        }
    }
}

/// The name by which Partnero's answer names a referrer, for a person.
pub(super) fn name_of(referrer: &ReferringCustomer) -> Option<String> {
    let named = referrer.id.clone().or_else(|| referrer.key.clone());
    named.or_else(|| crate::values::text(&referrer.raw))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::CustomerRef;

    fn roster() -> Roster {
        let mut roster = Roster::default();
        roster.add(&NewCustomer::new(1).key("anna").email("Anna@shop.example"));
        roster.add(&NewCustomer::new(2).referring_customer(CustomerRef::key("anna")));
        roster.add(&NewCustomer::new(3).referring_customer(CustomerRef::key("link-9")));
        roster.add(&NewCustomer::new(4).referring_customer(CustomerRef::id(1)));
        roster.add(&NewCustomer::new(1).key("other"));
        roster
    }

    fn customer(value: serde_json::Value) -> Customer {
        Customer::from_value(value).unwrap()
    }

    #[test]
    fn a_customer_is_found_by_what_the_answer_has() {
        let roster = roster();
        assert_eq!(roster.len(), 4);
        for (answer, place) in [
            (json!({"id": "1", "key": "x"}), Some(0)),
            (json!({"id": 2}), Some(1)),
            (json!({"key": "anna"}), Some(0)),
            (json!({"key": "x", "email": "anna@SHOP.example"}), Some(0)),
            // An identifier decides: this is somebody else with Anna's address.
            (json!({"id": "9", "email": "anna@shop.example"}), None),
            (json!({"id": "anna"}), None),
            (json!({"key": "1"}), None),
            (json!({"key": "other"}), None),
        ] {
            assert_eq!(roster.find(&customer(answer.clone())), place, "{answer}");
        }
    }

    #[test]
    fn a_referrer_may_have_another_name_on_each_side() {
        let roster = roster();
        let compare = |place, referrer: serde_json::Value| {
            roster.compare(
                place,
                &customer(json!({"id": "x", "referring_customer": referrer})),
            )
        };
        for (place, theirs, compared) in [
            (0, json!(null), Compared::Same),
            (0, json!({"id": "2"}), Compared::Other),
            (1, json!({"key": "anna"}), Compared::Same),
            (1, json!({"id": "1"}), Compared::Same),
            (1, json!("anna"), Compared::Same),
            (1, json!({"id": "2"}), Compared::Other),
            (1, json!([]), Compared::None),
            (1, json!({"key": "ben"}), Compared::Other),
            // Whose key it is, only Partnero knows.
            (2, json!({"id": "1"}), Compared::Unknown),
            (2, json!({"id": "1", "key": "link-9"}), Compared::Same),
            (3, json!({"key": "anna"}), Compared::Same),
            (3, json!({"key": "ben"}), Compared::Unknown),
            (3, json!({"id": "7"}), Compared::Other),
        ] {
            assert_eq!(compare(place, theirs.clone()), compared, "{place} {theirs}");
        }
        let silent = customer(json!({"id": "2"}));
        assert_eq!(roster.compare(1, &silent), Compared::Unknown);
    }

    #[test]
    fn who_was_not_seen_is_missing_once() {
        let mut roster = roster();
        assert!(roster.see(0) && !roster.see(0));
        assert!(!roster.take_missing(&NewCustomer::new(1)));
        assert!(roster.take_missing(&NewCustomer::new(2)));
        assert!(!roster.take_missing(&NewCustomer::new(2)));
        assert!(!roster.take_missing(&NewCustomer::new(99)));
    }
}
