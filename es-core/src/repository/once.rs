//! Commands that are carried out once, however often they are sent.

use std::borrow::Cow;

use uuid::Uuid;

use super::Repository;
use crate::aggregate::Aggregate;
use crate::command_id::CommandId;
use crate::error::{AppendError, Cause, ExecuteError, SaveError, StoreError};
use crate::events::IntoEvents;
use crate::id::{EventId, StreamId};
use crate::inline::InlineError;
use crate::metadata::Metadata;
use crate::record::StoredEvent;
use crate::root::Committed;
use crate::store::{BoxFuture, EventStore};
use crate::version::{Position, Version};

/// How many ids are looked up at first: more than most commands have events.
const ASK: usize = 16;

impl<A: Aggregate, S: EventStore> Repository<A, S> {
    /// [`execute`](Self::execute), once for a command and a stream: a repetition gives the outcome of the first time (its
    /// events' number, versions and position) and records nothing. It does so in any process, while the first attempt is
    /// still under way, after that ended in [`AppendError::OutcomeUnknown`], and after others have written to the stream.
    /// So whatever error it ends in, it may be sent again.
    ///
    /// The events' ids are made from those of the command and the stream, and the store takes each id once; nothing else
    /// is kept. So a command that recorded nothing, refused or with nothing to record, leaves no trace, and a repetition
    /// is decided anew. The same id for another stream is another command. Where the metadata name no
    /// [`causation`](Metadata::causation), the events carry the command's id there.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # #[derive(Serialize, Deserialize, Event)] struct Withdrawn { cents: i64 }
    /// # #[derive(Default)] struct Account { cents: i64 }
    /// # #[aggregate(name = "account", id = Uuid)]
    /// # impl Account {
    /// #     #[handles(Withdrawn)] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
    /// #     fn withdraw(&self, cents: i64) -> Result<Withdrawn, &'static str> { Ok(Withdrawn { cents }) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ExecuteError<&'static str>> {
    /// # let accounts = Repository::<Account, _>::new(MemoryStore::new());
    /// # let id = Uuid::now_v7();
    /// let command = CommandId::new(); // made by the client, and sent with each repetition
    /// let first = accounts.execute_once(command, id, |account| account.withdraw(50)).await?;
    /// let again = accounts.execute_once(command, id, |account| account.withdraw(50)).await?;
    /// assert_eq!(again, first);
    /// assert_eq!(accounts.load(id).await?.state().cents, -50);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`execute`](Self::execute). [`AppendError::OutcomeUnknown`] also when the store could not be asked whether the
    /// command was carried out before.
    pub fn execute_once<'a, E, D>(
        &'a self,
        command: CommandId,
        id: A::Id,
        decide: impl FnMut(&A) -> Result<E, D> + Send + 'a,
    ) -> BoxFuture<'a, Result<Committed, ExecuteError<D>>>
    where
        E: IntoEvents<A> + 'a,
        D: 'a,
    {
        self.run(Some(command), id, decide)
    }

    /// [`create`](Self::create), once for a command and a stream, as [`execute_once`](Self::execute_once).
    ///
    /// # Errors
    /// As [`create`](Self::create): [`SaveError::AlreadyExists`] when another command has begun the stream.
    pub fn create_once(
        &self,
        command: CommandId,
        id: A::Id,
        events: impl IntoEvents<A>,
    ) -> BoxFuture<'_, Result<Committed, SaveError>> {
        self.begin_stream(Some(command), id, events)
    }

    /// What the events of a command carry.
    pub(super) fn metadata_for(&self, command: Option<CommandId>) -> Cow<'_, Metadata> {
        match command {
            Some(command) if self.metadata.causation.is_none() => {
                Cow::Owned(self.metadata.clone().causation(command.as_uuid()))
            }
            _ => Cow::Borrowed(&self.metadata),
        }
    }

    /// Asks the store whether a command was carried out before.
    pub(super) async fn look_for(&self, sought: &mut Sought) -> Result<(), StoreError> {
        let mut ask = ASK;
        loop {
            let mut found = self.store.locate(&sought.first_ids(ask)).await?;
            found.retain(|address| address.stream == sought.stream);
            // They were appended together, so they are the first ones; the rest may be beyond what was asked for.
            if found.len() < ask {
                let last = found.iter().max_by_key(|address| address.version);
                let last = last.map(|address| (address.version, address.position));
                sought.settle(found.len(), last);
                return Ok(());
            }
            ask *= ASK;
        }
    }

    /// What a refused append means: that the command was carried out before, or what the store says.
    pub(super) async fn refused(
        &self,
        error: InlineError,
        sought: Option<&mut Sought>,
        stream: &StreamId,
    ) -> Result<Committed, SaveError> {
        let taken = matches!(error, InlineError::Append(AppendError::DuplicateEvent { .. }));
        if let Some(sought) = sought
            && (taken || error.is_conflict())
        {
            if let Err(error) = self.look_for(sought).await {
                let (stream, cause) = (stream.clone(), Cause::new(error));
                let first_event = sought.command.event_id(stream.id(), 0);
                return Err(AppendError::OutcomeUnknown { stream, first_event, cause }.into());
            }
            if let Some(first) = sought.found(stream) {
                return Ok(first);
            }
        }
        Err(error.into())
    }
}

/// A command that may have been carried out before, and what was seen of that.
pub(super) struct Sought {
    command: CommandId,
    stream: Uuid,
    /// The id of the next of its events.
    next: EventId,
    events: usize,
    version: Version,
    position: Position,
    settled: bool,
}

impl Sought {
    pub(super) fn new(command: CommandId, stream: Uuid) -> Self {
        Self {
            command,
            stream,
            next: command.event_id(stream, 0),
            events: 0,
            version: Version::START,
            position: Position::START,
            settled: false,
        }
    }

    /// Looks at an event of the stream, as they come by.
    pub(super) fn see(&mut self, event: &StoredEvent) {
        // Whoever sees the first sees all of them.
        self.settled |= event.version == Version::new(1);
        if event.id == self.next {
            self.events += 1;
            self.next = self.command.event_id(self.stream, self.events);
            (self.version, self.position) = (event.version, event.position);
        }
    }

    /// What it recorded, if anything was seen.
    pub(super) fn found(&self, stream: &StreamId) -> Option<Committed> {
        let Self { events, version, position, .. } = *self;
        (events > 0).then(|| Committed { stream: stream.clone(), events, version, position })
    }

    /// Whether it is found, or known to have recorded nothing before.
    pub(super) const fn is_settled(&self) -> bool {
        self.settled
    }

    fn first_ids(&self, count: usize) -> Vec<EventId> {
        (0..count).map(|nth| self.command.event_id(self.stream, nth)).collect()
    }

    fn settle(&mut self, events: usize, last: Option<(Version, Position)>) {
        self.settled = true;
        if let Some((version, position)) = last {
            (self.events, self.version, self.position) = (events, version, position);
        }
    }
}
