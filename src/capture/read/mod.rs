//! What a request says: its link, and the page that the visitor came from.

mod decode;
pub(super) mod link;
mod parameter;
pub(super) mod path;
mod reading;
pub(super) mod referer;

pub(super) use self::decode::{Encoding, decode_bytes};
pub(super) use self::parameter::Parameter;
pub(super) use self::reading::Reading;
