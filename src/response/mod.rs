//! What a response carries: cookie lines, and the response parts that a handler returns.
//!
//! This module knows neither the request nor the policy.

mod cache;
mod lines;
mod parts;
mod vary;

pub(crate) use self::cache::CacheRules;
pub(crate) use self::lines::{CookieLines, Line, LinesWatcher, header_value, restore_promised};
pub use self::parts::{Renewal, Spent};
pub use self::vary::Vary;
