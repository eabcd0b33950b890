//! Whether a request may write the cookie.

pub(super) mod navigation;
mod origin;

pub(super) use self::origin::{Origins, says_same_origin};
