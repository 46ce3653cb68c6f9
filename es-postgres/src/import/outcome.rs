//! The connection broke while an import was being committed. Is it stored?
//!
//! An import is one transaction, so its last event tells. The old session may still be at the commit: it has held the
//! lock that every writer of the log takes since its first event, so once everybody who holds it now is gone, what is
//! not found never will be.

use es_core::{EventId, ImportError, StoreError};
use sqlx::{Connection as _, PgConnection};
use tokio::time::Instant;

use crate::append::{Pauses, wait_for_writers};
use crate::error::{cause, store_error};
use crate::read::locate;
use crate::store::PgStore;

impl PgStore {
    /// Whether the import whose `last` event this is was stored: an error says that it was not, or that nobody knows.
    pub(super) async fn find_import(
        &self,
        last: EventId,
        broke: &sqlx::Error,
    ) -> Result<(), ImportError> {
        tracing::warn!(error = %cause(broke), "the connection broke while an import was committed");
        let deadline = Instant::now() + self.config().get_outcome_timeout();
        let looking = async {
            let mut pauses = Pauses::default();
            loop {
                match self.look_for_import(last).await {
                    Ok(found) => return found,
                    Err(error) => {
                        tracing::debug!(%error, "the outcome of an import is still unknown");
                    }
                }
                pauses.next().await;
            }
        };
        match tokio::time::timeout_at(deadline, looking).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::Unavailable(cause(broke)).into()),
            Err(_) => Err(ImportError::OutcomeUnknown { last_event: last, cause: cause(broke) }),
        }
    }

    /// One try; an error means that nothing has been learnt.
    async fn look_for_import(&self, last: EventId) -> Result<bool, StoreError> {
        // Not of the pool: its other connections have probably broken too.
        let connection = PgConnection::connect_with(&self.pool().connect_options()).await;
        let mut connection = connection.map_err(|e| store_error(&e))?;
        let mut found = locate(&mut connection, &[last]).await?;
        if found.is_empty() {
            wait_for_writers(&mut connection).await?;
            found = locate(&mut connection, &[last]).await?;
        }
        if let Err(error) = connection.close().await {
            tracing::debug!(error = %cause(&error), "a connection was not closed in an orderly way");
        }
        Ok(!found.is_empty())
    }
}
