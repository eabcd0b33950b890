//! What nobody outside Partnero knows: the answers that can matter to a delivery.

use tower_partnero::Sandbox;
use tower_partnero::sandbox::switches;

/// One answer of one switch.
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

macro_rules! answers_of {
    ($($switch:ident,)+) => {
        /// Each position of each switch.
        pub(crate) fn all() -> Vec<Answer> {
            let mut answers = Vec::new();
            $(for position in switches::$switch::ALL {
                answers.push(Answer {
                    name: format!("{}::{position:?}", stringify!($switch)),
                    set: Box::new(|sandbox| sandbox.switch(*position)),
                });
            })+
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
