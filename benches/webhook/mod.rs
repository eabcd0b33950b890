//! Webhooks: what it costs to verify and read one, as a ratio to the bare HMAC and `serde_json` on
//! the same body; what it costs to refuse one; and receivers under load.
//!
//! Callgrind emulates a processor without instructions for SHA-256. Times are of this processor.

mod receivers;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use sha2::Sha256;
use tower_partnero::WebhookVerifier;
use tower_partnero::webhook::{
    SIGNATURE, WebhookError, WebhookErrorKind as Kind, WebhookSecret, sign,
};

pub(crate) use self::receivers::served;
use crate::harness::{Arm, Target, Work, does};

const SECRET: &str = "DHjU0cGYxMUG1234";
const REFUSED: &str = "refused, another's signature";

pub(crate) fn arms() -> Vec<Arm> {
    let mut arms = Vec::new();
    for (size, links, repeats) in [
        ("276 bytes", 0, 200),
        ("1.2 kB", 20, 100),
        ("64 kB", 1_700, 5),
    ] {
        let bare_name = format!("{size}, bare");
        arms.push(Arm::new(&bare_name, move || bare(event(links))).repeats(repeats));
        let ours = move || {
            let body = event(links);
            ours(&body, &[sign(&secret(), &body)], None)
        };
        let ours = Arm::new(format!("{size}, ours"), ours).repeats(repeats);
        arms.push(ours.over(bare_name).target(Target::Ratio(0.0..=1.3)));
    }
    let body = event(20);
    let right = sign(&secret(), &body);
    let other = WebhookSecret::new("guess").expect("a secret");
    let not_hex = right.replace(|letter: char| letter.is_ascii_digit(), "x");
    for (name, signatures, why) in [
        (REFUSED, vec![sign(&other, &body)], Kind::Mismatch),
        ("refused, none", vec![], Kind::MissingSignature),
        (
            "refused, twice",
            vec![right.clone(); 2],
            Kind::SeveralSignatures,
        ),
        (
            "refused, short",
            vec![right[..62].to_owned()],
            Kind::SignatureLength,
        ),
        (
            "refused, prefix",
            vec![format!("sha256={right}")],
            Kind::SignaturePrefix,
        ),
        (
            "refused, upper case",
            vec![right.to_uppercase()],
            Kind::SignatureUpperCase,
        ),
        ("refused, no hex", vec![not_hex], Kind::SignatureNotHex),
    ] {
        let body = body.clone();
        let refused = Arm::new(name, move || ours(&body, &signatures, Some(why))).repeats(100);
        // Every refusal hashes the body, so that its time does not tell what was wrong.
        arms.push(refused.over(REFUSED).target(Target::Ratio(0.95..=1.05)));
    }
    arms
}

/// HMAC and JSON alone. The key is hashed beforehand, as our verifier does.
fn bare(body: String) -> impl Work {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    let tag = mac.clone().chain_update(&body).finalize().into_bytes();
    let verify = move |()| {
        let body = std::hint::black_box(body.as_bytes());
        let mac = mac.clone().chain_update(body);
        mac.verify_slice(&tag).expect("the signature is right");
        let event: Value = serde_json::from_slice(body).expect("JSON");
        usize::from(std::hint::black_box(event).is_object())
    };
    does(1, || (), verify)
}

/// Our verifier, and the refusal that it must answer, if any.
fn ours(body: &str, signatures: &[String], refusal: Option<Kind>) -> impl Work + use<> {
    let header = |text: &String| (SIGNATURE, HeaderValue::from_str(text).expect("a header"));
    let headers: HeaderMap = signatures.iter().map(header).collect();
    let verifier = WebhookVerifier::new(secret());
    let body = body.as_bytes().to_vec();
    let verify = move |body: Vec<u8>| {
        let event = verifier.verify(&headers, body);
        usize::from(event.as_ref().err().map(WebhookError::kind) == refusal)
    };
    does(1, move || body.clone(), verify)
}

fn secret() -> WebhookSecret {
    WebhookSecret::new(SECRET).expect("a secret")
}

/// A customer's event with so many links; with none, the shortest that names its customer.
fn event(links: usize) -> String {
    let mut event = json!({
        "event": "customer.rewarded", "url": "https://shop.example/partnero",
        "webhook_key": "wh_0123456789", "created_at": "2025-05-09T17:42:13.000000Z",
        "data": {
            "id": "7", "key": "anna-7", "email": "anna@shop.example", "name": "Anna",
            "status": "active", "created_at": "2025-05-09T17:42:13.000000Z"
        }
    });
    if links > 0 {
        let more = json!({
            "surname": null, "approved": true, "referring_customer": null, "referrals_count": 3,
            "metadata": {"date_of_birth": null}, "custom_fields": {},
            "referral_link": "https://shop.example/?ref=anna-7",
            "updated_at": "2025-05-09T17:42:13.000000Z"
        });
        let link = |number| Value::from(format!("https://shop.example/?ref=anna-{number}"));
        let data = event["data"].as_object_mut().expect("an object");
        data.extend(more.as_object().expect("an object").clone());
        data.insert("referral_links".to_owned(), (0..links).map(link).collect());
    }
    event.to_string()
}
