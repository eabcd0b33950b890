//! Switches about webhooks.

use super::declare::{SwitchInfo, switch};

switch! {
    /// Which fields stand around the data of a webhook.
    WebhookEnvelope {
        /// `{"event", "url", "webhook_key", "created_at", "data"}` (D, N8N).
        #[default]
        Current,
        /// `{"event", "data", "timestamp"}`, from an older version of D.
        Older,
    }
}

switch! {
    /// Which header has the signature.
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
    /// How exact the time in a webhook is.
    WebhookTime {
        /// To the microsecond, and no two events have the same time. So no two webhooks are equal.
        /// Assumed.
        #[default]
        Exact,
        /// To the second, followed by six zeros, as in the published examples (seed, D). So two
        /// webhooks of the same second may be equal in every byte.
        Seconds,
    }
}

switch! {
    /// Whether a webhook that is sent again has a new time. No source says.
    WebhookRetryTime {
        /// It has the first time: every byte is the same. Assumed.
        #[default]
        Same,
        /// It has the time at which it is sent, and so another signature. Assumed.
        New,
    }
}

switch! {
    /// What `customer.rewarded` and `customer.credited` have in `data`. No source shows this.
    RewardedData {
        /// The customer. Assumed.
        #[default]
        Customer,
        /// The customer in `customer`, and for `customer.rewarded` the reward in `reward`. Assumed.
        Both,
        /// The reward, or for `customer.credited` the amount, with the customer's id in `customer`.
        /// Assumed.
        Reward,
    }
}
