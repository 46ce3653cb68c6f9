//! What a projection's `#[reset]` method can take to run SQL of its own.

use std::fmt;

use es_core::{FromReset, ProjectionError, Reset, StoreError};
use sqlx::SqliteConnection;

use crate::backend::Backend;

/// The parameter of a `#[reset]` method that empties tables of the projection's own, `&mut SqliteReset<'_>`: what it does on
/// [`connection`](Self::connection) is committed together with the checkpoint, which is set back, or not at all.
///
/// A method that is run on another store, or in memory, is an error of the projection.
///
/// ```
/// use es_core::prelude::*;
/// use es_sqlite::{SqliteContext, SqliteReset};
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
///
///     #[reset]
///     async fn empty(&self, cx: &mut SqliteReset<'_>) -> Result<(), ProjectionError> {
///         let emptied = sqlx::query("DELETE FROM views").execute(cx.connection().await?).await;
///         emptied.map(drop).map_err(ProjectionError::handler)
///     }
/// }
/// ```
pub struct SqliteReset<'a> {
    backend: &'a mut Backend,
}

impl SqliteReset<'_> {
    /// The connection, inside the transaction that sets the checkpoint back. Do not end that transaction. Until it is committed
    /// nobody else writes, as [`SqliteContext::connection`](crate::SqliteContext::connection) says: a rebuild in one
    /// transaction of a projection that takes it keeps everybody from appending until it is done.
    ///
    /// # Errors
    /// As [`SqliteContext::connection`](crate::SqliteContext::connection).
    pub async fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.backend.connection().await
    }
}

impl<'a> FromReset<'a> for SqliteReset<'a> {
    fn from_reset(reset: &'a mut Reset<'_>) -> Result<Self, ProjectionError> {
        let missing = ProjectionError::Context { context: "SqliteReset" };
        Ok(Self { backend: reset.transaction::<Backend>().ok_or(missing)? })
    }
}

impl fmt::Debug for SqliteReset<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteReset").finish_non_exhaustive()
    }
}
