//! Switches about webhooks.

use super::switch;

switch! {
    /// Which envelope an event comes in.
    WebhookEnvelope {
        /// `{"event", "url", "webhook_key", "created_at", "data"}` (D, N8N).
        #[default]
        Current,
        /// `{"event", "data", "timestamp"}`, from an older version of D.
        Older,
    }
}

switch! {
    /// Which header bears the signature.
    WebhookHeader {
        /// `Signature` (D, N8N).
        #[default]
        Signature,
        /// `x-partnero-signature`, from an older version of D.
        Older,
        /// Both, with the same value. Assumed.
        Both,
    }
}

switch! {
    /// How exact the time of an event is.
    WebhookTime {
        /// To the microsecond, and no two events have the same: none is like another. Assumed.
        #[default]
        Exact,
        /// Whole seconds, as in the published examples, with six zeros behind (seed, D): two
        /// events of one second may be the same to the byte.
        Seconds,
    }
}

switch! {
    /// Whether an event that is sent again bears a new time. No source says.
    WebhookRetryTime {
        /// It is the same to the byte. Assumed.
        #[default]
        Same,
        /// It has the time of its own delivery, and so another signature. Assumed.
        New,
    }
}

switch! {
    /// What `customer.rewarded` and `customer.credited` have in `data`. No source shows it; that
    /// data is what the API answers about the same thing is inferred.
    RewardedData {
        /// The customer. Assumed.
        #[default]
        Customer,
        /// The customer and, of a reward, the reward, in fields of these names. Assumed.
        Both,
        /// The reward, with the customer's id in `customer`; of a credit, the amount and the same
        /// field. Assumed.
        Reward,
    }
}
