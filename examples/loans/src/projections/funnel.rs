//! How many applications took each step, month by month.

use es_core::prelude::*;

use crate::domain::{
    ApplicationAccepted, ApplicationActivated, ApplicationApproved, ApplicationCancelled,
    ApplicationDeclined, ApplicationFinalized, ApplicationPartlySubmitted, ApplicationPreaccepted,
    ApplicationRegistered, ApplicationSubmitted, OfferSent, OfferSentBack,
};

/// One month.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ReadModel)]
#[read_model(table = "loan_funnel")]
#[non_exhaustive]
pub struct FunnelMonth {
    /// The month in UTC in which things happened, as `2011-10`.
    #[read_model(id)]
    pub month: String,
    /// Applications that arrived.
    pub submitted: u64,
    /// Forms begun.
    pub partly_submitted: u64,
    /// First checks passed.
    pub preaccepted: u64,
    /// Complete enough for an offer.
    pub accepted: u64,
    /// Terms settled.
    pub finalized: u64,
    /// Loans granted.
    pub approved: u64,
    /// Loans entered in the books.
    pub registered: u64,
    /// Loans paid out.
    pub activated: u64,
    /// Loans refused.
    pub declined: u64,
    /// Applications given up.
    pub cancelled: u64,
    /// Offers sent to customers.
    pub offers_sent: u64,
    /// Offers returned by customers.
    pub offers_sent_back: u64,
}

type Handled = Result<(), ProjectionError>;

/// Keeps [`FunnelMonth`].
#[derive(Debug)]
pub struct Funnel;

#[projection(name = "loan-funnel", read_models(FunnelMonth))]
impl Funnel {
    #[handles(ApplicationSubmitted)]
    async fn submitted(&self, _: &ApplicationSubmitted, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.submitted += 1).await
    }

    #[handles(ApplicationPartlySubmitted)]
    async fn partly_submitted(
        &self,
        _: &ApplicationPartlySubmitted,
        cx: &mut ReadModels<'_>,
    ) -> Handled {
        count(cx, |row| row.partly_submitted += 1).await
    }

    #[handles(ApplicationPreaccepted)]
    async fn preaccepted(&self, _: &ApplicationPreaccepted, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.preaccepted += 1).await
    }

    #[handles(ApplicationAccepted)]
    async fn accepted(&self, _: &ApplicationAccepted, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.accepted += 1).await
    }

    #[handles(ApplicationFinalized)]
    async fn finalized(&self, _: &ApplicationFinalized, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.finalized += 1).await
    }

    #[handles(ApplicationApproved)]
    async fn approved(&self, _: &ApplicationApproved, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.approved += 1).await
    }

    #[handles(ApplicationRegistered)]
    async fn registered(&self, _: &ApplicationRegistered, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.registered += 1).await
    }

    #[handles(ApplicationActivated)]
    async fn activated(&self, _: &ApplicationActivated, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.activated += 1).await
    }

    #[handles(ApplicationDeclined)]
    async fn declined(&self, _: &ApplicationDeclined, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.declined += 1).await
    }

    #[handles(ApplicationCancelled)]
    async fn cancelled(&self, _: &ApplicationCancelled, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.cancelled += 1).await
    }

    #[handles(OfferSent)]
    async fn offer_sent(&self, _: &OfferSent, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.offers_sent += 1).await
    }

    #[handles(OfferSentBack)]
    async fn offer_sent_back(&self, _: &OfferSentBack, cx: &mut ReadModels<'_>) -> Handled {
        count(cx, |row| row.offers_sent_back += 1).await
    }
}

async fn count(cx: &mut ReadModels<'_>, step: impl FnOnce(&mut FunnelMonth) + Send) -> Handled {
    let month = cx.event().occurred_at.format("%Y-%m").to_string();
    let mut rows = cx.rows::<FunnelMonth>();
    let mut row = match rows.get(&month).await? {
        Some(row) => row,
        None => FunnelMonth { month, ..FunnelMonth::default() },
    };
    step(&mut row);
    rows.save(row).await
}
