//! Loading: a stream replayed, up to now or to some time ago, whole or from where it was last seen.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::Repository;
use super::cache::Visit;
use super::once::Sought;
use crate::aggregate::Aggregate;
use crate::error::{LoadError, ReplayError};
use crate::fold::Fold;
use crate::id::StreamId;
use crate::root::Root;
use crate::store::{EventStore, EventStream, StreamQuery};
use crate::version::Version;

/// What came after a state that was seen.
enum Since<A> {
    Nothing,
    Events(Fold<A>),
    /// The stream is not the one that was seen: shorter, or with other events. So it is after a database was restored.
    Other,
}

impl<A: Aggregate, S: EventStore> Repository<A, S> {
    /// Loads the present state; with [snapshots](crate::snapshot), from the newest and what was stored after it. With a
    /// [cache](Self::cached), only what was stored since it was seen is read.
    ///
    /// # Errors
    /// [`LoadError::NotFound`] when no event has begun the stream; [`LoadError`] when it cannot be read or replayed.
    pub async fn load(&self, id: A::Id) -> Result<Root<A>, LoadError> {
        let stream = A::stream_id(id).map_err(LoadError::Name)?;
        let fold = match &self.cache {
            None => self.read_whole(&stream, None).await?,
            Some(cache) => {
                // Without a turn: who reads does not wait for who writes.
                let visit = cache.visit(stream.id());
                visit.hit();
                let fold = self.read_through(&visit, &stream, None, None).await?;
                fold.copy(visit.copier())
            }
        };
        Root::loaded(fold, self.metadata.clone())
    }

    /// Loads the state as it was at `version`; of a shorter stream, its present state. Meant to be looked at:
    /// what is decided on an old state conflicts when it is saved. A snapshot is used when it is not newer.
    ///
    /// # Errors
    /// As [`load`](Self::load); [`LoadError::NotFound`] at version 0.
    pub async fn load_at(&self, id: A::Id, version: Version) -> Result<Root<A>, LoadError> {
        let stream = A::stream_id(id).map_err(LoadError::Name)?;
        let (fold, _) = self.read_up_to(&stream, Some(version), None).await?;
        Root::loaded(fold, self.metadata.clone())
    }

    /// Loads the state as it was at `time`: up to, not including, the first event that happened (`occurred_at`) later.
    /// Snapshots are of no use to it: all events are looked at.
    ///
    /// # Errors
    /// As [`load`](Self::load); [`LoadError::NotFound`] when the first event happened later.
    pub async fn load_as_of(&self, id: A::Id, time: DateTime<Utc>) -> Result<Root<A>, LoadError> {
        let stream = A::stream_id(id).map_err(LoadError::Name)?;
        let begun = (Fold::new(stream.clone()), self.store.read_stream(&stream, StreamQuery::ALL));
        let loading = std::future::ready(Ok(begun));
        let (fold, _) = self.read_on(&stream, loading, |at| at <= time, None).await?;
        Root::loaded(fold, self.metadata.clone())
    }

    /// The present state, from the newest snapshot, or else from all events.
    pub(super) async fn read_whole(
        &self,
        stream: &StreamId,
        sought: Option<&mut Sought>,
    ) -> Result<Fold<A>, LoadError> {
        let (fold, from) = self.read_up_to(stream, None, sought).await?;
        let fold = fold.begun()?;
        self.loaded(from, &fold).await;
        Ok(fold)
    }

    /// The state at a version, and from which version on events were replayed.
    async fn read_up_to(
        &self,
        stream: &StreamId,
        up_to: Option<Version>,
        sought: Option<&mut Sought>,
    ) -> Result<(Fold<A>, Version), LoadError> {
        self.read_on(stream, self.resume(stream, up_to), |_| true, sought).await
    }

    /// Replays events while `keep` says yes to the time at which an event happened.
    async fn read_on<'a>(
        &self,
        stream: &StreamId,
        begun: impl Future<Output = Result<(Fold<A>, EventStream<'a>), LoadError>> + Send,
        keep: impl Fn(DateTime<Utc>) -> bool + Send + Sync,
        mut sought: Option<&mut Sought>,
    ) -> Result<(Fold<A>, Version), LoadError> {
        let span = tracing::debug_span!("es.load", %stream, version = Empty);
        let loading = async {
            let (mut fold, mut events) = begun.await?;
            let from = fold.version;
            while let Some(event) = events.try_next().await? {
                if !keep(event.occurred_at) {
                    break;
                }
                fold.replay(&event)?;
                if let Some(sought) = &mut sought {
                    sought.see(&event);
                }
            }
            Ok::<_, LoadError>((fold, from))
        };
        let (fold, from) = loading.instrument(span.clone()).await?;
        span.record("version", fold.version.get());
        Ok((fold, from))
    }

    /// The present state, from the one in the cache and what came after it; the cache has it then. If nothing came after a
    /// state that has met a conflict, it is not to be trusted.
    pub(super) async fn read_through(
        &self,
        visit: &Visit<'_, A>,
        stream: &StreamId,
        mut sought: Option<&mut Sought>,
        conflicted: Option<Version>,
    ) -> Result<Arc<Fold<A>>, LoadError> {
        if let Some(seen) = visit.seen() {
            match self.read_since(&seen, visit.copier(), sought.as_deref_mut()).await? {
                Since::Nothing if conflicted != Some(seen.version) => return Ok(seen),
                Since::Events(fold) => {
                    let fold = Arc::new(fold);
                    visit.keep(fold.clone());
                    return Ok(fold);
                }
                Since::Nothing | Since::Other => {
                    tracing::warn!(%stream, version = %seen.version, "the stream is not what the cache has seen");
                    visit.forget(&seen);
                }
            }
        }
        visit.missed();
        let fold = Arc::new(self.read_whole(stream, sought).await?);
        visit.keep(fold.clone());
        Ok(fold)
    }

    /// Reads on from a state. The last event that it knows is read once more, if it knows it, to see that it is still there.
    async fn read_since(
        &self,
        seen: &Fold<A>,
        copy: fn(&A) -> A,
        mut sought: Option<&mut Sought>,
    ) -> Result<Since<A>, LoadError> {
        let stream = &seen.stream;
        let span =
            tracing::debug_span!("es.load", %stream, after = seen.version.get(), version = Empty);
        let version = span.clone();
        let loading = async {
            let known = u64::from(seen.tip.is_some());
            let after = Version::new(seen.version.get().saturating_sub(known));
            let mut events = self.store.read_stream(stream, StreamQuery::after(after));
            if let Some(tip) = seen.tip {
                match events.try_next().await? {
                    Some(event) if (event.id, event.version) == (tip, seen.version) => {}
                    _ => return Ok(Since::Other),
                }
            }
            let mut newer = None;
            while let Some(event) = events.try_next().await? {
                let fold = newer.get_or_insert_with(|| seen.copy(copy));
                match fold.replay(&event) {
                    Err(LoadError::Replay {
                        cause: ReplayError::Hole { .. } | ReplayError::OtherStream { .. },
                        ..
                    }) => return Ok(Since::Other),
                    replayed => replayed?,
                }
                if let Some(sought) = &mut sought {
                    sought.see(&event);
                }
            }
            let now = newer.as_ref().map_or(seen.version, |fold| fold.version);
            version.record("version", now.get());
            Ok(newer.map_or(Since::Nothing, Since::Events))
        };
        loading.instrument(span).await
    }
}
