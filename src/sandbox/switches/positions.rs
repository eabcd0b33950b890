//! Where the position of every switch is kept.

use super::Switch;
use super::customers::{CustomerShape, DuplicateCustomer, ReferrerEcho, UnknownReferrer};
use super::wire::{EmptyObjects, ErrorMap, Numbers};

/// Keeps [`Switch`] to the enums of this module.
pub trait Position {
    #[doc(hidden)]
    fn put(self, switches: &mut Switches);
}

/// Names the field in which each switch is kept.
macro_rules! switches {
    ($($field:ident: $switch:ident,)+) => {
        /// The position of every switch.
        #[derive(Clone, Debug, Default)]
        pub struct Switches {
            $(pub(in crate::sandbox) $field: $switch,)+
        }

        $(
            impl Switch for $switch {}

            impl Position for $switch {
                fn put(self, switches: &mut Switches) {
                    switches.$field = self;
                }
            }
        )+
    };
}

switches! {
    customer_shape: CustomerShape,
    duplicate_customer: DuplicateCustomer,
    empty_objects: EmptyObjects,
    error_map: ErrorMap,
    numbers: Numbers,
    referrer_echo: ReferrerEcho,
    unknown_referrer: UnknownReferrer,
}

impl Switches {
    pub(in crate::sandbox) fn set(&mut self, switch: impl Switch) {
        switch.put(self);
    }
}
