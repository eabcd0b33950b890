//! The events whose names are known.

/// What an event is about.
///
/// Refer-a-friend programs send the events of customers, and the creation and deletion of
/// transactions. Affiliate programs send these and the events of partners and leads
/// (<https://github.com/partnero/n8n-nodes-partnero>). The others stand in Partnero's guide alone
/// (<https://docs.partnero.com/guides/webhooks/outgoing-webhooks>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// `customer.created`
    CustomerCreated,
    /// `customer.updated`
    CustomerUpdated,
    /// `customer.deleted`
    CustomerDeleted,
    /// `customer.rewarded`: a customer has earned something.
    CustomerRewarded,
    /// `customer.credited`
    CustomerCredited,
    /// `transaction.created`
    TransactionCreated,
    /// `transaction.updated`
    TransactionUpdated,
    /// `transaction.deleted`: a refund, whose reward is taken back.
    TransactionDeleted,
    /// `reward.created`
    RewardCreated,
    /// `reward.approved`
    RewardApproved,
    /// `reward.paid`
    RewardPaid,
    /// `partner.created`: a partner has registered, or was created.
    PartnerCreated,
    /// `partner.updated`
    PartnerUpdated,
    /// `partner.deleted`
    PartnerDeleted,
    /// `partner.approved`
    PartnerApproved,
    /// `partner.rejected`
    PartnerRejected,
    /// `partner.archived`
    PartnerArchived,
    /// `lead.submitted`
    LeadSubmitted,
    /// `lead.converted`
    LeadConverted,
    /// `lead.rejected`
    LeadRejected,
    /// Any other event: those of subscribers, which newsletter programs send, and events that this
    /// crate does not know. See [`Event::name`](super::Event::name).
    Other,
}

impl EventKind {
    /// The kind that a name stands for. Names are compared letter by letter.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "customer.created" => Self::CustomerCreated,
            "customer.updated" => Self::CustomerUpdated,
            "customer.deleted" => Self::CustomerDeleted,
            "customer.rewarded" => Self::CustomerRewarded,
            "customer.credited" => Self::CustomerCredited,
            "transaction.created" => Self::TransactionCreated,
            "transaction.updated" => Self::TransactionUpdated,
            "transaction.deleted" => Self::TransactionDeleted,
            "reward.created" => Self::RewardCreated,
            "reward.approved" => Self::RewardApproved,
            "reward.paid" => Self::RewardPaid,
            "partner.created" => Self::PartnerCreated,
            "partner.updated" => Self::PartnerUpdated,
            "partner.deleted" => Self::PartnerDeleted,
            "partner.approved" => Self::PartnerApproved,
            "partner.rejected" => Self::PartnerRejected,
            "partner.archived" => Self::PartnerArchived,
            "lead.submitted" => Self::LeadSubmitted,
            "lead.converted" => Self::LeadConverted,
            "lead.rejected" => Self::LeadRejected,
            // A name that is not known is no error, because Partnero may add events at any time.
            _ => Self::Other,
        }
    }
}
