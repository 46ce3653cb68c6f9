//! One loaded aggregate: its state, where its stream stands, and what was recorded but not saved.

use std::fmt;

use crate::aggregate::Aggregate;
use crate::error::{AppendError, ExecuteError, Invalid, LoadError, SaveError};
use crate::events::{Events, IntoEvents};
use crate::fold::{Fold, Origin};
use crate::id::StreamId;
use crate::metadata::Metadata;
use crate::record::{NewEvent, StoredEvent};
use crate::store::{Appended, StreamAppend};
use crate::version::{ExpectedVersion, Position, Version};

/// An aggregate in memory. Decisions are made on its [`state`](Self::state); [`decide`](Self::decide) records their
/// events and applies them at once, so that the next decision sees them; `Repository::save` stores them in one append.
pub struct Root<A> {
    fold: Fold<A>,
    pending: Vec<NewEvent>,
    metadata: Metadata,
    /// Made by `create`, not saved yet: that the stream exists is then no conflict that deciding anew could mend.
    created: bool,
    /// An append of the first of the pending events was sent and not answered.
    in_doubt: bool,
    broken: Option<SaveError>,
}

impl<A: Aggregate> Root<A> {
    /// A new aggregate that begins with `events`, not saved yet.
    ///
    /// # Errors
    /// [`SaveError`] when there is no event, or one cannot be written or does not begin a stream of this aggregate.
    pub fn create(id: A::Id, events: impl IntoEvents<A>) -> Result<Self, SaveError> {
        Self::create_by(id, events, Metadata::new())
    }

    /// The aggregate that a list of stored events describes: what loading does, without a store.
    ///
    /// # Errors
    /// [`LoadError`] when there is no event, or one does not fit.
    pub fn replay<'e>(
        id: A::Id,
        events: impl IntoIterator<Item = &'e StoredEvent>,
    ) -> Result<Self, LoadError> {
        let mut fold = Fold::new(A::stream_id(id).map_err(LoadError::Name)?);
        events.into_iter().try_for_each(|event| fold.replay(event))?;
        Self::loaded(fold, Metadata::new())
    }

    /// The state, recorded events included.
    ///
    /// # Panics
    /// Never: a root is made only of a stream that has begun.
    pub fn state(&self) -> &A {
        self.fold.state.as_ref().expect("a root is made only of a stream that has begun")
    }

    /// The state alone, recorded events included; what is pending is given up.
    ///
    /// # Panics
    /// Never, as [`state`](Self::state).
    pub fn into_state(self) -> A {
        self.fold.state.expect("a root is made only of a stream that has begun")
    }

    /// The stream it lives in.
    pub const fn stream(&self) -> &StreamId {
        &self.fold.stream
    }

    /// The version of the last stored event; what is pending does not count.
    pub const fn version(&self) -> Version {
        self.fold.version
    }

    /// The position of the last stored event in the log.
    pub const fn position(&self) -> Position {
        self.fold.position
    }

    /// What was recorded and waits to be saved.
    pub fn pending(&self) -> &[NewEvent] {
        &self.pending
    }

    /// Makes a decision on the present state and records the events that it returns.
    ///
    /// # Errors
    /// [`ExecuteError::Domain`] with the decision's own error, and nothing is recorded; or [`ExecuteError::Save`] as
    /// [`record`](Self::record).
    pub fn decide<E: IntoEvents<A>, D>(
        &mut self,
        decision: impl FnOnce(&A) -> Result<E, D>,
    ) -> Result<(), ExecuteError<D>> {
        let events = decision(self.state()).map_err(ExecuteError::Domain)?;
        self.record(events).map_err(ExecuteError::Save)
    }

    /// Records events without asking the domain, and applies them.
    ///
    /// # Errors
    /// [`SaveError::Encode`] when one cannot be written: then none is recorded. [`SaveError::Replay`] when one does not
    /// fit the state: then this root cannot be saved any more; load it again.
    pub fn record(&mut self, events: impl IntoEvents<A>) -> Result<(), SaveError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let recorded =
            self.fold.record(Events::of(events), self.pending.len(), &Origin::of(&self.metadata));
        if let Err(error @ SaveError::Replay { .. }) = &recorded {
            self.broken = Some(error.clone());
        }
        self.pending.append(&mut recorded?);
        Ok(())
    }

    pub(crate) fn create_by(
        id: A::Id,
        events: impl IntoEvents<A>,
        metadata: Metadata,
    ) -> Result<Self, SaveError> {
        let (fold, pending) = Self::begin(id, events, &Origin::of(&metadata))?;
        Ok(Self { fold, pending, metadata, created: true, in_doubt: false, broken: None })
    }

    /// A new stream and the events that begin it.
    pub(crate) fn begin(
        id: A::Id,
        events: impl IntoEvents<A>,
        origin: &Origin<'_>,
    ) -> Result<(Fold<A>, Vec<NewEvent>), SaveError> {
        let mut fold = Fold::new(A::stream_id(id).map_err(SaveError::Name)?);
        let events = fold.record(Events::of(events), 0, origin)?;
        if events.is_empty() {
            let stream = fold.stream;
            return Err(SaveError::Append(AppendError::Invalid(Invalid::NoEvents { stream })));
        }
        Ok((fold, events))
    }

    pub(crate) fn loaded(fold: Fold<A>, metadata: Metadata) -> Result<Self, LoadError> {
        Ok(Self {
            fold: fold.begun()?,
            pending: Vec::new(),
            metadata,
            created: false,
            in_doubt: false,
            broken: None,
        })
    }

    pub(crate) const fn fold(&self) -> &Fold<A> {
        &self.fold
    }

    /// Whether its state is that of its stream at its version.
    pub(crate) const fn is_saved(&self) -> bool {
        self.pending.is_empty() && self.broken.is_none()
    }

    pub(crate) const fn is_created(&self) -> bool {
        self.created
    }

    /// The append that would save what is pending; `None` when nothing is.
    pub(crate) fn to_append(&self) -> Result<Option<StreamAppend>, SaveError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        Ok((!self.pending.is_empty()).then(|| StreamAppend {
            stream: self.stream().clone(),
            expected: ExpectedVersion::Exact(self.version()),
            events: self.pending.clone(),
        }))
    }

    /// A copy of the state, if all of it is stored.
    pub(crate) fn saved_state(&self, copy: fn(&A) -> A) -> Option<Fold<A>> {
        self.is_saved().then(|| self.fold.copy(copy))
    }

    /// What saving has left, of so many events.
    pub(crate) fn committed(&self, events: usize) -> Committed {
        Committed::of(&self.fold, events)
    }

    pub(crate) const fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    pub(crate) const fn doubt(&mut self, in_doubt: bool) {
        self.in_doubt = in_doubt;
    }

    pub(crate) fn saved(&mut self, appended: Appended) {
        self.saved_first(self.pending.len(), appended.version, appended.position);
    }

    /// The first `events` of the pending ones are stored: an append is atomic, so they are those of one attempt.
    pub(crate) fn saved_first(&mut self, events: usize, version: Version, position: Position) {
        if let Some(last) = self.pending.drain(..events.min(self.pending.len())).next_back() {
            self.fold.tip = Some(last.id);
        }
        (self.created, self.in_doubt) = (false, false);
        self.fold.version = version;
        self.fold.position = position;
    }
}

impl<A: fmt::Debug> fmt::Debug for Root<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root")
            .field("stream", &self.fold.stream)
            .field("version", &self.fold.version)
            .field("state", &self.fold.state)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

/// What a command left in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    pub(crate) stream: StreamId,
    pub(crate) events: usize,
    pub(crate) version: Version,
    pub(crate) position: Position,
}

impl Committed {
    /// So many events at the end of a stream.
    pub(crate) fn of<A>(fold: &Fold<A>, events: usize) -> Self {
        let Fold { ref stream, version, position, .. } = *fold;
        Self { stream: stream.clone(), events, version, position }
    }

    /// The stream that was written.
    pub const fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// How many events were recorded; 0 when the decision was accepted with nothing to record.
    pub const fn events(&self) -> usize {
        self.events
    }

    /// The versions of the recorded events, in order; empty when nothing was recorded.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = Version> + use<> {
        let last = self.version.get();
        (0..self.events).rev().map(move |back| Version::new(last - back as u64))
    }

    /// The version of the stream's last event now.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The position in the log of the stream's last event: wait for it to read your own write.
    pub const fn position(&self) -> Position {
        self.position
    }
}
