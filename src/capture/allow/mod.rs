//! Whether a request may write the cookie.

mod navigation;
mod origin;

pub(super) use self::navigation::Navigation;
pub(super) use self::origin::{Origins, says_same_origin};
