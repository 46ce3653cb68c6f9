//! What a projection's handler can take to run SQL of its own.

use std::fmt;

use es_core::{Batch, EventContext, FromBatch, ProjectionError, StoreError};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::backend::Backend;

/// The second parameter of a handler that runs its own SQL, `&mut SqliteContext<'_>`: what it does on
/// [`connection`](Self::connection) is committed together with the checkpoint, or not at all.
///
/// A handler that is run on another store, or in memory, is an error of the projection. Do not mix it with
/// `ReadModels` on one table in one projection: those rows are kept aside until the batch ends and would replace yours.
///
/// ```
/// use es_core::prelude::*;
/// use es_sqlite::SqliteContext;
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
///     async fn viewed(&self, event: &PageViewed, cx: &mut SqliteContext<'_>) -> Result<(), ProjectionError> {
///         sqlx::query("INSERT INTO views VALUES (?, 1) ON CONFLICT (path) DO UPDATE SET n = views.n + 1")
///             .bind(event.path.clone())
///             .execute(cx.connection().await?)
///             .await
///             .map_err(ProjectionError::handler)?;
///         Ok(())
///     }
/// }
/// ```
pub struct SqliteContext<'a> {
    event: EventContext<'a>,
    backend: &'a mut Backend,
}

impl<'a> SqliteContext<'a> {
    /// The connection, inside the batch's transaction. Do not end that transaction: nothing of it is stored then.
    ///
    /// The first call of a batch waits until nobody else writes, and from then until the batch is committed nobody else does:
    /// there is one writer at a time in all processes, and every append waits for it. So do what takes long before it, and
    /// nothing else after it. `ReadModels` need no such care: what they write is kept in memory until the commit. The
    /// connection is the only one that may write, so a handler that appends to the store, or writes to it otherwise than
    /// here, waits for itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the right to write cannot be had within
    /// [`SqliteConfig::patience`](crate::SqliteConfig::patience); those of rows that were saved before, and are written now.
    pub async fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.backend.connection().await
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

impl<'a> FromBatch<'a> for SqliteContext<'a> {
    fn from_batch(batch: &'a mut Batch<'_>) -> Result<Self, ProjectionError> {
        let missing = ProjectionError::Context { context: "SqliteContext" };
        let (event, backend) = batch.event_and_transaction::<Backend>();
        Ok(Self { event: EventContext::of(event), backend: backend.ok_or(missing)? })
    }
}

impl fmt::Debug for SqliteContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteContext").field("event", &self.event).finish_non_exhaustive()
    }
}
