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
        if newer || !log.has(&new.stream, new.version, new.position) {
            return false;
        }
        self.0.insert(key, StoredSnapshot::new(new, truncate_to_micros(Utc::now())));
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
        (wanted && log.has(stream, version, position)).then(|| found.clone())
    }
}
