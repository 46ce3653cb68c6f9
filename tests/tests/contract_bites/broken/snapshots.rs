//! Snapshots that are kept beside the log, by a rule of the fault.

use chrono::Utc;
use es_core::{
    EventId, EventStore as _, MemoryStore, NewSnapshot, SnapshotAndTail, SnapshotQuery,
    StoredSnapshot, StreamId, StreamQuery, Version,
};

use super::Broken;

impl Broken {
    /// Keeps a snapshot if the rule says so.
    pub(super) fn keep_beside(
        &self,
        snapshot: NewSnapshot,
        keeps: fn(&MemoryStore, &[StoredSnapshot], &StoredSnapshot) -> bool,
    ) -> bool {
        let snapshot = StoredSnapshot::new(snapshot, EventId::new(), Utc::now());
        let mut memory = self.memory();
        let kept = keeps(&self.inner, &memory.snapshots, &snapshot);
        if kept {
            memory.snapshots.push(snapshot);
        }
        kept
    }

    /// The snapshot kept last that the rule finds, and the events after it.
    pub(super) fn find_beside<'a>(
        &'a self,
        stream: &'a StreamId,
        query: SnapshotQuery,
        finds: fn(&StoredSnapshot, &StreamId, SnapshotQuery) -> bool,
    ) -> SnapshotAndTail<'a> {
        let memory = self.memory();
        let found = memory.snapshots.iter().rev().find(|kept| finds(kept, stream, query)).cloned();
        let after = found.as_ref().map_or(Version::START, |found| found.snapshot.version);
        let mut tail = StreamQuery::after(after);
        tail.up_to = query.up_to;
        (found, self.inner.read_stream(stream, tail))
    }
}
