//! Appending: one transaction for all that is there to be appended, and what became of each.
//!
//! Readers of this log need no protection from holes, as they do on PostgreSQL, where positions are drawn by transactions
//! that run side by side and may commit in another order, or not at all. Here whoever appends holds the file's write lock from
//! before the position is chosen until the commit: SQLite lets one connection in all processes write at a time. So
//! positions are given in the order of the commits, one that was not committed is given again, and the last position is
//! the settled one.

pub(crate) mod heads;
pub(crate) mod insert;
mod plan;

use es_core::{AppendError, EventStore as _, StoreError, StreamAppend};
use sqlx::SqliteConnection;

use self::plan::Plan;
use crate::error::{cause, is_constraint, is_refusal, store_error};
use crate::store::SqliteStore;
use crate::together::Outcome;
use crate::writing::Writing;

impl SqliteStore {
    /// The entries of one call, in one transaction. A stream that conflicts harms no other.
    pub(crate) async fn append_entries(&self, appends: Vec<StreamAppend>) -> Vec<Outcome> {
        let checked = self.config().get_limits().check_all(&appends);
        let good = appends.into_iter().zip(&checked).filter(|(_, checked)| checked.is_ok());
        let good: Vec<_> = good.map(|(append, _)| append).collect();
        let outcomes = if good.is_empty() {
            Vec::new()
        } else {
            match self.write().await {
                Ok(writing) => self.append_all_in(writing, &good).await,
                Err(error) => good.iter().map(|_| Err(error.clone().into())).collect(),
            }
        };
        let mut outcomes = outcomes.into_iter();
        let answer = |checked: Result<(), AppendError>| {
            checked.and_then(|()| outcomes.next().expect("one for each that was good"))
        };
        checked.into_iter().map(answer).collect()
    }

    /// Writes in a transaction and ends it. What is appended is known to be within the limits.
    pub(crate) async fn append_all_in(
        &self,
        mut writing: Writing,
        appends: &[StreamAppend],
    ) -> Vec<Outcome> {
        let mut planned = write(&mut writing, appends, Ids::New).await;
        if planned.as_ref().is_err_and(is_constraint) {
            // An event id is taken, which is rare. Rows may be written already that come before it.
            writing.roll_back().await;
            writing = match self.write().await {
                Ok(writing) => writing,
                Err(error) => return failed(appends, &error),
            };
            planned = write(&mut writing, appends, Ids::LookedUp).await;
        }
        let planned = match planned {
            Ok(planned) => planned,
            Err(error) => {
                writing.roll_back().await;
                return failed(appends, &store_error(&error));
            }
        };
        match writing.commit().await {
            Ok(()) => {
                if planned.iter().any(Result::is_ok) {
                    self.signal().wake();
                }
                planned
            }
            // A conflict with something that is not stored either is none.
            Err(error) if is_refusal(&error) => failed(appends, &store_error(&error)),
            Err(error) => self.find_out(appends, planned, &error).await,
        }
    }

    /// The commit failed, and nobody said that it did not take place: what is there now counts, if it is there.
    async fn find_out(
        &self,
        appends: &[StreamAppend],
        planned: Vec<Outcome>,
        error: &sqlx::Error,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for (append, planned) in appends.iter().zip(planned) {
            outcomes.push(match planned {
                Ok(appended) if self.is_there(append).await => Ok(appended.found()),
                Ok(_) => Err(unknown(append, error)),
                Err(_) => Err(store_error(error).into()),
            });
        }
        outcomes
    }

    pub(crate) async fn is_there(&self, append: &StreamAppend) -> bool {
        let ids: Vec<_> = append.events.iter().map(|event| event.id).collect();
        self.locate(&ids).await.is_ok_and(|found| found.len() == ids.len())
    }
}

/// What is known about the ids of events that are to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ids {
    /// They are taken for new ones, as they nearly always are: if one is not, that is an error of the whole.
    New,
    /// They are looked up, and an entry that repeats one is refused by itself.
    LookedUp,
}

/// Writes what can be written, without committing, and says what becomes of each entry.
///
/// # Errors
/// After an error the transaction is to be rolled back. One that [`is_constraint`] means that an id is taken.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    appends: &[StreamAppend],
    ids: Ids,
) -> Result<Vec<Outcome>, sqlx::Error> {
    let mut plan = Plan::new(connection, appends).await?;
    if ids == Ids::LookedUp {
        plan.look_up_ids(connection, appends).await?;
    }
    let planned = appends.iter().map(|append| plan.add(append)).collect();
    insert::all(connection, plan.rows()).await?;
    Ok(planned)
}

fn failed(appends: &[StreamAppend], error: &StoreError) -> Vec<Outcome> {
    appends.iter().map(|_| Err(error.clone().into())).collect()
}

pub(crate) fn unknown(append: &StreamAppend, error: &sqlx::Error) -> AppendError {
    match append.events.first() {
        Some(first) => AppendError::OutcomeUnknown {
            stream: append.stream.clone(),
            first_event: first.id,
            cause: cause(error),
        },
        None => store_error(error).into(),
    }
}
