//! An append with projections in it: one transaction, with the events and the read models' rows.

use es_core::{
    AppendError, Appended, InlineError, InlineProjections, InlineStore, ProjectionError,
    ProjectionStore as _, StoreError, StoredEvent, StreamAppend,
};
use sqlx::SqliteConnection;

use crate::append::{Ids, unknown, write};
use crate::backend::Backend;
use crate::error::{is_constraint, is_refusal, store_error};
use crate::read::bigint;
use crate::row::Reader;
use crate::store::SqliteStore;
use crate::writing::Writing;

impl InlineStore for SqliteStore {
    /// One transaction. It has the right to write from its beginning, so handlers read nothing that others are about to
    /// change; and nobody else appends until the handlers are done, so they should not take long.
    async fn append_inline(
        &self,
        append: StreamAppend,
        projections: &InlineProjections,
    ) -> Result<Appended, InlineError> {
        for checked in self.config().get_limits().check_all(std::slice::from_ref(&append)) {
            checked?;
        }
        let (mut writing, appended) = self.appended(&append).await?;
        let events = match stored(&mut writing, &append, appended).await {
            Ok(events) => events,
            Err(error) => {
                writing.roll_back().await;
                return Err(refused(error));
            }
        };
        let mut backend = Backend::within(self.clone(), writing);
        // Until the commit is sent nothing can be stored, whatever goes wrong.
        if let Err(error) = projections.run(&events, &mut backend).await {
            backend.give_up().await;
            return Err(self.judged(error));
        }
        // Nothing is staged where there is a transaction from the beginning.
        let (writing, _) = backend.finish().await.map_err(refused)?;
        match writing.commit().await {
            Ok(()) => {}
            Err(error) if is_refusal(&error) => return Err(refused(store_error(&error))),
            // Nobody said that it did not take place: what is there now counts.
            Err(_) if self.is_there(&append).await => return Ok(appended.found()),
            Err(error) => return Err(unknown(&append, &error).into()),
        }
        self.signal().wake();
        Ok(appended)
    }
}

impl SqliteStore {
    /// A transaction with the events in it.
    async fn appended(&self, append: &StreamAppend) -> Result<(Writing, Appended), InlineError> {
        let mut writing = self.write().await.map_err(refused)?;
        let mut planned = write(&mut writing, std::slice::from_ref(append), Ids::New).await;
        if planned.as_ref().is_err_and(is_constraint) {
            // An event id is taken. Rows may be written already that come before it.
            writing.roll_back().await;
            writing = self.write().await.map_err(refused)?;
            planned = write(&mut writing, std::slice::from_ref(append), Ids::LookedUp).await;
        }
        let outcome = match planned {
            Ok(mut planned) => planned.pop().expect("one for each append"),
            Err(error) => Err(store_error(&error).into()),
        };
        match outcome {
            Ok(appended) => Ok((writing, appended)),
            Err(error) => {
                writing.roll_back().await;
                Err(error.into())
            }
        }
    }

    /// A handler that could not have the file with SQL of its own may well have it later.
    fn judged(&self, error: InlineError) -> InlineError {
        match error {
            InlineError::Projection { projection, cause } if self.is_transient(&cause) => {
                let cause = match cause {
                    ProjectionError::Handler(cause) => StoreError::Unavailable(cause).into(),
                    cause => cause,
                };
                InlineError::Projection { projection, cause }
            }
            error => error,
        }
    }
}

/// What was appended, as it will be read.
async fn stored(
    connection: &mut SqliteConnection,
    append: &StreamAppend,
    appended: Appended,
) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = sqlx::query(include_str!("sql/read_stream.sql"))
        .bind(append.stream.id().as_bytes().to_vec())
        .bind(bigint(appended.first_version.get()) - 1)
        .bind(bigint(appended.version.get()))
        .bind(i64::MAX)
        .fetch_all(connection)
        .await
        .map_err(|e| store_error(&e))?;
    let mut reader = Reader::default();
    rows.iter().map(|row| reader.event_of(row, &append.stream)).collect()
}

fn refused(error: StoreError) -> InlineError {
    InlineError::Append(AppendError::Store(error))
}
