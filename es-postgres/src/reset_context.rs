//! What a projection's `#[reset]` method can take to run SQL of its own.

use std::fmt;

use es_core::{FromReset, ProjectionError, Reset};
use sqlx::PgConnection;

use crate::batch::PgBatch;

/// The parameter of a `#[reset]` method that empties tables of the projection's own, `&mut PgReset<'_>`: what it does on
/// [`connection`](Self::connection) is committed together with the checkpoint, which is set back, or not at all.
///
/// A method that is run on another store, or in memory, is an error of the projection.
///
/// ```
/// use es_core::prelude::*;
/// use es_postgres::{PgContext, PgReset};
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
///
///     #[reset]
///     async fn empty(&self, cx: &mut PgReset<'_>) -> Result<(), ProjectionError> {
///         let emptied = sqlx::query("DELETE FROM views").execute(cx.connection()).await;
///         emptied.map(drop).map_err(ProjectionError::handler)
///     }
/// }
/// ```
pub struct PgReset<'a> {
    connection: &'a mut PgConnection,
}

impl PgReset<'_> {
    /// The connection, inside the transaction that sets the checkpoint back. Do not end that transaction.
    pub fn connection(&mut self) -> &mut PgConnection {
        self.connection
    }
}

impl<'a> FromReset<'a> for PgReset<'a> {
    fn from_reset(reset: &'a mut Reset<'_>) -> Result<Self, ProjectionError> {
        let missing = ProjectionError::Context { context: "PgReset" };
        Ok(Self { connection: reset.transaction::<PgBatch>().ok_or(missing)?.connection() })
    }
}

impl fmt::Debug for PgReset<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgReset").finish_non_exhaustive()
    }
}
