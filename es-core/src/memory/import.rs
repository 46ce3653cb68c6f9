//! Importing into memory: everything is gathered, then checked and stored at once.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::pin::pin;

use chrono::Utc;
use futures_core::Stream;
use futures_util::StreamExt as _;
use uuid::Uuid;

use super::MemoryStore;
use super::log::Log;
use crate::bulk::{BulkStore, ExistingStreams, ImportOptions, Imported, ImportedEvent};
use crate::error::{Cause, ImportError, StoreError};
use crate::id::StreamId;
use crate::name::Category;
use crate::record::StoredEvent;
use crate::store::truncate_to_micros;
use crate::version::{Position, Version};

impl BulkStore for MemoryStore {
    async fn import<E, C>(
        &self,
        events: E,
        mut options: ImportOptions<'_>,
    ) -> Result<Imported, ImportError>
    where
        E: Stream<Item = Result<ImportedEvent, C>> + Send,
        C: Error + Send + Sync + 'static,
    {
        let mut events = pin!(events);
        let mut gathered = Vec::new();
        while let Some(event) = events.next().await {
            let count = gathered.len() as u64;
            let event =
                event.map_err(|e| ImportError::Source { events: count, cause: Cause::new(e) })?;
            self.limits.check_imported(&event)?;
            gathered.push(event);
            if gathered.len().is_multiple_of(options.get_chunk()) {
                options.report(gathered.len() as u64);
            }
        }
        let count = gathered.len() as u64;
        if count == 0 {
            return Ok(Imported::default());
        }
        if !gathered.len().is_multiple_of(options.get_chunk()) {
            options.report(count);
        }
        let mut inner = self.inner();
        let stored = prepare(&inner.log, gathered, options.get_existing())?;
        let appended = inner.log.push(stored);
        drop(inner);
        #[cfg(feature = "runtime")]
        self.appended.wake();
        Ok(Imported::new(count, Some(appended.position)))
    }
}

/// The events as they will be stored, if all of them can be.
fn prepare(
    log: &Log,
    events: Vec<ImportedEvent>,
    existing: ExistingStreams,
) -> Result<Vec<StoredEvent>, ImportError> {
    let mut heads = HashMap::new();
    let mut ids = HashSet::new();
    let now = Utc::now();
    let mut stored = Vec::with_capacity(events.len());
    for (position, imported) in (log.head().get() + 1..).zip(events) {
        let ImportedEvent { stream, mut event, version, recorded_at } = imported;
        let id = event.id;
        let before = *head(&mut heads, log, &stream, existing)?;
        let next = Version::new(before.get() + 1);
        if let Some(demanded) = version.filter(|version| *version != next) {
            return Err(ImportError::Conflict { stream, event: id, demanded, actual: before });
        }
        if log.locate(id).is_some() || !ids.insert(id) {
            return Err(ImportError::DuplicateEvent { event: id });
        }
        heads.insert(stream.id(), (stream.category().clone(), next));
        event.occurred_at = truncate_to_micros(event.occurred_at);
        let recorded_at = truncate_to_micros(recorded_at.unwrap_or(now));
        let position = Position::new(position);
        stored.push(StoredEvent::record(event, stream, next, position, recorded_at));
    }
    Ok(stored)
}

/// The version of a stream before its next event.
fn head<'a>(
    heads: &'a mut HashMap<Uuid, (Category, Version)>,
    log: &Log,
    stream: &StreamId,
    existing: ExistingStreams,
) -> Result<&'a Version, ImportError> {
    let (category, version) = match heads.entry(stream.id()) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => {
            let version = log.version(stream)?;
            if version > Version::START && existing == ExistingStreams::Refuse {
                return Err(ImportError::StreamExists { stream: stream.clone() });
            }
            unknown.insert((stream.category().clone(), version))
        }
    };
    if category != stream.category() {
        let (stream, actual) = (stream.clone(), category.clone());
        return Err(StoreError::WrongCategory { stream, actual }.into());
    }
    Ok(version)
}
