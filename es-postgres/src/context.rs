//! What a projection's handler can take to run SQL of its own.

use std::fmt;

use es_core::{Batch, EventContext, FromBatch, ProjectionError};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::batch::PgBatch;
use crate::inline::Inline;

/// The second parameter of a handler that runs its own SQL, `&mut PgContext<'_>`: what it does on
/// [`connection`](Self::connection) is committed together with the checkpoint, or not at all.
///
/// A handler that is run on another store, or in memory, is an error of the projection. Do not mix it with
/// `ReadModels` on one table in one projection: those rows are kept aside until the batch ends and would replace yours.
///
/// ```
/// use es_core::prelude::*;
/// use es_postgres::PgContext;
///
/// #[derive(Serialize, Deserialize, Event)]
/// #[event(name = "page-viewed")]
/// struct PageViewed { path: String }
///
/// struct Views;
///
/// #[projection(name = "views")]
/// impl Views {
///     #[handles(PageViewed)]
///     async fn viewed(&self, event: &PageViewed, cx: &mut PgContext<'_>) -> Result<(), ProjectionError> {
///         sqlx::query("INSERT INTO views VALUES ($1, 1) ON CONFLICT (path) DO UPDATE SET n = views.n + 1")
///             .bind(&event.path)
///             .execute(cx.connection())
///             .await
///             .map_err(ProjectionError::handler)?;
///         Ok(())
///     }
/// }
/// ```
pub struct PgContext<'a> {
    event: EventContext<'a>,
    connection: &'a mut PgConnection,
}

impl<'a> PgContext<'a> {
    /// The connection, inside the batch's transaction. Do not end that transaction.
    pub fn connection(&mut self) -> &mut PgConnection {
        self.connection
    }

    /// What is known about the event besides its payload.
    pub const fn event(&self) -> &EventContext<'a> {
        &self.event
    }

    /// The UUID of the event's stream: the key of a row per aggregate.
    pub const fn stream_id(&self) -> Uuid {
        self.event.stream.id()
    }
}

impl<'a> FromBatch<'a> for PgContext<'a> {
    fn from_batch(batch: &'a mut Batch<'_>) -> Result<Self, ProjectionError> {
        let missing = ProjectionError::Context { context: "PgContext" };
        let (event, connection) = if batch.transaction::<Inline>().is_some() {
            let (event, inline) = batch.event_and_transaction::<Inline>();
            (event, inline.ok_or(missing)?.connection())
        } else {
            let (event, transaction) = batch.event_and_transaction::<PgBatch>();
            (event, transaction.ok_or(missing)?.connection())
        };
        Ok(Self { event: EventContext::of(event), connection })
    }
}

impl fmt::Debug for PgContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgContext").field("event", &self.event).finish_non_exhaustive()
    }
}
