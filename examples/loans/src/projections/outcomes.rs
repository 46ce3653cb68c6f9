//! What became of each application.

use es_core::prelude::*;

use crate::domain::{
    ApplicationAccepted, ApplicationActivated, ApplicationApproved, ApplicationCancelled,
    ApplicationDeclined, ApplicationFinalized, ApplicationId, ApplicationPartlySubmitted,
    ApplicationPreaccepted, ApplicationRegistered, ApplicationSubmitted, OfferAccepted,
    OfferCancelled, OfferCreated, OfferDeclined, OfferSelected, OfferSent, OfferSentBack,
    WorkItemCompleted, WorkItemScheduled, WorkItemStarted,
};

/// One application: a row keyed by its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "loan_outcomes")]
#[non_exhaustive]
pub struct ApplicationOutcome {
    /// The application; its stream has the same id.
    #[read_model(id)]
    pub id: ApplicationId,
    /// The number under which the bank knows it.
    pub application: String,
    /// The loan asked for, in whole euros.
    pub amount_requested: u64,
    /// When it arrived.
    pub submitted_at: DateTime<Utc>,
    /// When something happened last.
    pub changed_at: DateTime<Utc>,
    /// How many events it has.
    pub events: u64,
    /// Whether the bank granted the loan.
    pub approved: bool,
    /// Whether the bank refused it.
    pub declined: bool,
    /// Whether the customer did not want it any more.
    pub cancelled: bool,
}

impl ApplicationOutcome {
    /// Whether none of the three has happened.
    pub const fn is_undecided(&self) -> bool {
        !(self.approved || self.declined || self.cancelled)
    }
}

type Handled = Result<(), ProjectionError>;

/// Keeps [`ApplicationOutcome`].
#[derive(Debug)]
pub struct Outcomes;

#[projection(name = "loan-outcomes", read_models(ApplicationOutcome))]
impl Outcomes {
    #[handles(ApplicationSubmitted)]
    async fn submitted(&self, event: &ApplicationSubmitted, cx: &mut ReadModels<'_>) -> Handled {
        let at = cx.event().occurred_at;
        let row = ApplicationOutcome {
            id: ApplicationId::from_uuid(cx.stream_id()),
            application: event.application.clone(),
            amount_requested: event.amount_requested,
            submitted_at: at,
            changed_at: at,
            events: 1,
            approved: false,
            declined: false,
            cancelled: false,
        };
        cx.rows().save(row).await
    }

    #[handles(ApplicationPartlySubmitted)]
    async fn partly_submitted(
        &self,
        _: &ApplicationPartlySubmitted,
        cx: &mut ReadModels<'_>,
    ) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(ApplicationPreaccepted)]
    async fn preaccepted(&self, _: &ApplicationPreaccepted, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(ApplicationAccepted)]
    async fn accepted(&self, _: &ApplicationAccepted, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(ApplicationFinalized)]
    async fn finalized(&self, _: &ApplicationFinalized, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(ApplicationApproved)]
    async fn approved(&self, _: &ApplicationApproved, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |row| row.approved = true).await
    }

    #[handles(ApplicationRegistered)]
    async fn registered(&self, _: &ApplicationRegistered, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(ApplicationActivated)]
    async fn activated(&self, _: &ApplicationActivated, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(ApplicationDeclined)]
    async fn declined(&self, _: &ApplicationDeclined, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |row| row.declined = true).await
    }

    #[handles(ApplicationCancelled)]
    async fn cancelled(&self, _: &ApplicationCancelled, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |row| row.cancelled = true).await
    }

    #[handles(OfferSelected)]
    async fn offer_selected(&self, _: &OfferSelected, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(OfferCreated)]
    async fn offer_created(&self, _: &OfferCreated, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(OfferSent)]
    async fn offer_sent(&self, _: &OfferSent, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(OfferSentBack)]
    async fn offer_sent_back(&self, _: &OfferSentBack, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(OfferAccepted)]
    async fn offer_accepted(&self, _: &OfferAccepted, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(OfferDeclined)]
    async fn offer_declined(&self, _: &OfferDeclined, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(OfferCancelled)]
    async fn offer_cancelled(&self, _: &OfferCancelled, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(WorkItemScheduled)]
    async fn work_scheduled(&self, _: &WorkItemScheduled, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(WorkItemStarted)]
    async fn work_started(&self, _: &WorkItemStarted, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }

    #[handles(WorkItemCompleted)]
    async fn work_completed(&self, _: &WorkItemCompleted, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |_| {}).await
    }
}

/// Counts the event and does whatever else it does to its application's row.
async fn change(
    cx: &mut ReadModels<'_>,
    also: impl FnOnce(&mut ApplicationOutcome) + Send,
) -> Handled {
    let (id, at) = (ApplicationId::from_uuid(cx.stream_id()), cx.event().occurred_at);
    let count = |row: &mut ApplicationOutcome| {
        row.events += 1;
        row.changed_at = at;
        also(row);
    };
    cx.rows().update(&id, count).await.map(drop)
}
