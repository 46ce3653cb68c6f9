//! States of aggregates, kept between commands.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::sync::Cache as Slots;
use tokio::sync::{Mutex as Turn, MutexGuard as TurnGuard};
use uuid::Uuid;

use super::{CacheStats, Repository};
use crate::aggregate::Aggregate;
use crate::fold::Fold;

/// For how many streams there is room from the beginning; a larger cache grows.
const ROOM: usize = 1024;

impl<A: Aggregate + Clone, S> Repository<A, S> {
    /// Keeps the states of about `capacity` aggregates in memory (at least one), those that are used most. A command then
    /// decides on the state that was last seen and appends at its version: one round trip. If another process has written
    /// meanwhile, that is a conflict; only the missing events are read, and it decides anew, as the [`RetryPolicy`] says.
    /// A stale state costs a retry, never a wrong write. Clones of the repository share the cache.
    ///
    /// Commands of one process to one aggregate take turns, in the order in which they come, so that they do not conflict
    /// with each other; dropping the future gives the turn back. Reading takes no turn. A decision that records nothing,
    /// refused or with nothing to record, is made on what is stored now: if it was made on a cached state, what is missing
    /// is read, and it is made once more. `load_at` and `load_as_of` always read the store.
    ///
    /// How large a state is, is yours to know: the cache counts aggregates, not bytes. A state of the cache was made partly
    /// from events as they were recorded, with [`position`](crate::EventContext::position) and
    /// [`recorded_at`](crate::EventContext::recorded_at) not known yet, so a handler must keep neither in the state. After
    /// a database was restored to an earlier time, start again the programs that write to it.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # #[derive(Serialize, Deserialize, Event)] struct Withdrawn { cents: i64 }
    /// #[derive(Clone, Default)]
    /// struct Account { cents: i64 }
    /// # #[aggregate(name = "account", id = Uuid)]
    /// # impl Account {
    /// #     #[handles(Withdrawn)] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
    /// #     fn withdraw(&self, cents: i64) -> Result<Withdrawn, &'static str> { Ok(Withdrawn { cents }) }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ExecuteError<&'static str>> {
    /// let accounts = Repository::<Account, _>::new(MemoryStore::new()).cached(10_000);
    /// let id = Uuid::now_v7();
    /// accounts.create(id, Withdrawn { cents: 50 }).await?;
    /// accounts.execute(id, |account| account.withdraw(10)).await?; // loads nothing
    /// assert_eq!(accounts.cache_stats().hits, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// [`RetryPolicy`]: crate::RetryPolicy
    #[must_use]
    pub fn cached(mut self, capacity: usize) -> Self {
        let capacity = NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN);
        self.cache = Some(Arc::new(Cache::new(capacity, A::clone)));
        self
    }
}

/// The slots of a repository and its clones.
pub(super) struct Cache<A> {
    // Of the small caches this one is bounded, has no thread, many locks, and survives a scan over all aggregates.
    slots: Slots<Uuid, Arc<Slot<A>>>,
    copy: fn(&A) -> A,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// A place for the state of one aggregate. It may leave the cache while it is in use: then there are two of it for a while,
/// whose commands meet in the store as those of two processes do.
struct Slot<A> {
    turn: Turn<()>,
    /// What the stream was at some version: no other state is ever put here. Locked for as long as a pointer is copied.
    seen: Mutex<Option<Arc<Fold<A>>>>,
}

impl<A> Slot<A> {
    fn seen(&self) -> MutexGuard<'_, Option<Arc<Fold<A>>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A> Cache<A> {
    fn new(capacity: NonZeroUsize, copy: fn(&A) -> A) -> Self {
        let (room, weight) = (capacity.get().min(ROOM), capacity.get() as u64);
        let slots = Slots::with(
            room,
            weight,
            quick_cache::UnitWeighter,
            quick_cache::DefaultHashBuilder::default(),
            quick_cache::sync::DefaultLifecycle::default(),
        );
        Self { slots, copy, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// The slot of a stream, for one command or one look.
    pub(super) fn visit(&self, stream: Uuid) -> Visit<'_, A> {
        let slot = self.slots.get_or_insert_with(&stream, || {
            Ok::<_, std::convert::Infallible>(Arc::new(Slot {
                turn: Turn::new(()),
                seen: Mutex::new(None),
            }))
        });
        let Ok(slot) = slot;
        Visit { cache: self, stream, slot }
    }

    /// The slot of a stream, if there is one.
    pub(super) fn peek(&self, stream: Uuid) -> Option<Visit<'_, A>> {
        let slot = self.slots.peek(&stream)?;
        Some(Visit { cache: self, stream, slot })
    }

    pub(super) fn stats(&self) -> CacheStats {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        CacheStats { hits: read(&self.hits), misses: read(&self.misses) }
    }
}

/// A slot in use.
pub(super) struct Visit<'c, A> {
    cache: &'c Cache<A>,
    stream: Uuid,
    slot: Arc<Slot<A>>,
}

impl<A> Visit<'_, A> {
    pub(super) fn seen(&self) -> Option<Arc<Fold<A>>> {
        self.slot.seen().clone()
    }

    pub(super) fn copier(&self) -> fn(&A) -> A {
        self.cache.copy
    }

    /// Keeps a state, unless a later one is there.
    pub(super) fn keep(&self, fold: Arc<Fold<A>>) {
        let mut seen = self.slot.seen();
        if seen.as_ref().is_some_and(|seen| seen.version >= fold.version) {
            return;
        }
        let before = seen.replace(fold);
        drop(seen);
        // Not before: what the user's `Drop` does must not be done under a lock.
        drop(before);
    }

    /// Gives up a state that has turned out to be none of the stream's.
    pub(super) fn forget(&self, wrong: &Arc<Fold<A>>) {
        let mut seen = self.slot.seen();
        let before = seen.take_if(|seen| Arc::ptr_eq(seen, wrong));
        drop(seen);
        drop(before);
    }
}

impl<A: Aggregate> Visit<'_, A> {
    /// Waits until all commands that came before are done.
    pub(super) async fn turn(&self) -> TurnGuard<'_, ()> {
        self.slot.turn.lock().await
    }

    /// [`seen`](Self::seen), and counts it.
    pub(super) fn hit(&self) -> Option<Arc<Fold<A>>> {
        let seen = self.seen()?;
        self.cache.hits.fetch_add(1, Ordering::Relaxed);
        #[cfg(feature = "metrics")]
        metrics::counter!("es_cache_hits_total", "aggregate" => A::NAME).increment(1);
        Some(seen)
    }

    /// Counts that a stream is read from its beginning.
    pub(super) fn missed(&self) {
        self.cache.misses.fetch_add(1, Ordering::Relaxed);
        #[cfg(feature = "metrics")]
        metrics::counter!("es_cache_misses_total", "aggregate" => A::NAME).increment(1);
    }
}

impl<A> Drop for Visit<'_, A> {
    /// A slot that has come to nothing (there is no such stream, or the load failed) makes room, unless others use it.
    fn drop(&mut self) {
        if self.slot.seen().is_some() {
            return;
        }
        self.cache.slots.remove_if(&self.stream, |slot| {
            // The cache's own pointer and this one.
            Arc::ptr_eq(slot, &self.slot) && Arc::strong_count(slot) <= 2 && slot.seen().is_none()
        });
    }
}

impl<A> fmt::Debug for Cache<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::StreamId;
    use crate::name::Category;
    use crate::version::{Position, Version};

    fn cache(capacity: usize) -> Cache<u64> {
        Cache::new(NonZeroUsize::new(capacity).expect("some room"), |state| *state)
    }

    fn fold(stream: Uuid, version: u64) -> Arc<Fold<u64>> {
        let stream = StreamId::new(Category::new("n").expect("a name"), stream);
        let (version, position) = (Version::new(version), Position::new(version));
        Arc::new(Fold { stream, state: Some(version.get()), version, position, tip: None })
    }

    fn version(cache: &Cache<u64>, stream: Uuid) -> Option<u64> {
        cache.visit(stream).seen().map(|fold| fold.version.get())
    }

    #[test]
    fn it_is_bounded() {
        for capacity in [1, 100, 5_000] {
            let cache = cache(capacity);
            for n in 0..20_000 {
                let stream = Uuid::from_u128(n);
                cache.visit(stream).keep(fold(stream, 1));
            }
            // Each of its locks guards a share of the room, rounded up.
            let most = capacity + capacity / 20;
            assert!((capacity / 2..=most).contains(&cache.slots.len()), "{}", cache.slots.len());
        }
    }

    #[test]
    fn what_comes_to_nothing_makes_room() {
        let (cache, stream) = (cache(10), Uuid::from_u128(1));
        let (first, second) = (cache.visit(stream), cache.visit(stream));
        drop(first);
        assert_eq!(cache.slots.len(), 1, "the other one still waits for its turn");
        drop(second);
        assert_eq!(cache.slots.len(), 0);
        cache.visit(stream).keep(fold(stream, 1));
        drop(cache.visit(stream));
        assert_eq!(version(&cache, stream), Some(1));
    }

    #[test]
    fn a_later_state_stays_and_a_wrong_one_goes() {
        let (cache, stream) = (cache(10), Uuid::from_u128(1));
        let visit = cache.visit(stream);
        for (put, there) in [(2, 2), (1, 2), (5, 5), (5, 5), (4, 5)] {
            visit.keep(fold(stream, put));
            assert_eq!(version(&cache, stream), Some(there));
        }
        visit.forget(&fold(stream, 5));
        assert_eq!(version(&cache, stream), Some(5), "somebody else's finding");
        visit.forget(&visit.seen().expect("it is there"));
        assert_eq!(version(&cache, stream), None);
    }

    #[test]
    fn what_left_the_cache_while_in_use_does_no_harm() {
        let (cache, stream) = (cache(10), Uuid::from_u128(1));
        let visit = cache.visit(stream);
        cache.slots.remove(&stream);
        cache.visit(stream).keep(fold(stream, 3));
        drop(visit);
        assert_eq!(version(&cache, stream), Some(3), "that is another slot");
    }
}
