//! How far an application has come.

use std::fmt;

/// The last step that an application has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It has arrived.
    Submitted,
    /// The form is begun.
    PartlySubmitted,
    /// The first check found nothing against it.
    Preaccepted,
    /// It is complete enough for an offer.
    Accepted,
    /// The terms are settled.
    Finalized,
    /// The loan is granted.
    Approved,
    /// The loan is refused.
    Declined,
    /// The customer does not want it.
    Cancelled,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Submitted => "submitted",
            Self::PartlySubmitted => "partly submitted",
            Self::Preaccepted => "preaccepted",
            Self::Accepted => "accepted",
            Self::Finalized => "finalized",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
        })
    }
}

/// How often each thing happened to the offers of one application. The log does not say which offer it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Offers {
    /// Chosen to be made.
    pub selected: u64,
    /// Written.
    pub created: u64,
    /// Sent to the customer.
    pub sent: u64,
    /// Returned by the customer.
    pub sent_back: u64,
    /// Agreed on.
    pub accepted: u64,
    /// Withdrawn by the bank.
    pub declined: u64,
    /// Lapsed.
    pub cancelled: u64,
}
