//! The aggregate: what its events have made of an application, and what may still be decided about it.

use std::collections::BTreeMap;

use es_core::prelude::*;
use thiserror::Error;

use super::events::{
    ApplicationAccepted, ApplicationActivated, ApplicationApproved, ApplicationCancelled,
    ApplicationDeclined, ApplicationFinalized, ApplicationPartlySubmitted, ApplicationPreaccepted,
    ApplicationRegistered, ApplicationSubmitted, OfferAccepted, OfferCancelled, OfferCreated,
    OfferDeclined, OfferSelected, OfferSent, OfferSentBack, WorkItemCompleted, WorkItemScheduled,
    WorkItemStarted,
};
use super::status::{Offers, Status};
use super::work::{WorkItem, WorkState};

/// Identifies an application; `from_name` makes it of the bank's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AggregateId)]
#[aggregate_id(category = "loan-application")]
pub struct ApplicationId(Uuid);

/// Why a decision about an application was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoanError {
    /// It has been decided already.
    #[error("the application is {status} already")]
    Decided {
        /// As what.
        status: &'static str,
    },
    /// The customer has not answered an offer.
    #[error("the customer has sent no offer back")]
    NoOfferSentBack,
}

/// One application for a loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanApplication {
    number: String,
    amount_requested: u64,
    status: Status,
    registered: bool,
    activated: bool,
    offers: Offers,
    open_work: BTreeMap<WorkItem, WorkState>,
    submitted_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    last_resource: Option<String>,
}

#[aggregate(name = "loan-application", id = ApplicationId)]
impl LoanApplication {
    /// The bank grants the loan, on an offer that the customer has sent back.
    ///
    /// # Errors
    /// [`LoanError::Decided`] when the application was approved, declined or cancelled before;
    /// [`LoanError::NoOfferSentBack`].
    pub fn approve(&self) -> Result<(OfferAccepted, ApplicationApproved), LoanError> {
        self.undecided()?;
        if self.offers.sent_back == 0 {
            return Err(LoanError::NoOfferSentBack);
        }
        Ok((OfferAccepted {}, ApplicationApproved {}))
    }

    /// The customer withdraws. Doing so twice records nothing new.
    ///
    /// # Errors
    /// [`LoanError::Decided`] when the application was approved or declined before.
    pub fn cancel(&self) -> Result<Option<ApplicationCancelled>, LoanError> {
        if self.status == Status::Cancelled {
            return Ok(None);
        }
        self.undecided()?;
        Ok(Some(ApplicationCancelled {}))
    }

    fn undecided(&self) -> Result<(), LoanError> {
        let status = match self.status {
            Status::Approved => "approved",
            Status::Declined => "declined",
            Status::Cancelled => "cancelled",
            _ => return Ok(()),
        };
        Err(LoanError::Decided { status })
    }

    #[handles(ApplicationSubmitted)]
    fn submitted(event: &ApplicationSubmitted, cx: &EventContext<'_>) -> Self {
        Self {
            number: event.application.clone(),
            amount_requested: event.amount_requested,
            status: Status::Submitted,
            registered: false,
            activated: false,
            offers: Offers::default(),
            open_work: BTreeMap::new(),
            submitted_at: cx.occurred_at,
            changed_at: cx.occurred_at,
            last_resource: cx.metadata.actor.clone(),
        }
    }

    #[handles(ApplicationPartlySubmitted)]
    fn partly_submitted(&mut self, _: &ApplicationPartlySubmitted, cx: &EventContext<'_>) {
        self.status = Status::PartlySubmitted;
        self.touched(cx);
    }

    #[handles(ApplicationPreaccepted)]
    fn preaccepted(&mut self, _: &ApplicationPreaccepted, cx: &EventContext<'_>) {
        self.status = Status::Preaccepted;
        self.touched(cx);
    }

    #[handles(ApplicationAccepted)]
    fn accepted(&mut self, _: &ApplicationAccepted, cx: &EventContext<'_>) {
        self.status = Status::Accepted;
        self.touched(cx);
    }

    #[handles(ApplicationFinalized)]
    fn finalized(&mut self, _: &ApplicationFinalized, cx: &EventContext<'_>) {
        self.status = Status::Finalized;
        self.touched(cx);
    }

    #[handles(ApplicationApproved)]
    fn approved(&mut self, _: &ApplicationApproved, cx: &EventContext<'_>) {
        self.status = Status::Approved;
        self.touched(cx);
    }

    #[handles(ApplicationDeclined)]
    fn declined(&mut self, _: &ApplicationDeclined, cx: &EventContext<'_>) {
        self.status = Status::Declined;
        self.touched(cx);
    }

    #[handles(ApplicationCancelled)]
    fn cancelled(&mut self, _: &ApplicationCancelled, cx: &EventContext<'_>) {
        self.status = Status::Cancelled;
        self.touched(cx);
    }

    #[handles(ApplicationRegistered)]
    fn registered(&mut self, _: &ApplicationRegistered, cx: &EventContext<'_>) {
        self.registered = true;
        self.touched(cx);
    }

    #[handles(ApplicationActivated)]
    fn activated(&mut self, _: &ApplicationActivated, cx: &EventContext<'_>) {
        self.activated = true;
        self.touched(cx);
    }

    #[handles(OfferSelected)]
    fn offer_selected(&mut self, _: &OfferSelected, cx: &EventContext<'_>) {
        self.offers.selected += 1;
        self.touched(cx);
    }

    #[handles(OfferCreated)]
    fn offer_created(&mut self, _: &OfferCreated, cx: &EventContext<'_>) {
        self.offers.created += 1;
        self.touched(cx);
    }

    #[handles(OfferSent)]
    fn offer_sent(&mut self, _: &OfferSent, cx: &EventContext<'_>) {
        self.offers.sent += 1;
        self.touched(cx);
    }

    #[handles(OfferSentBack)]
    fn offer_sent_back(&mut self, _: &OfferSentBack, cx: &EventContext<'_>) {
        self.offers.sent_back += 1;
        self.touched(cx);
    }

    #[handles(OfferAccepted)]
    fn offer_accepted(&mut self, _: &OfferAccepted, cx: &EventContext<'_>) {
        self.offers.accepted += 1;
        self.touched(cx);
    }

    #[handles(OfferDeclined)]
    fn offer_declined(&mut self, _: &OfferDeclined, cx: &EventContext<'_>) {
        self.offers.declined += 1;
        self.touched(cx);
    }

    #[handles(OfferCancelled)]
    fn offer_cancelled(&mut self, _: &OfferCancelled, cx: &EventContext<'_>) {
        self.offers.cancelled += 1;
        self.touched(cx);
    }

    #[handles(WorkItemScheduled)]
    fn work_scheduled(&mut self, event: &WorkItemScheduled, cx: &EventContext<'_>) {
        self.open_work.insert(event.work_item, WorkState::Scheduled);
        self.touched(cx);
    }

    #[handles(WorkItemStarted)]
    fn work_started(&mut self, event: &WorkItemStarted, cx: &EventContext<'_>) {
        self.open_work.insert(event.work_item, WorkState::Started);
        self.touched(cx);
    }

    #[handles(WorkItemCompleted)]
    fn work_completed(&mut self, event: &WorkItemCompleted, cx: &EventContext<'_>) {
        self.open_work.remove(&event.work_item);
        self.touched(cx);
    }

    /// Notes when something happened last, and who was the last known to do something.
    fn touched(&mut self, cx: &EventContext<'_>) {
        self.changed_at = cx.occurred_at;
        if let Some(resource) = &cx.metadata.actor {
            self.last_resource = Some(resource.clone());
        }
    }
}

impl LoanApplication {
    /// The number under which the bank knows it.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The loan asked for, in whole euros.
    pub const fn amount_requested(&self) -> u64 {
        self.amount_requested
    }

    /// The last step it has taken.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Whether the loan is in the bank's books.
    pub const fn is_registered(&self) -> bool {
        self.registered
    }

    /// Whether the loan is paid out.
    pub const fn is_activated(&self) -> bool {
        self.activated
    }

    /// What happened to its offers.
    pub const fn offers(&self) -> Offers {
        self.offers
    }

    /// The work that is scheduled or under way.
    pub const fn open_work(&self) -> &BTreeMap<WorkItem, WorkState> {
        &self.open_work
    }

    /// When it arrived.
    pub const fn submitted_at(&self) -> DateTime<Utc> {
        self.submitted_at
    }

    /// When something happened last.
    pub const fn changed_at(&self) -> DateTime<Utc> {
        self.changed_at
    }

    /// Who was the last known to do something.
    pub fn last_resource(&self) -> Option<&str> {
        self.last_resource.as_deref()
    }
}
