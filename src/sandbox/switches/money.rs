//! Switches about transactions and balances.

use super::declare::{SwitchInfo, switch};

switch! {
    /// What `POST /transactions` does with a key that an earlier transaction has.
    ///
    /// Partnero's own n8n node says that both are recorded and both pay. D and O call the key
    /// unique.
    RepeatedTransaction {
        /// It is recorded again and pays again (N8N).
        #[default]
        Recorded,
        /// 422 on the field `key`. Assumed from D and O.
        Unprocessable,
        /// 409 (SX).
        Conflict,
        /// 200 with the earlier transaction (SX, BS).
        Existing,
    }
}

switch! {
    /// Which transaction a path or a `DELETE` means if several have its key. No source says.
    RepeatedKey {
        /// The oldest. Assumed.
        #[default]
        Oldest,
        /// The newest. Assumed.
        Newest,
        /// `DELETE` removes all of them; reading gives the oldest. Assumed.
        All,
    }
}

switch! {
    /// What `POST /transactions` answers for a customer that nobody referred.
    ///
    /// Transactions are for referred customers only (O), yet Partnero's guide advises to send every
    /// sale. No source shows the answer to the sale of an unreferred customer.
    UnreferredSale {
        /// 422 on the field `customer`. Assumed.
        #[default]
        Unprocessable,
        /// 404. Assumed.
        NotFound,
        /// The sale is recorded, and no referrer is paid. Assumed.
        Recorded,
    }
}

switch! {
    /// What `POST /transactions` answers for a customer that does not exist.
    UnknownBuyer {
        /// 422 on the field `customer` (SX, in an affiliate program).
        #[default]
        Unprocessable,
        /// 404. Assumed.
        NotFound,
        /// The sale is recorded without a customer (N8N).
        ForNobody,
    }
}

switch! {
    /// Whether a transaction needs an `action`.
    ActionField {
        /// It is `sale` if absent (D, N8N).
        #[default]
        Optional,
        /// It is required (O).
        Required,
    }
}

switch! {
    /// The form of `created_at` in `POST /transactions`.
    TransactionTime {
        /// As Unix seconds or as a date and time.
        #[default]
        Both,
        /// As Unix seconds (D).
        Unix,
        /// As a date and time (N8N).
        Text,
    }
}

switch! {
    /// Whether `DELETE /transactions/{key}` works without a body.
    DeletePath {
        /// It works (D).
        #[default]
        Works,
        /// 404, unless the body has the key as well. WP notes that the path did not work.
        NeedsBody,
    }
}

switch! {
    /// What `POST /customers/{id}/balance/credit` does to the balance.
    ///
    /// The sources do not agree. Make.com writes that the customer is credited from the available
    /// balance. Which units can be credited depends on the program's rewards (seed).
    CreditDirection {
        /// It takes the amount from the balance, because the reward is paid out.
        #[default]
        Spends,
        /// It adds the amount to the balance.
        Adds,
    }
}

switch! {
    /// Whether a credit may take more than the balance has. No source says.
    Overdraft {
        /// 422 on the field `amount`. Assumed.
        #[default]
        Unprocessable,
        /// The balance goes below zero. Assumed.
        Allowed,
    }
}

switch! {
    /// How Partnero's own integration with a payment provider finds the customer whom a payment's
    /// metadata names as `customer_key`; see [`Sandbox::observe_payment`](crate::Sandbox::observe_payment).
    ///
    /// Partnero's help says that it is the customer's key (help.partnero.com/article/202). No source says
    /// whether the id is found, too.
    PaymentCustomer {
        /// By the key alone (H/202).
        #[default]
        Key,
        /// By the key, and if nobody has that key, by the id. Assumed.
        KeyThenId,
    }
}
