//! The contract of es-core, kept by the modules that do the work.

use es_core::{
    AppendError, Appended, BoxFuture, EventAddress, EventId, EventStore, EventStream, LogPage,
    LogQuery, NewSnapshot, Position, SnapshotAndTail, SnapshotQuery, StoreError, StreamAppend,
    StreamId, StreamQuery,
};

use crate::store::SqliteStore;

impl EventStore for SqliteStore {
    async fn append_many(&self, appends: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        self.append_entries(appends).await
    }

    /// Shares a transaction with whoever else appends at the moment. Nothing waits for company.
    async fn append(&self, append: StreamAppend) -> Result<Appended, AppendError> {
        let checked = self.config().get_limits().check_all(std::slice::from_ref(&append));
        checked.into_iter().collect::<Result<(), _>>()?;
        self.append_together(append).await
    }

    fn read_stream<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        self.load(stream, query)
    }

    async fn read_from_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
        query: SnapshotQuery,
    ) -> Result<SnapshotAndTail<'a>, StoreError> {
        self.load_from_snapshot(stream, query).await
    }

    fn save_snapshot(&self, snapshot: NewSnapshot) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.keep_snapshot(snapshot)
    }

    async fn settled(&self) -> Result<Position, StoreError> {
        self.settled_position().await
    }

    async fn read_log(&self, query: LogQuery<'_>, limit: usize) -> Result<LogPage, StoreError> {
        self.page(query, limit).await
    }

    fn stream_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a> {
        self.whole_log(query)
    }

    async fn locate(&self, ids: &[EventId]) -> Result<Vec<EventAddress>, StoreError> {
        self.find_events(ids).await
    }
}
