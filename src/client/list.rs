//! Lists, a page at a time.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value};

use super::Client;
use super::call::Call;
use super::error::Error;
use super::fields;
use super::kind::ErrorKind;
use super::stream::Items;
use super::summary::CallSummary;

/// Page sizes that are valid under every source, which contradict each other.
const SIZES: std::ops::RangeInclusive<u32> = 10..=100;
const MOST_PAGES: usize = 10_000;

/// A list to be fetched: one page with [`send`](Self::send), or all items with
/// [`stream`](Self::stream).
///
/// Nothing is sent before that. Lists have no total (<https://docs.partnero.com/api-reference/customers/list>):
/// where the last page ends is known when it is there.
#[must_use = "a list is fetched only by `send` or `stream`"]
pub struct List<T> {
    client: Client,
    call: Result<Call, Error>,
    read: fn(Value) -> Option<T>,
    /// `None` on a page that Partnero's own link leads to, which has them already.
    paging: Option<Paging>,
    max_pages: usize,
    /// A fingerprint of every page fetched on the way here.
    trail: HashSet<u64>,
}

struct Paging {
    page: u32,
    limit: u32,
    sort: Option<Sort>,
}

/// The order of a list. What it is ordered by, no source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sort {
    /// `asc`
    Ascending,
    /// `desc`
    Descending,
}

impl<T> List<T> {
    pub(super) fn new(
        client: &Client,
        call: Result<Call, Error>,
        read: fn(Value) -> Option<T>,
    ) -> Self {
        Self {
            client: client.clone(),
            call,
            read,
            paging: Some(Paging {
                page: 1,
                limit: *SIZES.end(),
                sort: None,
            }),
            max_pages: MOST_PAGES,
            trail: HashSet::new(),
        }
    }

    /// The page to begin with, counted from 1. Default: 1; 0 is refused when the list is sent.
    pub fn page(mut self, page: u32) -> Self {
        if let Some(paging) = &mut self.paging {
            paging.page = page;
        }
        self
    }

    /// How many items a page holds. Default: 100. Anything but 10 to 100 is refused when the list
    /// is sent: sources name different bounds (1 to 250, 10 to 100), and these are within all.
    pub fn limit(mut self, items: u32) -> Self {
        if let Some(paging) = &mut self.paging {
            paging.limit = items;
        }
        self
    }

    /// The order of the items (<https://github.com/partnero/n8n-nodes-partnero>). Default:
    /// Partnero's own.
    pub fn sort(mut self, sort: Sort) -> Self {
        if let Some(paging) = &mut self.paging {
            paging.sort = Some(sort);
        }
        self
    }

    /// A filter by the name of its query parameter, for those that have no method here.
    pub fn filter(mut self, name: &str, value: &str) -> Self {
        self.call = self.call.map(|call| call.query(name, value));
        self
    }

    /// How many pages are followed at most; one more is an error. Default: 10,000.
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.max_pages = pages;
        self
    }

    /// Fetches one page.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a page or limit out of bounds;
    /// [`Decode`](ErrorKind::Decode) for a next page that is not followed, because it leads to
    /// another address or back to a page that was there; any other [`ErrorKind`].
    pub async fn send(mut self) -> Result<Page<T>, Error> {
        let mut call = self.call?;
        if let Some(paging) = self.paging {
            call = paging.apply(call)?;
        }
        self.trail.insert(fingerprint(&call.path));
        let summary = call.summary.clone();
        let envelope = self.client.send(call).await?;
        let sheet = Sheet::read(envelope, self.read).ok_or_else(|| {
            Error::new(ErrorKind::Decode, &summary).with_message("the answer holds no list")
        })?;
        let next = sheet.next.map(|link| Self {
            call: next_call(&self.client, &link, summary, &self.trail, self.max_pages),
            client: self.client,
            read: self.read,
            paging: None,
            max_pages: self.max_pages,
            trail: self.trail,
        });
        Ok(Page {
            items: sheet.items,
            number: sheet.number,
            limit: sheet.limit,
            next,
        })
    }

    /// Fetches page after page and gives item after item, a page in memory at a time.
    ///
    /// The first error is given as an item, and is the last one.
    #[must_use = "a stream does nothing until it is asked for items"]
    pub fn stream(self) -> Items<T>
    where
        T: Send + 'static,
    {
        Items::new(self)
    }
}

impl Paging {
    fn apply(self, call: Call) -> Result<Call, Error> {
        if self.page == 0 {
            return Err(call.invalid("pages are counted from 1"));
        }
        if !SIZES.contains(&self.limit) {
            return Err(call.invalid("a page holds 10 to 100 items"));
        }
        let call = call
            .query("limit", &self.limit.to_string())
            .query("page", &self.page.to_string());
        Ok(match self.sort {
            Some(Sort::Ascending) => call.query("sort", "asc"),
            Some(Sort::Descending) => call.query("sort", "desc"),
            None => call,
        })
    }
}

/// The call that `links.next` asks for. It carries the API key, so it goes to the same address
/// only.
fn next_call(
    client: &Client,
    link: &str,
    summary: CallSummary,
    trail: &HashSet<u64>,
    max_pages: usize,
) -> Result<Call, Error> {
    let refuse =
        |summary, message| Err(Error::new(ErrorKind::Decode, summary).with_message(message));
    let Some(path) = client.path_of(link) else {
        return refuse(
            &summary,
            "the next page is at another address: not followed",
        );
    };
    if trail.contains(&fingerprint(&path)) {
        return refuse(&summary, "the next page is one that was there already");
    }
    if trail.len() >= max_pages {
        return refuse(&summary, "there are more pages than `max_pages`");
    }
    Ok(Call::at(summary, path))
}

fn fingerprint(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// One page of a list.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items, in Partnero's order.
    pub items: Vec<T>,
    /// The page's number, counted from 1, as Partnero says it.
    pub number: Option<u64>,
    /// How many items a page holds, as Partnero says it.
    pub limit: Option<u64>,
    /// The next page as Partnero's link has it, ready to be sent; `None` on the last page.
    pub next: Option<List<T>>,
}

/// What an answer says of a page.
struct Sheet<T> {
    items: Vec<T>,
    next: Option<String>,
    number: Option<u64>,
    limit: Option<u64>,
}

impl<T> Sheet<T> {
    /// `None` if there is something else than a list in the answer, or something else than `T` in
    /// the list.
    fn read(mut envelope: Map<String, Value>, read: fn(Value) -> Option<T>) -> Option<Self> {
        let items = match envelope.remove("data") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.into_iter().map(read).collect::<Option<_>>()?,
            // One integrator reads a page nested in `data`, with everything that belongs to it.
            Some(Value::Object(nested)) if nested.contains_key("data") => {
                return Self::read(nested, read);
            }
            Some(_) => return None,
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

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.call.as_ref().map(|call| &call.summary.endpoint);
        f.debug_struct("List")
            .field("endpoint", &endpoint)
            .finish_non_exhaustive()
    }
}
