//! Snapshots in memory: the newest of each stream and fingerprint.

use std::collections::HashMap;

use chrono::Utc;
use uuid::Uuid;

use super::log::Log;
use crate::id::StreamId;
use crate::snapshot::{Fingerprint, NewSnapshot, SnapshotQuery, StoredSnapshot};
use crate::store::truncate_to_micros;

#[derive(Default)]
pub(super) struct Snapshots(HashMap<(Uuid, Fingerprint), StoredSnapshot>);

impl Snapshots {
    /// Whether it was kept.
    pub(super) fn save(&mut self, log: &Log, new: NewSnapshot) -> bool {
        let key = (new.stream.id(), new.fingerprint);
        let newer = self.0.get(&key).is_some_and(|kept| kept.snapshot.version > new.version);
        let event = log.event_at(&new.stream, new.version, new.position);
        let Some(event) = event.filter(|_| !newer) else { return false };
        let snapshot = StoredSnapshot::new(new, event, truncate_to_micros(Utc::now()));
        self.0.insert(key, snapshot);
        true
    }

    pub(super) fn find(
        &self,
        log: &Log,
        stream: &StreamId,
        query: SnapshotQuery,
    ) -> Option<StoredSnapshot> {
        let found = self.0.get(&(stream.id(), query.fingerprint))?;
        let NewSnapshot { version, position, .. } = found.snapshot;
        let wanted = query.up_to.is_none_or(|up_to| version <= up_to);
        // Of the stream, by its category too.
        let there = log.event_at(stream, version, position).is_some();
        (wanted && there).then(|| found.clone())
    }
}
