//! A store that writes down what a subscription asks of it, and fails, or keeps its wake-ups to itself, when told to.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use es_core::{
    AppendError, Appended, BatchStart, Cause, Checkpoint, DeadLetter, Epoch, EventAddress, EventId,
    EventStore, EventStream, FoundRow, Lease, LeaseRequest, Leases, LetterSelection, LogPage,
    LogQuery, Position, ProjectionBatch, ProjectionError, ProjectionPart, ProjectionStore,
    Promotion, ReadModelBackend, ResolvedQuery, RowSelection, Signal, StoreError, StreamAppend,
    StreamId, StreamQuery, SubscriptionStore, Table, Wakes,
};
use uuid::Uuid;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A page of so many events at most was read.
    Read(usize),
    /// A batch was committed up to here.
    Commit(Position),
    /// An attempt at the event there is about to be made.
    Attempt(Position),
}

/// The store within it, and what was asked. Clones share both.
#[derive(Clone)]
pub(crate) struct Probe<S> {
    pub(crate) inner: S,
    state: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    steps: Mutex<Vec<(Instant, Step)>>,
    deaf: AtomicBool,
    no_leases: AtomicBool,
    commits_to_refuse: AtomicU32,
    answers_to_lose: AtomicU32,
}

impl<S> Probe<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// Gives no wake-ups.
    pub(crate) fn deaf(inner: S) -> Self {
        let probe = Self::new(inner);
        probe.state.deaf.store(true, Ordering::SeqCst);
        probe
    }

    /// Refuses the next commits as if the connection were lost.
    pub(crate) fn refuse_commits(&self, times: u32) {
        self.state.commits_to_refuse.store(times, Ordering::SeqCst);
    }

    /// Carries out the next commits and keeps the answer to itself, as if the connection were lost just then.
    pub(crate) fn lose_answers(&self, times: u32) {
        self.state.answers_to_lose.store(times, Ordering::SeqCst);
    }

    /// How many answers are still to be lost.
    pub(crate) fn answers_to_lose(&self) -> u32 {
        self.state.answers_to_lose.load(Ordering::SeqCst)
    }

    /// From now on it cannot be asked for leases, or given any back, as if the connection were lost.
    pub(crate) fn refuse_leases(&self) {
        self.state.no_leases.store(true, Ordering::SeqCst);
    }

    fn leases(&self) -> Result<(), StoreError> {
        let refused = self.state.no_leases.load(Ordering::SeqCst);
        if refused { Err(StoreError::Unavailable(Cause::new("told to refuse"))) } else { Ok(()) }
    }

    /// How many commits are still to be refused.
    pub(crate) fn commits_to_refuse(&self) -> u32 {
        self.state.commits_to_refuse.load(Ordering::SeqCst)
    }

    /// Everything so far, and when.
    pub(crate) fn steps(&self) -> Vec<(Instant, Step)> {
        self.state.steps.lock().unwrap().clone()
    }

    /// How often something was asked.
    pub(crate) fn count(&self, which: impl Fn(Step) -> bool) -> usize {
        self.steps().into_iter().filter(|(_, step)| which(*step)).count()
    }

    /// Up to where was committed, each time.
    pub(crate) fn commits(&self) -> Vec<u64> {
        let steps = self.steps().into_iter();
        let commits = steps.filter_map(|(_, step)| match step {
            Step::Commit(position) => Some(position.get()),
            _ => None,
        });
        commits.collect()
    }
}

impl Shared {
    fn note(&self, step: Step) {
        self.steps.lock().unwrap().push((Instant::now(), step));
    }
}

impl<S: EventStore> EventStore for Probe<S> {
    async fn append_many(&self, appends: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        self.inner.append_many(appends).await
    }

    fn read_stream<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        self.inner.read_stream(stream, query)
    }

    async fn settled(&self) -> Result<Position, StoreError> {
        self.inner.settled().await
    }

    async fn read_log(&self, query: LogQuery<'_>, limit: usize) -> Result<LogPage, StoreError> {
        self.state.note(Step::Read(limit));
        self.inner.read_log(query, limit).await
    }

    fn stream_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a> {
        self.inner.stream_log(query)
    }

    async fn locate(&self, ids: &[EventId]) -> Result<Vec<EventAddress>, StoreError> {
        self.inner.locate(ids).await
    }
}

/// Whether there was one left.
fn one_less(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

/// A batch that is written down when it is committed.
pub(crate) struct ProbeBatch<B>(B, Arc<Shared>);

impl<B: ProjectionBatch> ProjectionBatch for ProbeBatch<B> {
    fn checkpoint(&self) -> Checkpoint {
        self.0.checkpoint()
    }

    fn backend(&mut self) -> &mut dyn ReadModelBackend {
        self.0.backend()
    }

    async fn bury(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.0.bury(letter).await
    }

    async fn unbury(&mut self, position: Position) -> Result<bool, StoreError> {
        self.0.unbury(position).await
    }

    async fn commit(self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        if one_less(&self.1.commits_to_refuse) {
            return Err(StoreError::Unavailable(Cause::new("told to refuse")));
        }
        self.0.commit(checkpoint).await?;
        self.1.note(Step::Commit(checkpoint.position));
        if one_less(&self.1.answers_to_lose) {
            return Err(StoreError::Unavailable(Cause::new("told to lose the answer")));
        }
        Ok(())
    }
}

impl<S: ProjectionStore> ProjectionStore for Probe<S> {
    type Batch = ProbeBatch<S::Batch>;

    async fn ensure_table(&self, table: &'static Table) -> Result<(), StoreError> {
        self.inner.ensure_table(table).await
    }

    async fn checkpoint(&self, part: &ProjectionPart) -> Result<Checkpoint, StoreError> {
        self.inner.checkpoint(part).await
    }

    async fn fits(&self, part: &ProjectionPart, at: Checkpoint) -> Result<(), StoreError> {
        self.inner.fits(part, at).await
    }

    async fn begin_batch(&self, start: BatchStart) -> Result<Self::Batch, StoreError> {
        Ok(ProbeBatch(self.inner.begin_batch(start).await?, self.state.clone()))
    }

    async fn read_rows(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> Result<Vec<FoundRow>, StoreError> {
        self.inner.read_rows(table, select).await
    }

    async fn count_rows(
        &self,
        table: &'static Table,
        query: &ResolvedQuery,
    ) -> Result<u64, StoreError> {
        self.inner.count_rows(table, query).await
    }

    fn is_transient(&self, error: &ProjectionError) -> bool {
        self.inner.is_transient(error)
    }
}

impl<S: SubscriptionStore> SubscriptionStore for Probe<S> {
    async fn lease(&self, request: LeaseRequest<'_>) -> Result<Leases, StoreError> {
        self.leases()?;
        self.inner.lease(request).await
    }

    async fn release(&self, name: &str, version: u32, lease: Lease) -> Result<(), StoreError> {
        self.leases()?;
        self.inner.release(name, version, lease).await
    }

    async fn leave(&self, name: &str, version: u32, owner: Uuid) -> Result<(), StoreError> {
        self.inner.leave(name, version, owner).await
    }

    async fn note_attempt(
        &self,
        part: &ProjectionPart,
        epoch: Epoch,
        position: Position,
    ) -> Result<u32, StoreError> {
        let counted = self.inner.note_attempt(part, epoch, position).await?;
        self.state.note(Step::Attempt(position));
        Ok(counted)
    }

    async fn has_begun(&self, part: &ProjectionPart) -> Result<bool, StoreError> {
        self.inner.has_begun(part).await
    }

    async fn attempts(&self, part: &ProjectionPart) -> Result<Option<(Position, u32)>, StoreError> {
        self.inner.attempts(part).await
    }

    async fn forget_attempts(&self, part: &ProjectionPart, epoch: Epoch) -> Result<(), StoreError> {
        self.inner.forget_attempts(part, epoch).await
    }

    async fn begin_reset(
        &self,
        name: &str,
        version: u32,
        parts: u32,
        start: Checkpoint,
    ) -> Result<Self::Batch, StoreError> {
        let batch = self.inner.begin_reset(name, version, parts, start).await?;
        Ok(ProbeBatch(batch, self.state.clone()))
    }

    async fn checkpoints(
        &self,
        name: &str,
        version: u32,
    ) -> Result<Vec<(u32, Checkpoint)>, StoreError> {
        self.inner.checkpoints(name, version).await
    }

    async fn dead_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        self.inner.dead_letters(name, version, select).await
    }

    async fn retry_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<u64, StoreError> {
        self.inner.retry_letters(name, version, select).await
    }

    async fn discard_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
        reason: &str,
    ) -> Result<u64, StoreError> {
        self.inner.discard_letters(name, version, select, reason).await
    }

    async fn promote(
        &self,
        name: &str,
        version: u32,
        tables: &[Promotion],
    ) -> Result<(), StoreError> {
        self.inner.promote(name, version, tables).await
    }

    async fn drop_table(&self, table: &str) -> Result<(), StoreError> {
        self.inner.drop_table(table).await
    }

    async fn count_log(&self, query: LogQuery<'_>) -> Result<u64, StoreError> {
        self.inner.count_log(query).await
    }

    fn wakes(&self) -> Wakes {
        if self.state.deaf.load(Ordering::SeqCst) {
            // Never heard of again.
            return Signal::new().listen();
        }
        self.inner.wakes()
    }
}
