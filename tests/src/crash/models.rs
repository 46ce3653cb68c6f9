//! Two read models: one follows the log, one is written by the appends themselves.

use es_core::prelude::*;

/// What a stream comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "totals")]
pub(super) struct Total {
    #[read_model(id)]
    pub(super) stream: Uuid,
    pub(super) events: i64,
    pub(super) sum: i64,
}

/// The same, of streams that are appended to with it inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "inline_totals")]
pub(super) struct InlineTotal {
    #[read_model(id)]
    pub(super) stream: Uuid,
    pub(super) events: i64,
    pub(super) sum: i64,
}

/// A number was noted, as [`events`](crate::log::events) do.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "noted")]
pub(super) struct Noted {
    pub(super) n: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Totals;

#[projection(name = "totals", read_models(Total))]
impl Totals {
    #[handles(Noted)]
    async fn noted(&self, event: &Noted, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        let stream = cx.stream_id();
        let mut rows = cx.rows::<Total>();
        let before = rows.get(&stream).await?;
        let (events, sum) = before.map_or((0, 0), |row| (row.events, row.sum));
        rows.save(Total { stream, events: events + 1, sum: sum + event.n }).await
    }
}

#[derive(Debug, Clone)]
pub(super) struct InlineTotals;

#[projection(name = "inline-totals", read_models(InlineTotal))]
impl InlineTotals {
    #[handles(Noted)]
    async fn noted(&self, event: &Noted, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        let stream = cx.stream_id();
        let mut rows = cx.rows::<InlineTotal>();
        let before = rows.get(&stream).await?;
        let (events, sum) = before.map_or((0, 0), |row| (row.events, row.sum));
        rows.save(InlineTotal { stream, events: events + 1, sum: sum + event.n }).await
    }
}
