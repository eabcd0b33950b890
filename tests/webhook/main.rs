//! Webhooks: what is let in, what is refused, and that nothing is lost or done twice.

mod extractor;
mod inbox;
mod properties;
mod service;
mod subscribe;
mod support;
mod verifier;
mod wire;
