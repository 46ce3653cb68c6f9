//! An append with projections in it: one transaction, with the events and the read models' rows.

mod backend;
mod outcome;

use std::time::Duration;

use es_core::{
    AppendError, Appended, Cause, InlineError, InlineProjections, InlineStore, ProjectionError,
    ProjectionStore as _, StoreError, StoredEvent, StreamAppend,
};
use sqlx::PgConnection;
use tokio::time::Instant;

pub(crate) use self::backend::Inline;
use crate::error::{has_collided, is_collision, is_refusal, store_error};
use crate::read::locate;
use crate::row::Reader;
use crate::store::{By, PgStore};
use crate::transaction::Silence;

/// How often a transaction that lost against another one is run again.
const TRIES: u32 = 10;

/// How long a handler may think between two statements before the server ends the transaction: it keeps a stream, and
/// with it everybody who follows the log.
const IDLE: Duration = Duration::from_mins(1);

impl InlineStore for PgStore {
    /// One transaction at READ COMMITTED. Each row that a handler asks for or saves is locked first, by an advisory lock
    /// on table and key that ends with the transaction. One that is ended by a deadlock is run again.
    async fn append_inline(
        &self,
        append: StreamAppend,
        projections: &InlineProjections,
    ) -> Result<Appended, InlineError> {
        let mut tries = 0;
        let appended = loop {
            match self.try_inline(&append, projections).await {
                Attempt::Done(appended) => break appended,
                Attempt::Collision(_) if tries < TRIES => {
                    tokio::time::sleep(Duration::from_millis(1 << tries)).await;
                    tries += 1;
                }
                Attempt::Collision(error) | Attempt::Refused(error) => return Err(error),
                Attempt::Broken(cause) => {
                    let deadline = Instant::now() + self.config().get_outcome_timeout();
                    break self.find_out_inline(&append, projections, &cause, deadline).await?;
                }
            }
        };
        self.appended();
        Ok(appended)
    }
}

/// What became of one transaction.
enum Attempt {
    Done(Appended),
    /// Nothing was stored: it met another one.
    Collision(InlineError),
    /// Nothing was stored.
    Refused(InlineError),
    /// The connection broke during the commit: who knows.
    Broken(sqlx::Error),
}

impl PgStore {
    async fn try_inline(&self, append: &StreamAppend, projections: &InlineProjections) -> Attempt {
        let mut inline = match self.transaction_within(By::Command, Silence::UpTo(IDLE)).await {
            Ok(transaction) => Inline::new(transaction),
            Err(error) => return Attempt::Refused(refused(error)),
        };
        // Until the commit is sent nothing can be stored, whatever goes wrong.
        let appended = match self.run_inline(&mut inline, append, projections).await {
            Ok(appended) => appended,
            Err(error) if has_collided(&error) => return Attempt::Collision(error),
            Err(error) => return Attempt::Refused(self.judged(error)),
        };
        match inline.commit().await {
            Ok(()) => Attempt::Done(appended),
            Err(error) if is_collision(&error) => Attempt::Collision(refused(store_error(&error))),
            Err(error) if is_refusal(&error) => Attempt::Refused(refused(store_error(&error))),
            Err(error) => Attempt::Broken(error),
        }
    }

    async fn run_inline(
        &self,
        inline: &mut Inline,
        append: &StreamAppend,
        projections: &InlineProjections,
    ) -> Result<Appended, InlineError> {
        let appended = self.append_in(inline.connection(), append.clone()).await?;
        let events = stored(inline.connection(), append, appended).await.map_err(refused)?;
        projections.run(&events, inline).await?;
        // A handler may have ignored that a statement of its own failed. The server then makes a rollback of the commit and
        // does not call that an error; but it refuses any other statement, such as this one.
        let last: Vec<_> = events.last().map(|event| event.id).into_iter().collect();
        if locate(inline.connection(), &last).await.map_err(refused)?.is_empty() {
            let cause = Cause::new("a handler has ended the transaction that it runs in");
            return Err(refused(StoreError::Other(cause)));
        }
        Ok(appended)
    }

    /// A handler that could not reach the server with SQL of its own may well be able to later.
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

/// What was appended, as it will be read: positions and times are the server's.
async fn stored(
    connection: &mut PgConnection,
    append: &StreamAppend,
    appended: Appended,
) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = sqlx::query(include_str!("../sql/read_stream.sql"))
        .bind(append.stream.id())
        .bind(appended.first_version.get().cast_signed() - 1)
        .bind(appended.version.get().cast_signed())
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
