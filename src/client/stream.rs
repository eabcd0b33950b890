//! All items of a list, page after page.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::error::Error;
use super::list::{List, Page};

/// The items of a [`List`]: a [`Stream`] that holds one page at a time.
///
/// It follows the path and the query of links at the base URL alone. It ends with an error if they
/// lead to a page that was fetched before or to more pages than [`List::max_pages`], and after any
/// other error.
///
/// ```no_run
/// # async fn example(client: tower_partnero::Client) -> Result<(), tower_partnero::Error> {
/// let mut customers = client.customers().list().stream();
/// while let Some(customer) = customers.next().await {
///     println!("{:?}", customer?.key);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is asked for items"]
pub struct Items<T> {
    page: std::vec::IntoIter<T>,
    next: Next<T>,
}

enum Next<T> {
    List(Box<List<T>>),
    Fetch(Fetch<T>),
    End,
}

type Fetch<T> = Pin<Box<dyn Future<Output = Result<Page<T>, Error>> + Send>>;

impl<T> List<T> {
    /// Fetches page after page and gives item after item. One page is in memory at a time.
    ///
    /// An error is given as an item, and ends the stream.
    #[must_use = "a stream does nothing until it is asked for items"]
    pub fn stream(self) -> Items<T>
    where
        T: Send + 'static,
    {
        Items::new(self)
    }
}

impl<T: Send + 'static> Items<T> {
    fn new(list: List<T>) -> Self {
        Self {
            page: Vec::new().into_iter(),
            next: Next::List(Box::new(list)),
        }
    }

    /// The next item; `None` after the last item, and after an error. It is the same as
    /// `StreamExt::next` of the futures crates, without a dependency on them.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

// No field is pinned: the future is in a box of its own.
impl<T> Unpin for Items<T> {}

impl<T: Send + 'static> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            // The end stands there meanwhile, so after an error the stream is over.
            self.next = match std::mem::replace(&mut self.next, Next::End) {
                Next::End => return Poll::Ready(None),
                Next::List(list) => Next::Fetch(Box::pin(list.send())),
                Next::Fetch(mut fetch) => match fetch.as_mut().poll(cx) {
                    Poll::Pending => {
                        self.next = Next::Fetch(fetch);
                        return Poll::Pending;
                    }
                    Poll::Ready(page) => match page {
                        Err(error) => return Poll::Ready(Some(Err(error))),
                        Ok(page) => {
                            self.page = page.items.into_iter();
                            page.next
                                .map_or(Next::End, |list| Next::List(Box::new(list)))
                        }
                    },
                },
            };
        }
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("left_of_page", &self.page.len())
            .finish_non_exhaustive()
    }
}
