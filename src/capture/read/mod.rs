//! What a request says about a referral: its link, and the address of the page before.

mod decode;
mod link;
mod needle;
mod parameter;
mod reading;
mod referer;

pub(super) use self::decode::{Encoding, decode_bytes};
pub(super) use self::link::Links;
pub(super) use self::needle::Needle;
pub(super) use self::reading::{KeyRule, Reading};
pub(super) use self::referer::key_in_referer;
