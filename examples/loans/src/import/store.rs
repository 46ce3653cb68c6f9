//! Storing a batch: its new events at once, in the order of the file.

use std::collections::HashSet;
use std::convert::Infallible;

use es_core::prelude::*;
use es_core::{BulkStore, ExistingStreams, ImportOptions, ImportedEvent, StoreError, StreamQuery};
use futures_util::{TryStreamExt as _, stream};

use super::{Import, ImportError, Imported};
use crate::parse::{BadLine, Entry};

/// How often a batch is looked up and sent again when other importers or a broken connection interfere, and nothing of it
/// has been stored meanwhile.
const ATTEMPTS: usize = 10;

/// How many begun streams are remembered: about 40 MB.
const REMEMBERED_STREAMS: usize = 1 << 20;

/// The streams that are known to have begun. Forgetting some costs a question to the store each, and nothing else.
#[derive(Default)]
pub(super) struct Streams(HashSet<Uuid>);

impl Streams {
    fn remember(&mut self, stream: Uuid) {
        if self.0.len() >= REMEMBERED_STREAMS {
            self.0.clear();
        }
        self.0.insert(stream);
    }

    /// Whether a new entry may come next in its stream: what begins an application comes first, and only once.
    /// That a stream which nobody here has seen exists in the store is left to the store to find out.
    pub(super) async fn check<S: EventStore>(
        &mut self,
        store: &S,
        entry: &Entry,
    ) -> Result<Result<(), BadLine>, StoreError> {
        let id = entry.stream.id();
        let begun = self.0.contains(&id) || (!entry.begins && exists(store, &entry.stream).await?);
        let application = || entry.application.clone();
        Ok(match (entry.begins, begun) {
            (true, true) => Err(BadLine::BegunTwice { application: application() }),
            (false, false) => Err(BadLine::NotBegun { application: application() }),
            _ => {
                self.remember(id);
                Ok(())
            }
        })
    }
}

async fn exists<S: EventStore>(store: &S, stream: &StreamId) -> Result<bool, StoreError> {
    let first = StreamQuery::ALL.up_to(Version::new(1));
    Ok(store.read_stream(stream, first).try_next().await?.is_some())
}

impl Entry {
    /// What begins an application must be the first event of its stream. For the others the version need not be known: only
    /// an importer that has stored all earlier lines comes here.
    fn to_imported(&self) -> ImportedEvent {
        let imported = ImportedEvent::new(self.stream.clone(), self.event.clone());
        if self.begins { imported.version(Version::new(1)) } else { imported }
    }
}

impl<S: BulkStore> Import<S> {
    /// Which of these events are stored; their streams have begun.
    pub(super) async fn locate(
        &self,
        ids: impl Iterator<Item = EventId>,
        streams: &mut Streams,
    ) -> Result<HashSet<EventId>, StoreError> {
        let ids: Vec<_> = ids.collect();
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let found = self.store.locate(&ids).await?;
        for address in &found {
            streams.remember(address.stream);
        }
        Ok(found.into_iter().map(|address| address.id).collect())
    }

    /// Stores the entries, all at once. What another importer has stored in the meantime is looked up and left out.
    pub(super) async fn store_entries(
        &self,
        mut entries: Vec<(u64, Entry)>,
        streams: &mut Streams,
        done: &mut Imported,
    ) -> Result<(), ImportError> {
        let (mut stop, mut attempt) = (None, 1);
        while let Some((line, _)) = entries.first() {
            let imported: Vec<_> = entries.iter().map(|(_, entry)| entry.to_imported()).collect();
            let imported = stream::iter(imported.into_iter().map(Ok::<_, Infallible>));
            // One chunk, so that importers at once lock their streams in the same order and never wait in a circle.
            let options =
                ImportOptions::new().existing(ExistingStreams::Continue).chunk(entries.len());
            let cause = match self.store.import(imported, options).await {
                Ok(imported) => {
                    done.added += imported.events;
                    break;
                }
                Err(cause) if attempt < ATTEMPTS && may_be_stored(&cause) => cause,
                Err(cause) => return Err(ImportError::Store { line: *line, cause }),
            };
            let left_out = self.leave_out_stored(&mut entries, streams, done).await?;
            // Where others have stored some of it, the rest comes nearer to being stored each time.
            attempt = if left_out { 1 } else { attempt + 1 };
            if let es_core::ImportError::Conflict { event, .. } = cause {
                stop = self.refuse_beginning(event, &mut entries, done).or(stop);
            }
        }
        stop.map_or(Ok(()), Err)
    }

    /// Whether there was any.
    async fn leave_out_stored(
        &self,
        entries: &mut Vec<(u64, Entry)>,
        streams: &mut Streams,
        done: &mut Imported,
    ) -> Result<bool, StoreError> {
        let ids = entries.iter().map(|(_, entry)| entry.event.id);
        let stored = self.locate(ids, streams).await?;
        let before = entries.len();
        entries.retain(|(_, entry)| !stored.contains(&entry.event.id));
        done.known += (before - entries.len()) as u64;
        Ok(entries.len() < before)
    }

    /// The stream was begun, and not by the line that begins it here. What stands before that line is still to be stored.
    fn refuse_beginning(
        &self,
        event: EventId,
        entries: &mut Vec<(u64, Entry)>,
        done: &mut Imported,
    ) -> Option<ImportError> {
        let at = entries.iter().position(|(_, entry)| entry.event.id == event)?;
        let (line, entry) = entries.remove(at);
        let cause = BadLine::BegunTwice { application: entry.application };
        if self.skip_bad {
            done.skip(line, cause);
            return None;
        }
        entries.truncate(at);
        Some(ImportError::Line { line, cause })
    }
}

/// Whether events may be in the store although the import did not succeed.
const fn may_be_stored(error: &es_core::ImportError) -> bool {
    use es_core::ImportError as E;
    matches!(error, E::Conflict { .. } | E::DuplicateEvent { .. } | E::OutcomeUnknown { .. })
}
