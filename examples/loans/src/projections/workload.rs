//! How much each resource has done.

use es_core::prelude::*;

use crate::domain::{
    ApplicationAccepted, ApplicationActivated, ApplicationApproved, ApplicationCancelled,
    ApplicationDeclined, ApplicationFinalized, ApplicationPartlySubmitted, ApplicationPreaccepted,
    ApplicationRegistered, ApplicationSubmitted, OfferAccepted, OfferCancelled, OfferCreated,
    OfferDeclined, OfferSelected, OfferSent, OfferSentBack, WorkItemCompleted, WorkItemScheduled,
    WorkItemStarted,
};

/// One resource: a clerk, or the automaton that takes applications in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "loan_workload")]
#[non_exhaustive]
pub struct ResourceWorkload {
    /// Its name in the log.
    #[read_model(id)]
    pub resource: String,
    /// How many events it has caused.
    pub events: u64,
    /// Applications taken in.
    pub submissions: u64,
    /// Offers written.
    pub offers: u64,
    /// Loans granted.
    pub approvals: u64,
    /// Times that it began to work on something.
    pub work_started: u64,
    /// Times that it stopped.
    pub work_completed: u64,
    /// When it was last seen.
    pub last_seen: DateTime<Utc>,
}

type Handled = Result<(), ProjectionError>;

/// Keeps [`ResourceWorkload`].
#[derive(Debug)]
pub struct Workload;

#[projection(name = "loan-workload", read_models(ResourceWorkload))]
impl Workload {
    #[handles(ApplicationSubmitted)]
    async fn submitted(&self, _: &ApplicationSubmitted, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.submissions += 1).await
    }

    #[handles(ApplicationPartlySubmitted)]
    async fn partly_submitted(
        &self,
        _: &ApplicationPartlySubmitted,
        cx: &mut ReadModels<'_>,
    ) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(ApplicationPreaccepted)]
    async fn preaccepted(&self, _: &ApplicationPreaccepted, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(ApplicationAccepted)]
    async fn accepted(&self, _: &ApplicationAccepted, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(ApplicationFinalized)]
    async fn finalized(&self, _: &ApplicationFinalized, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(ApplicationApproved)]
    async fn approved(&self, _: &ApplicationApproved, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.approvals += 1).await
    }

    #[handles(ApplicationRegistered)]
    async fn registered(&self, _: &ApplicationRegistered, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(ApplicationActivated)]
    async fn activated(&self, _: &ApplicationActivated, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(ApplicationDeclined)]
    async fn declined(&self, _: &ApplicationDeclined, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(ApplicationCancelled)]
    async fn cancelled(&self, _: &ApplicationCancelled, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(OfferSelected)]
    async fn offer_selected(&self, _: &OfferSelected, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(OfferCreated)]
    async fn offer_created(&self, _: &OfferCreated, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.offers += 1).await
    }

    #[handles(OfferSent)]
    async fn offer_sent(&self, _: &OfferSent, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(OfferSentBack)]
    async fn offer_sent_back(&self, _: &OfferSentBack, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(OfferAccepted)]
    async fn offer_accepted(&self, _: &OfferAccepted, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(OfferDeclined)]
    async fn offer_declined(&self, _: &OfferDeclined, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(OfferCancelled)]
    async fn offer_cancelled(&self, _: &OfferCancelled, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(WorkItemScheduled)]
    async fn work_scheduled(&self, _: &WorkItemScheduled, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |_| {}).await
    }

    #[handles(WorkItemStarted)]
    async fn work_started(&self, _: &WorkItemStarted, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.work_started += 1).await
    }

    #[handles(WorkItemCompleted)]
    async fn work_completed(&self, _: &WorkItemCompleted, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.work_completed += 1).await
    }
}

/// Counts the event for whoever caused it, and whatever else it means for them. Nobody is known for some events.
async fn count(
    cx: &mut ReadModels<'_>,
    also: impl FnOnce(&mut ResourceWorkload) + Send,
) -> Handled {
    let event = cx.event();
    let (at, Some(resource)) = (event.occurred_at, event.metadata.actor.clone()) else {
        return Ok(());
    };
    let mut rows = cx.rows::<ResourceWorkload>();
    let mut row = rows.get(&resource).await?.unwrap_or(ResourceWorkload {
        resource,
        events: 0,
        submissions: 0,
        offers: 0,
        approvals: 0,
        work_started: 0,
        work_completed: 0,
        last_seen: at,
    });
    row.events += 1;
    row.last_seen = row.last_seen.max(at);
    also(&mut row);
    rows.save(row).await
}
