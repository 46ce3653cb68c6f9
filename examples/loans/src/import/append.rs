//! Storing a batch: each application's new events in one append, in the order of the file.

use std::collections::{HashMap, HashSet};

use es_core::prelude::*;
use es_core::{AppendError, NewEvent, StoreError, StreamAppend, StreamQuery};
use futures_util::TryStreamExt as _;

use super::{Import, ImportError, Imported};
use crate::parse::{BadLine, Entry};

/// How often a batch is looked up and sent again when other importers or a broken connection interfere.
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
    /// That a stream which nobody here has seen exists in the store is left to the append to find out.
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

/// The new events of a batch, one group for each application, in the order in which they come first.
#[derive(Default)]
pub(super) struct Groups {
    groups: Vec<Group>,
    by_stream: HashMap<Uuid, usize>,
}

#[derive(Clone)]
struct Group {
    application: String,
    stream: StreamId,
    begins: bool,
    events: Vec<(u64, NewEvent)>,
}

impl Groups {
    pub(super) fn push(&mut self, line: u64, entry: Entry) {
        let Entry { application, stream, begins, event } = entry;
        let at = *self.by_stream.entry(stream.id()).or_insert_with(|| {
            self.groups.push(Group { application, stream, begins, events: Vec::new() });
            self.groups.len() - 1
        });
        self.groups[at].events.push((line, event));
    }
}

impl Group {
    fn to_append(&self) -> StreamAppend {
        // Only an importer that has stored all earlier lines comes here, so the stream's version need not be known.
        let expected = if self.begins { ExpectedVersion::NoStream } else { ExpectedVersion::Any };
        let events = self.events.iter().map(|(_, event)| event.clone()).collect();
        StreamAppend::new(self.stream.clone(), expected, events)
    }

    fn line(&self) -> u64 {
        self.events.first().map_or(0, |(line, _)| *line)
    }
}

impl<S: EventStore> Import<S> {
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
        found.iter().for_each(|address| streams.remember(address.stream));
        Ok(found.into_iter().map(|address| address.id).collect())
    }

    /// Appends all groups. What another importer has stored in the meantime is looked up and left out.
    pub(super) async fn append(
        &self,
        groups: Groups,
        streams: &mut Streams,
        done: &mut Imported,
    ) -> Result<(), ImportError> {
        let mut groups = groups.groups;
        for attempt in 1.. {
            if groups.is_empty() {
                break;
            }
            let appends = groups.iter().map(Group::to_append).collect();
            let outcomes = self.store.append_many(appends).await;
            let mut failed = Vec::new();
            for (group, outcome) in groups.into_iter().zip(outcomes) {
                match outcome {
                    Ok(_) => done.added += group.events.len() as u64,
                    Err(cause) if attempt < ATTEMPTS && may_be_stored(&cause) => {
                        failed.push((group, cause.is_conflict()));
                    }
                    Err(cause) => return Err(ImportError::Append { line: group.line(), cause }),
                }
            }
            groups = self.without_stored(failed, streams, done).await?;
        }
        Ok(())
    }

    /// What is left of groups whose append failed; with each, whether it was because the stream exists.
    async fn without_stored(
        &self,
        failed: Vec<(Group, bool)>,
        streams: &mut Streams,
        done: &mut Imported,
    ) -> Result<Vec<Group>, ImportError> {
        let ids = failed.iter().flat_map(|(group, _)| &group.events).map(|(_, event)| event.id);
        let stored = self.locate(ids, streams).await?;
        let mut rest = Vec::new();
        for (mut group, exists) in failed {
            let before = group.events.len();
            group.events.retain(|(_, event)| !stored.contains(&event.id));
            let known = before - group.events.len();
            done.known += known as u64;
            if known > 0 {
                group.begins = false;
            } else if exists {
                self.refuse_beginning(&mut group, done)?;
            }
            if !group.events.is_empty() {
                rest.push(group);
            }
        }
        Ok(rest)
    }

    /// The stream was begun, and not by the line that begins it here.
    fn refuse_beginning(&self, group: &mut Group, done: &mut Imported) -> Result<(), ImportError> {
        let (line, _) = group.events.remove(0);
        let cause = BadLine::BegunTwice { application: group.application.clone() };
        if !self.skip_bad {
            return Err(ImportError::Line { line, cause });
        }
        done.skip(line, cause);
        group.begins = false;
        Ok(())
    }
}

/// Whether the events may be in the store although the append did not succeed.
const fn may_be_stored(error: &AppendError) -> bool {
    matches!(
        error,
        AppendError::Conflict { .. }
            | AppendError::DuplicateEvent { .. }
            | AppendError::OutcomeUnknown { .. }
    )
}
