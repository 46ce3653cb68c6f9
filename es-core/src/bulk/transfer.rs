//! A whole log from one store into another.

use std::fmt;
use std::future::IntoFuture;

use futures_util::{StreamExt as _, TryStreamExt as _};

use super::compare::{Place, Rest, address, compare, next};
use super::options::{BulkProgress, CHUNK};
use super::{BulkStore, ExistingStreams, ImportOptions, ImportedEvent};
use crate::error::{Difference, ImportError, StoreError, TransferError};
use crate::id::EventId;
use crate::store::{BoxFuture, EventStore};
use crate::version::Position;

/// Copies the whole log of a store into another one, of whatever kind: every event with its id, stream, version, name,
/// schema version, payload, metadata and both times, in the same order. Positions are the target's own.
///
/// It is done chunk by chunk, each of which is stored whole or not at all, and can be broken off at any time: called again, it
/// compares what the target has with the beginning of the source, and goes on behind it. A target that has anything else is
/// refused before anything is written. At the end all that was copied is read from both stores and compared.
///
/// The source may be written to meanwhile. What is settled in it when the copying begins is copied, and the next call goes on
/// from there; one that copies nothing while nobody writes to the source has found everything. The target is not to be
/// written to by others until it is complete.
///
/// Read models, checkpoints and snapshots are not copied: they belong to the store that they were made in. Projections
/// begin anew in the target; aggregates are loaded as they were.
///
/// ```
/// # use es_core::{Category, EventName, EventStore as _, ExpectedVersion, MemoryStore, NewEvent, Payload, SchemaVersion, StreamAppend, StreamId};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (old, new) = (MemoryStore::new(), MemoryStore::new());
/// # let stream = StreamId::new(Category::new("account")?, uuid::Uuid::now_v7());
/// # let opened = NewEvent::raw(EventName::new("opened")?, SchemaVersion::FIRST, Payload::from_json("{}")?);
/// # old.append(StreamAppend::new(stream, ExpectedVersion::NoStream, vec![opened])).await?;
/// use es_core::transfer;
/// let done = transfer(&old, &new).progress(|so_far| eprintln!("{} events", so_far.events)).await?;
/// assert_eq!((done.copied, done.found), (1, 0));
/// let again = transfer(&old, &new).await?;
/// assert_eq!((again.copied, again.found), (0, 1));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Awaiting it gives a [`TransferError`]. After every one of them it may be called again;
/// [`is_transient`](TransferError::is_transient) says when that alone may help.
pub fn transfer<'a, F: EventStore, T: BulkStore>(from: &'a F, to: &'a T) -> Transfer<'a, F, T> {
    Transfer { from, to, chunk: CHUNK, told: 0, progress: None }
}

/// A log on its way from one store into another; made by [`transfer`], and begun by `.await`.
///
/// Dropping its future leaves the chunks that were stored; of the one under way all is stored or nothing.
#[must_use = "nothing is copied before it is awaited"]
pub struct Transfer<'a, F, T> {
    from: &'a F,
    to: &'a T,
    chunk: usize,
    /// The number that was told last.
    told: u64,
    progress: Option<Box<dyn FnMut(BulkProgress) + Send + 'a>>,
}

impl<'a, F: EventStore, T: BulkStore> Transfer<'a, F, T> {
    /// Sets how many events are stored at a time, at least 1; 10,000 unless set. This is what is done again when it is broken
    /// off, and how long others wait who write to the target or follow its log.
    pub const fn chunk(mut self, events: usize) -> Self {
        self.chunk = if events == 0 { 1 } else { events };
        self
    }

    /// Is told how many events of the source the target has, chunk by chunk: at first of those that were there and are the same,
    /// then of each chunk when it is stored. The comparison at the end is not told of.
    pub fn progress(mut self, told: impl FnMut(BulkProgress) + Send + 'a) -> Self {
        self.progress = Some(Box::new(told));
        self
    }

    async fn run(mut self) -> Result<Transferred, TransferError> {
        let mut place = Place::default();
        let mut rest = self.go_through(&mut place).await?;
        let (begun, mut copied) = (place, 0);
        loop {
            match self.copy(&mut rest, &mut place).await {
                Ok(0) => break,
                Ok(events) => copied += events,
                Err(error) => {
                    let Some(event) = stored_already(&error) else { return Err(error) };
                    let before = place.events;
                    rest = self.go_through(&mut place).await?;
                    if place.events == before {
                        return Err(not_visible(self.to, event).await.unwrap_or(error));
                    }
                }
            }
        }
        if copied > 0 {
            verify(self.from, self.to, begun, place).await?;
        }
        let Place { events, source, target } = place;
        Ok(Transferred { copied, found: events - copied, source, target })
    }

    /// Compares what the target has behind `place`; gives the rest of the source.
    async fn go_through(&mut self, place: &mut Place) -> Result<Rest<'a>, TransferError> {
        let (from, to, chunk) = (self.from, self.to, self.chunk as u64);
        let passed = |events: u64| {
            if events.is_multiple_of(chunk) {
                self.tell(events);
            }
        };
        let rest = compare(from, to, place, passed).await?;
        self.tell(place.events);
        Ok(rest)
    }

    /// Stores the next chunk, and gives the number of its events: 0 when there are none left.
    async fn copy(&mut self, rest: &mut Rest<'a>, place: &mut Place) -> Result<u64, TransferError> {
        let mut source = place.source;
        let events = rest.by_ref().take(self.chunk).map_ok(|event| {
            source = event.position;
            ImportedEvent::from(event)
        });
        let options = ImportOptions::new().existing(ExistingStreams::Continue);
        let imported = self.to.import(events, options).await;
        let imported = imported.map_err(|cause| failed(place.source, cause))?;
        let target = imported.position.unwrap_or(place.target);
        *place = Place { events: place.events + imported.events, source, target };
        self.tell(place.events);
        Ok(imported.events)
    }

    fn tell(&mut self, events: u64) {
        if events > self.told {
            self.told = events;
            if let Some(progress) = &mut self.progress {
                progress(BulkProgress::new(events));
            }
        }
    }
}

impl<'a, F: EventStore, T: BulkStore> IntoFuture for Transfer<'a, F, T> {
    type Output = Result<Transferred, TransferError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<F, T> fmt::Debug for Transfer<'_, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer")
            .field("chunk", &self.chunk)
            .field("progress", &self.progress.is_some())
            .finish_non_exhaustive()
    }
}

/// What a transfer has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Transferred {
    /// How many events were copied by this call.
    pub copied: u64,
    /// How many were in the target already, the same as in the source.
    pub found: u64,
    /// The position in the source of the last event that both have; 0 when there is none.
    pub source: Position,
    /// Its position in the target.
    pub target: Position,
}

/// Reads all that was copied, from both stores.
async fn verify<F: EventStore, T: EventStore>(
    from: &F,
    to: &T,
    begun: Place,
    end: Place,
) -> Result<(), TransferError> {
    settle(to, end.target).await?;
    let mut place = begun;
    let compared = compare(from, to, &mut place, |_| {}).await;
    let mut rest = compared.map_err(|error| match error {
        TransferError::Differs(difference) => TransferError::NotVerified(difference),
        error => error,
    })?;
    if place.events >= end.events {
        return Ok(());
    }
    let source = next(&mut rest).await?.as_ref().map(address);
    let missing = Difference { same: place.events, source, target: None, what: "end" };
    Err(TransferError::NotVerified(missing))
}

/// The target can be read up to `position`. A store may settle a long log in several looks, so it is asked again for as
/// long as that gets on.
async fn settle<T: EventStore>(to: &T, position: Position) -> Result<(), TransferError> {
    let mut before = None;
    loop {
        let settled = to.settled().await.map_err(TransferError::Target)?;
        if settled >= position {
            return Ok(());
        }
        if before.replace(settled) == Some(settled) {
            return Err(TransferError::Unsettled { store: "target", position });
        }
    }
}

/// A chunk behind position `after` of the source was not stored, or nobody knows.
fn failed(after: Position, cause: ImportError) -> TransferError {
    match cause {
        ImportError::Source { cause, .. } => {
            // The events came from no one else.
            let error = cause.get().downcast_ref().cloned();
            TransferError::Source(error.unwrap_or(StoreError::Other(cause)))
        }
        ImportError::OutcomeUnknown { last_event, .. } => {
            TransferError::OutcomeUnknown { after, last_event, cause }
        }
        cause => TransferError::Import { after, cause },
    }
}

/// An event of the chunk that may be in the target, where it could not be seen before: another transfer has just stored it,
/// or one whose outcome was unknown has come through after all.
const fn stored_already(error: &TransferError) -> Option<EventId> {
    let TransferError::Import { cause, .. } = error else { return None };
    match cause {
        ImportError::Conflict { event, .. } | ImportError::DuplicateEvent { event } => Some(*event),
        _ => None,
    }
}

/// The event is in the target and cannot be read there yet; `None` when it is not there.
async fn not_visible<T: EventStore>(to: &T, event: EventId) -> Option<TransferError> {
    match to.locate(&[event]).await {
        Ok(found) => {
            let position = found.first()?.position;
            Some(TransferError::Unsettled { store: "target", position })
        }
        Err(error) => Some(TransferError::Target(error)),
    }
}
