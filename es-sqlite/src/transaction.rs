//! Transactions of the program's own.

use std::fmt;
use std::ops::{Deref, DerefMut};

use es_core::{AppendError, Appended, Signal, StoreError, StreamAppend};
use sqlx::{Executor as _, SqliteConnection};

use crate::append::{self, Ids};
use crate::error::{is_constraint, store_error};
use crate::store::SqliteStore;
use crate::writing::Writing;

/// A transaction of the program's own, with which it writes tables of its own and appends events, both or neither.
///
/// There is one that writes at a time, so every append of every process waits until it has ended: keep it short, and wait
/// for nothing else in it. Dropped, it is rolled back.
///
/// ```
/// # use es_core::{Category, EventName, ExpectedVersion, NewEvent, Payload, SchemaVersion, StreamAppend, StreamId};
/// # use es_sqlite::SqliteStore;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = SqliteStore::in_memory().await?;
/// # let stream = StreamId::new(Category::new("account")?, uuid::Uuid::now_v7());
/// # let opened = NewEvent::raw(EventName::new("opened")?, SchemaVersion::FIRST, Payload::from_json("{}")?);
/// # let append = StreamAppend::new(stream, ExpectedVersion::NoStream, vec![opened]);
/// let mut transaction = store.transaction().await?;
/// sqlx::raw_sql("CREATE TABLE letters (text TEXT)").execute(&mut *transaction).await?;
/// sqlx::query("INSERT INTO letters VALUES (?)").bind("Welcome!").execute(&mut *transaction).await?;
/// store.append_in(&mut transaction, append).await?;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
pub struct SqliteTransaction {
    writing: Writing,
    /// Whom to tell of what was appended.
    appended: Option<Signal>,
}

impl SqliteStore {
    /// Opens a transaction that may write, once those who came before have ended theirs.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when that takes longer than the store's
    /// [`patience`](crate::SqliteConfig::patience).
    pub async fn transaction(&self) -> Result<SqliteTransaction, StoreError> {
        Ok(SqliteTransaction { writing: self.write().await?, appended: None })
    }

    /// Appends to one stream in a transaction of the program's own: the events appear when it commits, together with whatever
    /// else it does. After an error the transaction can go on without them.
    ///
    /// # Errors
    /// As [`EventStore::append`](es_core::EventStore::append), without
    /// [`OutcomeUnknown`](AppendError::OutcomeUnknown): what becomes of the events is decided by the commit.
    pub async fn append_in(
        &self,
        transaction: &mut SqliteTransaction,
        append: StreamAppend,
    ) -> Result<Appended, AppendError> {
        let checked = self.config().get_limits().check_all(std::slice::from_ref(&append));
        checked.into_iter().collect::<Result<(), _>>()?;
        let mut outcome = transaction.try_append(&append, Ids::New).await;
        if outcome.as_ref().is_err_and(is_constraint) {
            outcome = transaction.try_append(&append, Ids::LookedUp).await;
        }
        let appended = outcome.map_err(|e| store_error(&e))??;
        transaction.appended = Some(self.signal().clone());
        Ok(appended)
    }
}

impl SqliteTransaction {
    /// Commits.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be. Nothing of it is stored then, unless the disk itself has failed: whoever must
    /// know looks the events up by their ids.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.writing.commit().await.map_err(|e| store_error(&e))?;
        if let Some(signal) = self.appended {
            signal.wake();
        }
        Ok(())
    }

    /// Undoes everything.
    pub async fn rollback(self) {
        self.writing.roll_back().await;
    }

    /// An append that is refused leaves nothing: some of its rows may have been written before the one in whose way another is.
    async fn try_append(
        &mut self,
        append: &StreamAppend,
        ids: Ids,
    ) -> Result<Result<Appended, AppendError>, sqlx::Error> {
        self.writing.execute("SAVEPOINT es_append").await?;
        let written = append::write(&mut self.writing, std::slice::from_ref(append), ids).await;
        if written.is_err() {
            self.writing.execute("ROLLBACK TO es_append").await?;
        }
        self.writing.execute("RELEASE es_append").await?;
        Ok(written?.pop().expect("one outcome for one append"))
    }
}

impl Deref for SqliteTransaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.writing
    }
}

impl DerefMut for SqliteTransaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.writing
    }
}

impl fmt::Debug for SqliteTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteTransaction").field("writing", &self.writing).finish_non_exhaustive()
    }
}
