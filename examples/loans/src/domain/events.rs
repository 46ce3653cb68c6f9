//! What happens to an application, one struct per kind of thing.
//!
//! When it happened and who did it are not in here: the envelope has `occurred_at` and `metadata.actor`.

use es_core::prelude::*;

use super::work::WorkItem;

/// A customer applies for a loan: the first event of every application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "application-submitted")]
pub struct ApplicationSubmitted {
    /// The number under which the bank knows it.
    pub application: String,
    /// The loan asked for, in whole euros.
    pub amount_requested: u64,
}

/// The customer has begun to fill in the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "application-partly-submitted")]
pub struct ApplicationPartlySubmitted {}

/// The first check has found nothing against it; information is still missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "application-preaccepted")]
pub struct ApplicationPreaccepted {}

/// It is complete enough for an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "application-accepted")]
pub struct ApplicationAccepted {}

/// The offer's terms are settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "application-finalized")]
pub struct ApplicationFinalized {}

/// The bank grants the loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "application-approved")]
pub struct ApplicationApproved {}

/// The loan is entered in the bank's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "application-registered")]
pub struct ApplicationRegistered {}

/// The loan is paid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "application-activated")]
pub struct ApplicationActivated {}

/// The bank refuses the loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "application-declined")]
pub struct ApplicationDeclined {}

/// The customer does not want the loan any more, or never answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "application-cancelled")]
pub struct ApplicationCancelled {}

/// The customer was chosen for an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "offer-selected")]
pub struct OfferSelected {}

/// An offer was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "offer-created")]
pub struct OfferCreated {}

/// The offer went to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "offer-sent")]
pub struct OfferSent {}

/// The customer returned it, signed or with questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "offer-sent-back")]
pub struct OfferSentBack {}

/// The bank and the customer agree on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "offer-accepted")]
pub struct OfferAccepted {}

/// The bank withdraws it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "offer-declined")]
pub struct OfferDeclined {}

/// It lapsed, usually because another one took its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "offer-cancelled")]
pub struct OfferCancelled {}

/// Something is to be done by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "work-item-scheduled")]
pub struct WorkItemScheduled {
    /// What is to be done.
    pub work_item: WorkItem,
}

/// Somebody has begun to work on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "work-item-started")]
pub struct WorkItemStarted {
    /// What is to be done.
    pub work_item: WorkItem,
}

/// Somebody has stopped working on it. It may be started again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "work-item-completed")]
pub struct WorkItemCompleted {
    /// What is to be done.
    pub work_item: WorkItem,
}
