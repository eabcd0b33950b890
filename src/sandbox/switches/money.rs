//! Switches about transactions and balances.

use super::switch;

switch! {
    /// What `POST /transactions` does with a key that an earlier transaction has.
    ///
    /// Partnero's own n8n node says that both are recorded and both pay; D and O call the key
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
    /// Transactions are for referred customers only (O), and Partnero's guide advises to send
    /// every sale; what an unreferred one gets, no source says.
    UnreferredSale {
        /// 422 on the field `customer`. Assumed.
        #[default]
        Unprocessable,
        /// 404. Assumed.
        NotFound,
        /// It is recorded and pays nobody. Assumed.
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
        /// It is recorded against nobody (N8N).
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
    /// How long a transaction's key may be.
    TransactionKeyLength {
        /// 255 characters, as every text here. Assumed.
        #[default]
        Text,
        /// 64 characters; a longer one is a 422. SX cuts its keys to that.
        SixtyFour,
    }
}

switch! {
    /// In which form a transaction's `created_at` may be sent.
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
        /// It does (D).
        #[default]
        Works,
        /// 404 unless the body names the key, too; WP notes that the path did not work.
        NeedsBody,
    }
}

switch! {
    /// Whose sales `GET /customers/{id}/transactions` lists. No source says.
    SalesOf {
        /// Those that the customer made. Assumed.
        #[default]
        Buyer,
        /// Those that pay the customer. Assumed.
        Referrer,
        /// Both. Assumed.
        Either,
    }
}

switch! {
    /// What `POST /customers/{id}/balance/credit` does to the balance.
    ///
    /// Sources are ambiguous. Make.com describes it as crediting the customer from the available
    /// balance, and what can be credited depends on the rewards there are (seed).
    CreditDirection {
        /// It takes the amount from the balance: the reward is paid out.
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
