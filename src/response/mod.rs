//! What a response carries: cookie lines, and the response parts that a handler returns.

mod cache;
mod lines;
mod part;
mod promise;
mod renewal;
mod spent;
mod vary;

pub(crate) use self::cache::CacheRules;
pub(crate) use self::lines::{CookieLines, Line};
pub(crate) use self::promise::keep;
pub use self::renewal::Renewal;
pub use self::spent::Spent;
pub use self::vary::Vary;
