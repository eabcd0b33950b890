//! What aide has to know of extractors and response parts, so that its documented handlers take them.
//!
//! None of them adds anything to a description: what they read and write are cookies that no client
//! of an API sends by itself.

use aide::generate::GenContext;
use aide::openapi::{Operation, Response};
use aide::{OperationInput, OperationOutput};

use super::from_extension::FromExtension;
use super::missing::{ExtensionMissing, FromExtensionRejection};
use super::of_program::OfProgram;
use crate::context::{ReferralContext, ReferralLayerMissing};
use crate::referral::Referral;
use crate::response::{Renewal, Spent, Vary};
#[cfg(feature = "client")]
use crate::signup::{SignupHook, SignupOutcome};
#[cfg(feature = "webhook")]
use crate::webhook::{Event, WebhookError};

impl OperationInput for ReferralContext {}

/// For `Option<Referral>`.
impl OperationInput for Referral {}

#[cfg(feature = "client")]
impl OperationInput for SignupHook {}

#[cfg(feature = "webhook")]
impl OperationInput for Event {}

/// Gives a wrapper the description of what is in it.
macro_rules! describe_inner {
    ($wrapper:ident<$($parameter:ident),+>) => {
        impl<$($parameter),+> OperationInput for $wrapper<$($parameter),+>
        where
            T: OperationInput,
        {
            fn operation_input(context: &mut GenContext, operation: &mut Operation) {
                T::operation_input(context, operation);
            }

            fn inferred_early_responses(
                context: &mut GenContext,
                operation: &mut Operation,
            ) -> Vec<(Option<u16>, Response)> {
                T::inferred_early_responses(context, operation)
            }
        }
    };
}

describe_inner!(FromExtension<T>);
describe_inner!(OfProgram<P, T>);

impl OperationOutput for Spent {
    type Inner = ();
}

impl OperationOutput for Renewal {
    type Inner = ();
}

impl OperationOutput for Vary {
    type Inner = ();
}

#[cfg(feature = "client")]
impl OperationOutput for SignupOutcome {
    type Inner = ();
}

impl OperationOutput for ReferralLayerMissing {
    type Inner = ();
}

impl OperationOutput for ExtensionMissing {
    type Inner = ();
}

impl<R> OperationOutput for FromExtensionRejection<R> {
    type Inner = ();
}

#[cfg(feature = "webhook")]
impl OperationOutput for WebhookError {
    type Inner = ();
}
