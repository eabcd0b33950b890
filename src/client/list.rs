//! Lists, one page at a time.

use std::fmt;

use serde_json::Value;

use super::call::Call;
use super::error::Error;
use super::handle::Client;
use super::kind::ErrorKind;
use super::sheet::Sheet;
use super::visited::Visited;

/// The sources contradict each other: 1 to 250 in the documentation, 10 to 100 in the n8n node. These
/// sizes are within both.
const SIZES: std::ops::RangeInclusive<u32> = 10..=100;
/// The default of [`List::max_pages`].
const MOST_PAGES: usize = 10_000;
/// The most pages of a list whose items are all kept in memory together.
const MOST_COLLECTED_PAGES: usize = 1_000;

/// A list to be fetched: one page with [`send`](Self::send), or all items with
/// [`stream`](Self::stream). Nothing is sent before that.
///
/// Partnero gives no total (<https://docs.partnero.com/api-reference/customers/list>): how many items
/// there are is known only after the last page.
#[must_use = "a list is fetched only by `send` or `stream`"]
pub struct List<T> {
    client: Client,
    call: Result<Call, Error>,
    read: fn(Value) -> Option<T>,
    /// `None` for a page that Partnero's own link leads to, because the link has these parameters.
    paging: Option<Paging>,
    /// Whether "not found" is an empty list.
    is_search: bool,
    visited: Visited,
}

struct Paging {
    page: u32,
    limit: u32,
    sort: Option<Sort>,
}

/// The order of a list. By which field Partnero orders it, no source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sort {
    /// `asc`
    Ascending,
    /// `desc`
    Descending,
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
    /// How many bytes the answer had.
    length: usize,
}

impl<T> Page<T> {
    fn empty() -> Self {
        Self {
            items: Vec::new(),
            number: None,
            limit: None,
            next: None,
            length: 0,
        }
    }
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
                // The largest page that all sources allow, so that a list takes few calls.
                limit: *SIZES.end(),
                sort: None,
            }),
            is_search: false,
            visited: Visited::new(MOST_PAGES),
        }
    }

    /// For a list that takes no parameters for paging, as far as any source says.
    pub(super) fn whole(mut self) -> Self {
        self.paging = None;
        self
    }

    /// For a search, of which no source says whether finding nothing is an empty list or a 404.
    pub(super) fn search(mut self) -> Self {
        self.is_search = true;
        self
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

    /// A filter by the name of its query parameter, for filters that have no method here.
    pub fn filter(mut self, name: &str, value: &str) -> Self {
        self.call = self.call.map(|call| call.query(name, value));
        self
    }

    /// A filter by a name. An empty name is refused, because Partnero could take it for no filter.
    pub(super) fn named(mut self, name: &str, value: &str) -> Self {
        self.call = self.call.and_then(|call| match value {
            "" => Err(call.invalid("the name to look for is empty")),
            _ => Ok(call.query(name, value)),
        });
        self
    }

    /// The most pages that are fetched. If there are more, the list ends with an error. Default:
    /// 10,000.
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.visited = self.visited.with_max_pages(pages);
        self
    }

    /// Fetches one page.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a page or limit out of bounds;
    /// [`Decode`](ErrorKind::Decode) if the link to this page cannot be followed: its path is not below
    /// the client's base URL, or it leads to a page that was fetched before; any other [`ErrorKind`].
    pub async fn send(self) -> Result<Page<T>, Error> {
        let Self {
            client,
            call,
            read,
            paging,
            is_search,
            mut visited,
        } = self;
        let call = match paging {
            Some(paging) => paging.apply(call?)?,
            None => call?,
        };
        let (summary, path) = (call.summary.clone(), call.path.clone());
        // Noted before the call, so that a page whose next link leads back to itself ends the list.
        visited.pass(&path);
        let mut success = match client.send(call).await {
            // No source says whether a search that finds nobody is a 404 or an empty list.
            Err(error) if is_search && error.kind() == ErrorKind::NotFound => {
                return Ok(Page::empty());
            }
            answer => answer?,
        };
        let fields = std::mem::take(&mut success.fields);
        let odd = |message| success.error(ErrorKind::Decode, message);
        let sheet = Sheet::read(fields, read).ok_or_else(|| odd("the answer holds no list"))?;
        let next = sheet.next.map(|link| {
            let next = visited.follow(client.base_url(), &link, &path);
            Self {
                // A link that cannot be followed is an error of the next page: this page is complete.
                call: next.map(|path| Call::at(summary, path)).map_err(odd),
                client,
                read,
                paging: None,
                is_search,
                visited,
            }
        });
        Ok(Page {
            items: sheet.items,
            number: sheet.number,
            limit: sheet.limit,
            next,
            length: success.length,
        })
    }

    /// Fetches every page, and returns all items together. Their memory and time are bounded as a
    /// whole: by the client's deadline, by the bytes of all answers, and by the number of pages.
    pub(super) async fn collect(self) -> Result<Vec<T>, Error> {
        let (mut items, mut length) = (Vec::new(), 0);
        let (most, client) = (
            self.client.largest_list(),
            self.client.within_one_deadline(),
        );
        // All pages are kept in memory, so there are bounds for their number, their bytes and their
        // time.
        let mut next = Some(Self { client, ..self }.max_pages(MOST_COLLECTED_PAGES));
        while let Some(list) = next {
            let mut page = list.send().await?;
            items.append(&mut page.items);
            length += page.length;
            next = page.next;
            // Only if more is to come: a list that is complete is returned.
            if length > most
                && let Some(Self { call: Ok(call), .. }) = &next
            {
                let message = format!("the list is larger than {most} bytes");
                return Err(Error::new(ErrorKind::Decode, &call.summary).with_message(message));
            }
        }
        Ok(items)
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

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.call.as_ref().map(|call| &call.summary.endpoint);
        f.debug_struct("List")
            .field("endpoint", &endpoint)
            .finish_non_exhaustive()
    }
}
