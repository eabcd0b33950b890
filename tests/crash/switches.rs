//! The open questions about Partnero that can matter to a delivery, and each answer to them.

use tower_partnero::Sandbox;
use tower_partnero::sandbox::{Fault, switches};

/// One answer of one switch, or of a gateway.
pub(crate) struct Answer {
    pub(crate) name: String,
    set: Box<dyn Fn(&Sandbox) + Send + Sync>,
}

impl Answer {
    pub(crate) fn set(&self, sandbox: &Sandbox) {
        (self.set)(sandbox);
    }

    /// Whether Partnero takes sales of customers whom nobody referred.
    pub(crate) fn takes_unreferred(&self) -> bool {
        self.name == "UnreferredSale::Recorded" || !self.name.starts_with("UnreferredSale")
    }
}

/// What a gateway answers with 200 in Partnero's place.
const GATEWAYS: [(&str, &str); 4] = [
    ("Words", r#"{"error":"maintenance"}"#),
    ("Object", "{}"),
    ("List", "[]"),
    ("Nothing", ""),
];

/// A gateway that answers every seventh call without passing it on, and every eleventh call after
/// Partnero has done what it asks.
fn gateway((name, body): (&'static str, &'static str)) -> Answer {
    Answer {
        name: format!("Gateway::{name}"),
        set: Box::new(move |sandbox| {
            let fault = || Fault::answer(200, body, "application/json");
            sandbox.inject(fault().every(7));
            sandbox.inject(fault().after_effect().every(11));
        }),
    }
}

macro_rules! answers_of {
    ($($switch:ident,)+) => {
        /// Each position of each switch, and each gateway.
        pub(crate) fn all() -> Vec<Answer> {
            let mut answers = Vec::new();
            $(for position in switches::$switch::ALL {
                answers.push(Answer {
                    name: format!("{}::{position:?}", stringify!($switch)),
                    set: Box::new(|sandbox| sandbox.switch(*position)),
                });
            })+
            answers.extend(GATEWAYS.map(gateway));
            answers
        }
    };
}

answers_of! {
    ActionField,
    CreatedStatus,
    CustomerShape,
    DeletePath,
    DoneAnswer,
    DuplicateCustomer,
    EmptyObjects,
    EnvelopeStatus,
    ErrorMap,
    ErrorStatus,
    KeyCase,
    ListOrder,
    Numbers,
    PageLimit,
    PageLinks,
    PathOrder,
    ReferrerEcho,
    RepeatedKey,
    RepeatedTransaction,
    UnknownBuyer,
    UnknownReferrer,
    UnreferredSale,
}
