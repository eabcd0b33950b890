//! What is measured: each size beside the bare work on the same body, and each refusal beside that
//! of another's signature.

use std::ops::RangeInclusive;

use tower_partnero::webhook::{WebhookErrorKind as Kind, WebhookSecret, sign};

use crate::work::{Bare, Ours, Work, event, secret, short_event};

/// What verification and parsing may cost, over the bare work.
const VERIFIED: RangeInclusive<f64> = 0.0..=1.3;

/// What a refusal may cost, over that of another's signature: whatever is wrong, the body is
/// hashed.
const SAME: RangeInclusive<f64> = 0.95..=1.05;

pub(crate) struct Arm {
    pub(crate) name: String,
    /// The arm that it is a ratio to.
    pub(crate) over: usize,
    /// What the ratio has to be; `None` where nothing is compared.
    pub(crate) bound: Option<RangeInclusive<f64>>,
    /// So many make a round.
    pub(crate) repeats: u32,
    pub(crate) work: Box<dyn Work>,
}

pub(crate) fn arms() -> Vec<Arm> {
    let mut arms = Vec::new();
    for (body, repeats) in [(short_event(), 200), (event(20), 100), (event(1_700), 5)] {
        let over = arms.len();
        let name = |who: &str| format!("{} bytes, {who}", body.len());
        let arm = |name, bound, work| Arm {
            name,
            over,
            bound,
            repeats,
            work,
        };
        arms.push(arm(name("bare"), None, Box::new(Bare::new(&body)) as _));
        arms.push(arm(
            name("ours"),
            Some(VERIFIED),
            Box::new(Ours::accepted(&body)) as _,
        ));
    }

    let body = event(20);
    let right = sign(&secret(), &body);
    let guess = sign(&WebhookSecret::new("guess").expect("a secret"), &body);
    let over = arms.len();
    let not_hex = right.replace(|letter: char| letter.is_ascii_digit(), "x");
    for (name, signatures, why) in [
        (
            "refused, another's signature",
            &[&guess[..]][..],
            Kind::Mismatch,
        ),
        ("refused, none", &[], Kind::MissingSignature),
        ("refused, twice", &[&right, &right], Kind::SeveralSignatures),
        ("refused, short", &[&right[..62]], Kind::SignatureLength),
        (
            "refused, prefix",
            &[&format!("sha256={right}")],
            Kind::SignaturePrefix,
        ),
        (
            "refused, upper case",
            &[&right.to_uppercase()],
            Kind::SignatureUpperCase,
        ),
        ("refused, no hex", &[&not_hex], Kind::SignatureNotHex),
    ] {
        arms.push(Arm {
            name: name.to_owned(),
            over,
            bound: Some(SAME),
            repeats: 100,
            work: Box::new(Ours::refused(&body, signatures, why)),
        });
    }
    arms
}
