//! Load, decide, append, and again on a conflict.

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;

use crate::aggregate::Aggregate;
use crate::error::{AppendError, Cause, ExecuteError, LoadError, SaveError, StoreError};
use crate::events::IntoEvents;
use crate::fold::Fold;
use crate::metadata::Metadata;
use crate::root::{Committed, Root};
use crate::store::{BoxFuture, EventStore, StreamQuery};
use crate::version::Version;

/// How often a command is decided anew when other writers were faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    retries: u32,
}

impl RetryPolicy {
    /// A conflict is returned to the caller at once.
    pub const NEVER: Self = Self { retries: 0 };

    /// Up to `retries` times after the first attempt, without a pause: loading again is pause enough, and of all
    /// writers that race for a version one always wins.
    pub const fn times(retries: u32) -> Self {
        Self { retries }
    }
}

impl Default for RetryPolicy {
    /// 10 times.
    fn default() -> Self {
        Self::times(10)
    }
}

// The futures are boxed so that their type has a name. With `impl Future`, which carries the bound on the events, the
// compiler says three times (at the call, its path and its `.await`) that an event is not handled.

/// The aggregates of one kind in a store.
///
/// ```
/// # use es_core::prelude::*;
/// # #[derive(Serialize, Deserialize, Event)] struct Withdrawn { cents: i64 }
/// # #[derive(Serialize, Deserialize, Event)] struct Overdrawn { cents: i64 }
/// # #[derive(Default)] struct Account { cents: i64 }
/// # #[aggregate(name = "account", id = Uuid)]
/// # impl Account {
/// #     #[handles(Withdrawn)] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
/// #     #[handles(Overdrawn)] fn overdrawn(&mut self, _: &Overdrawn) {}
/// #     fn withdraw(&self, cents: i64) -> Result<Withdrawn, &'static str> { Ok(Withdrawn { cents }) }
/// # }
/// # async fn run(store: MemoryStore, id: Uuid) -> Result<(), ExecuteError<&'static str>> {
/// let accounts = Repository::<Account, _>::new(store);
/// accounts.execute(id, |account| account.withdraw(50)).await?;
///
/// let mut account = accounts.load(id).await?; // or several decisions, stored by one append
/// account.decide(|account| account.withdraw(10))?;
/// account.decide(|account| account.withdraw(20))?;
/// accounts.save(&mut account).await?;
/// # Ok(()) }
/// ```
pub struct Repository<A, S> {
    store: S,
    retry: RetryPolicy,
    metadata: Metadata,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: Aggregate, S: EventStore> Repository<A, S> {
    /// The aggregates of kind `A` in `store`.
    pub const fn new(store: S) -> Self {
        let retry = RetryPolicy::times(10);
        Self { store, retry, metadata: Metadata::new(), aggregate: PhantomData }
    }

    /// Sets how often [`execute`](Self::execute) decides anew on a conflict; 10 times unless set.
    #[must_use]
    pub const fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The same aggregates, for commands whose events all carry `metadata`: who asks, for whom, in answer to what.
    #[must_use]
    pub fn with_metadata(&self, metadata: Metadata) -> Self
    where
        S: Clone,
    {
        Self { store: self.store.clone(), metadata, retry: self.retry, aggregate: PhantomData }
    }

    /// The store.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Begins a new stream: one append, no load.
    ///
    /// # Errors
    /// [`SaveError::AlreadyExists`] when the stream exists; [`SaveError`] when the events do not begin it or cannot be stored.
    pub fn create(
        &self,
        id: A::Id,
        events: impl IntoEvents<A>,
    ) -> BoxFuture<'_, Result<Committed, SaveError>> {
        let root = Root::create_by(id, events, self.metadata.clone());
        Box::pin(async move { self.save(&mut root?).await })
    }

    /// Loads, decides, appends; on a conflict loads again and decides anew on the fresh state, as the
    /// [`RetryPolicy`] allows. A decision that records nothing appends nothing.
    ///
    /// # Errors
    /// [`ExecuteError::Domain`] with the decision's own error; otherwise what loading or saving says.
    pub fn execute<'a, E, D>(
        &'a self,
        id: A::Id,
        mut decide: impl FnMut(&A) -> Result<E, D> + Send + 'a,
    ) -> BoxFuture<'a, Result<Committed, ExecuteError<D>>>
    where
        E: IntoEvents<A> + 'a,
        D: 'a,
    {
        Box::pin(async move {
            let mut retries = self.retry.retries;
            loop {
                let mut root = self.load(id).await.map_err(ExecuteError::Load)?;
                root.decide(&mut decide)?;
                match self.save(&mut root).await {
                    Err(error) if error.is_conflict() && retries > 0 => {
                        tracing::debug!(stream = %root.stream(), retries, "conflict, deciding anew");
                        retries -= 1;
                    }
                    done => return done.map_err(ExecuteError::Save),
                }
            }
        })
    }

    /// Loads the present state.
    ///
    /// # Errors
    /// [`LoadError::NotFound`] when no event has begun the stream; [`LoadError`] when it cannot be read or replayed.
    pub async fn load(&self, id: A::Id) -> Result<Root<A>, LoadError> {
        self.load_while(id, StreamQuery::ALL, |_| true).await
    }

    /// Loads the state as it was at `version`; of a shorter stream, its present state. Meant to be looked at:
    /// what is decided on an old state conflicts when it is saved.
    ///
    /// # Errors
    /// As [`load`](Self::load); [`LoadError::NotFound`] at version 0.
    pub async fn load_at(&self, id: A::Id, version: Version) -> Result<Root<A>, LoadError> {
        self.load_while(id, StreamQuery::ALL.up_to(version), |_| true).await
    }

    /// Loads the state as it was at `time`: up to, not including, the first event that happened (`occurred_at`) later.
    ///
    /// # Errors
    /// As [`load`](Self::load); [`LoadError::NotFound`] when the first event happened later.
    pub async fn load_as_of(&self, id: A::Id, time: DateTime<Utc>) -> Result<Root<A>, LoadError> {
        self.load_while(id, StreamQuery::ALL, |occurred_at| occurred_at <= time).await
    }

    /// Saves what is pending on a root, in one append; nothing pending is nothing to do. A root that could not be
    /// saved keeps its pending events. Dropping the future leaves them stored whole or not at all; after that, and
    /// after [`AppendError::OutcomeUnknown`], saving the same root again finds out and never stores them twice.
    ///
    /// # Errors
    /// [`SaveError::Append`] with a conflict when the stream has moved on since the root was loaded;
    /// [`SaveError::AlreadyExists`] when the root is new and the stream is not.
    pub async fn save(&self, root: &mut Root<A>) -> Result<Committed, SaveError> {
        let events = root.pending().len();
        let doubtful = root.in_doubt();
        if doubtful {
            self.find_saved(root).await?;
        }
        while let Some(append) = root.to_append()? {
            root.doubt(true);
            let error = match self.store.append(append).await {
                Ok(appended) => {
                    root.saved(appended);
                    break;
                }
                Err(error) => error,
            };
            // An attempt in doubt may have gone through just before this one; what is left is then sent again.
            if doubtful && self.find_saved(root).await? > 0 {
                continue;
            }
            return Err(refused(root, error, doubtful));
        }
        Ok(Committed::of(root, events))
    }

    /// Takes what is stored already off the pending events, and counts it.
    async fn find_saved(&self, root: &mut Root<A>) -> Result<usize, SaveError> {
        let ids: Vec<_> = root.pending().iter().map(|event| event.id).collect();
        let found = match self.store.locate(&ids).await {
            Ok(found) => found,
            Err(error) => return Err(unknown(root, Cause::new(error)).into()),
        };
        if let Some(last) = found.iter().max_by_key(|address| address.version) {
            root.saved_first(found.len(), last.version, last.position);
        }
        Ok(found.len())
    }

    /// Replays the stream while `keep` says yes to the time at which an event happened.
    async fn load_while(
        &self,
        id: A::Id,
        query: StreamQuery,
        keep: impl Fn(DateTime<Utc>) -> bool + Send,
    ) -> Result<Root<A>, LoadError> {
        let stream = A::stream_id(id).map_err(LoadError::Name)?;
        let mut fold = Fold::new(stream.clone());
        let mut events = self.store.read_stream(&stream, query);
        while let Some(event) = events.try_next().await? {
            if !keep(event.occurred_at) {
                break;
            }
            fold.replay(&event)?;
        }
        Root::loaded(fold, self.metadata.clone())
    }
}

/// What a refused append means for the root. Once an attempt was in doubt, only a conflict is a definite answer: the
/// stream has moved past the place of that attempt, so it can never come to be stored.
fn refused<A: Aggregate>(root: &mut Root<A>, error: AppendError, doubtful: bool) -> SaveError {
    match error {
        AppendError::Conflict { .. } => {}
        error @ AppendError::OutcomeUnknown { .. } => return error.into(),
        error if doubtful => return unknown(root, Cause::new(error)).into(),
        _ => {}
    }
    root.doubt(false);
    match error {
        AppendError::Conflict { stream, .. } if root.is_created() => {
            SaveError::AlreadyExists { stream }
        }
        error => error.into(),
    }
}

fn unknown<A: Aggregate>(root: &Root<A>, cause: Cause) -> AppendError {
    let stream = root.stream().clone();
    match root.pending().first() {
        Some(first) => AppendError::OutcomeUnknown { stream, first_event: first.id, cause },
        None => AppendError::Store(StoreError::Other(cause)),
    }
}

impl<A, S: Clone> Clone for Repository<A, S> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            retry: self.retry,
            metadata: self.metadata.clone(),
            aggregate: PhantomData,
        }
    }
}

impl<A: Aggregate, S: fmt::Debug> fmt::Debug for Repository<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("aggregate", &A::NAME)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
