//! The connection broke during the commit of an append with projections in it. Is it stored?
//!
//! As for a plain append, the whole is done again with the same event ids, of which each can be stored only once. It is
//! simpler here: the first transaction had written its events before it was told to commit, so it holds the row of its
//! stream to its end. Whoever appends to that stream waits for it. So when the second one's events are in, the first one
//! has come to nothing; when they are refused because of what is stored, the first one has ended, and the ids tell how.

use es_core::{AppendError, Appended, InlineError, InlineProjections, StoreError, StreamAppend};
use tokio::time::Instant;

use super::Attempt;
use crate::append::{Pauses, stored};
use crate::error::cause;
use crate::store::{By, PgStore};

impl PgStore {
    /// Finds out what became of an append whose commit `broke`, before `deadline`.
    pub(super) async fn find_out_inline(
        &self,
        append: &StreamAppend,
        projections: &InlineProjections,
        broke: &sqlx::Error,
        deadline: Instant,
    ) -> Result<Appended, InlineError> {
        tracing::warn!(stream = %append.stream, error = %cause(broke), "the connection broke during a commit");
        let found = tokio::time::timeout_at(deadline, self.until_found(append, projections)).await;
        found.unwrap_or_else(|_| {
            let (stream, first_event) = (append.stream.clone(), append.events[0].id);
            Err(AppendError::OutcomeUnknown { stream, first_event, cause: cause(broke) }.into())
        })
    }

    async fn until_found(
        &self,
        append: &StreamAppend,
        projections: &InlineProjections,
    ) -> Result<Appended, InlineError> {
        let mut pauses = Pauses::default();
        loop {
            match self.try_inline(append, projections).await {
                Attempt::Done(appended) => return Ok(appended),
                // The second one's events were in.
                Attempt::Refused(error @ InlineError::Projection { .. }) => return Err(error),
                Attempt::Refused(InlineError::Append(error)) => {
                    match (self.look_up(append).await, error) {
                        (Ok(Some(outcome)), _) => return Ok(outcome?),
                        (Ok(None), error @ AppendError::Conflict { .. }) => {
                            return Err(error.into());
                        }
                        (_, error) => {
                            tracing::debug!(%error, "the outcome of an append is still unknown");
                        }
                    }
                }
                Attempt::Refused(_) | Attempt::Collision(_) | Attempt::Broken(_) => {}
            }
            pauses.next().await;
        }
    }

    async fn look_up(
        &self,
        append: &StreamAppend,
    ) -> Result<Option<Result<Appended, AppendError>>, StoreError> {
        stored(&mut *self.acquire(By::Command).await?, append).await
    }
}
