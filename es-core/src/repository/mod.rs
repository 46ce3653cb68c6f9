//! Load, decide, append, and again on a conflict.

#[cfg(feature = "runtime")]
mod cache;
#[cfg(not(feature = "runtime"))]
#[path = "no_cache.rs"]
mod cache;
mod command;
mod inline;
mod load;
mod once;
mod save;
mod snapshot_writer;
mod snapshots;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use tracing::Instrument as _;
use tracing::field::Empty;

use self::cache::Cache;
use self::inline::Inline;
use self::snapshots::Snapshots;
use crate::aggregate::Aggregate;
#[cfg(feature = "runtime")]
use crate::bus::EventBus;
use crate::command_id::CommandId;
use crate::error::{ExecuteError, SaveError};
use crate::events::{Events, IntoEvents};
use crate::fold::Origin;
use crate::id::AggregateId as _;
use crate::metadata::Metadata;
use crate::root::{Committed, Root};
use crate::store::{BoxFuture, EventStore};

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

/// How well a repository's cache does; see [`Repository::cached`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheStats {
    /// How often a state was there.
    pub hits: u64,
    /// How often a stream was read from its beginning.
    pub misses: u64,
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
    inline: Option<Arc<Inline<S>>>,
    snapshots: Snapshots<A>,
    cache: Option<Arc<Cache<A>>>,
    #[cfg(feature = "runtime")]
    bus: Option<EventBus>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: Aggregate, S: EventStore> Repository<A, S> {
    /// The aggregates of kind `A` in `store`.
    pub fn new(store: S) -> Self {
        Self {
            store,
            retry: RetryPolicy::times(10),
            metadata: Metadata::new(),
            inline: None,
            snapshots: Snapshots::new(),
            cache: None,
            #[cfg(feature = "runtime")]
            bus: None,
            aggregate: PhantomData,
        }
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
        Self { metadata, ..self.clone() }
    }

    /// Publishes on a bus what this repository saves, after it is saved: the events as they are stored, read back once per
    /// save. That they are stored does not depend on it: what cannot be read back is logged and counted by the bus, and
    /// what is saved while the process ends, or by a future that is dropped, may not be published at all. Nor is what
    /// [`execute_once`](Self::execute_once) or [`create_once`](Self::create_once) find stored already: by an attempt of before,
    /// or by their own whose answer was lost, which cannot be told apart. Whoever must not miss an event follows the log
    /// of the store.
    #[cfg(feature = "runtime")]
    #[must_use]
    pub fn publish_to(mut self, bus: &EventBus) -> Self {
        self.bus = Some(bus.clone());
        self
    }

    /// How often a state was found in the cache; zeros without one. With the feature `metrics` also as the counters
    /// `es_cache_hits_total` and `es_cache_misses_total`, of all repositories of an `aggregate`.
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.as_ref().map(|cache| cache.stats()).unwrap_or_default()
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
        self.begin_stream(None, id, events)
    }

    /// Loads, decides, appends; on a conflict loads again and decides anew on the fresh state, as the
    /// [`RetryPolicy`] allows. A decision that records nothing appends nothing.
    ///
    /// # Errors
    /// [`ExecuteError::Domain`] with the decision's own error; otherwise what loading or saving says.
    pub fn execute<'a, E, D>(
        &'a self,
        id: A::Id,
        decide: impl FnMut(&A) -> Result<E, D> + Send + 'a,
    ) -> BoxFuture<'a, Result<Committed, ExecuteError<D>>>
    where
        E: IntoEvents<A> + 'a,
        D: 'a,
    {
        self.run(None, id, decide)
    }

    fn run<'a, E, D>(
        &'a self,
        command: Option<CommandId>,
        id: A::Id,
        mut decide: impl FnMut(&A) -> Result<E, D> + Send + 'a,
    ) -> BoxFuture<'a, Result<Committed, ExecuteError<D>>>
    where
        E: IntoEvents<A> + 'a,
        D: 'a,
    {
        let span = tracing::debug_span!("es.execute", aggregate = A::NAME, id = %id.uuid(), command = Empty, attempts = Empty);
        if let Some(command) = command {
            span.record("command", tracing::field::display(command));
        }
        let watched = span.clone();
        let executing = async move {
            let mut decide = move |state: &A| decide(state).map(Events::of);
            self.carry_out(command, id, &mut decide, &watched).await
        };
        Box::pin(executing.instrument(span))
    }

    fn begin_stream(
        &self,
        command: Option<CommandId>,
        id: A::Id,
        events: impl IntoEvents<A>,
    ) -> BoxFuture<'_, Result<Committed, SaveError>> {
        let metadata = self.metadata_for(command);
        let origin = Origin { metadata: &metadata, command };
        let begun = Root::begin(id, events, &origin);
        Box::pin(async move {
            let (fold, events) = begun?;
            self.append_first(command, fold, events).await
        })
    }
}

impl<A, S: Clone> Clone for Repository<A, S> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            retry: self.retry,
            metadata: self.metadata.clone(),
            inline: self.inline.clone(),
            snapshots: self.snapshots.clone(),
            cache: self.cache.clone(),
            #[cfg(feature = "runtime")]
            bus: self.bus.clone(),
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
