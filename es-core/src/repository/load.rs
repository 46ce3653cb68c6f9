//! Loading: a stream replayed, up to now or to some time ago.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::Repository;
use crate::aggregate::Aggregate;
use crate::error::LoadError;
use crate::fold::Fold;
use crate::root::Root;
use crate::store::{EventStore, StreamQuery};
use crate::version::Version;

impl<A: Aggregate, S: EventStore> Repository<A, S> {
    /// Loads the present state; with [snapshots](crate::snapshot), from the newest that fits and the events after it.
    ///
    /// # Errors
    /// [`LoadError::NotFound`] when no event has begun the stream; [`LoadError`] when it cannot be read or replayed.
    pub async fn load(&self, id: A::Id) -> Result<Root<A>, LoadError> {
        self.load_up_to(id, None).await
    }

    /// Loads the state as it was at `version`; of a shorter stream, its present state. Meant to be looked at:
    /// what is decided on an old state conflicts when it is saved. A snapshot is used when it is not newer.
    ///
    /// # Errors
    /// As [`load`](Self::load); [`LoadError::NotFound`] at version 0.
    pub async fn load_at(&self, id: A::Id, version: Version) -> Result<Root<A>, LoadError> {
        self.load_up_to(id, Some(version)).await
    }

    /// Loads the state as it was at `time`: up to, not including, the first event that happened (`occurred_at`) later.
    /// Snapshots are of no use to it: all events are looked at.
    ///
    /// # Errors
    /// As [`load`](Self::load); [`LoadError::NotFound`] when the first event happened later.
    pub async fn load_as_of(&self, id: A::Id, time: DateTime<Utc>) -> Result<Root<A>, LoadError> {
        let stream = A::stream_id(id).map_err(LoadError::Name)?;
        let span = tracing::debug_span!("es.load", %stream, version = Empty);
        let loading = async {
            let mut fold = Fold::new(stream.clone());
            let mut events = self.store.read_stream(&stream, StreamQuery::ALL);
            while let Some(event) = events.try_next().await? {
                if event.occurred_at > time {
                    break;
                }
                fold.replay(&event)?;
            }
            Ok::<_, LoadError>(fold)
        };
        let fold = loading.instrument(span.clone()).await?;
        span.record("version", fold.version.get());
        Root::loaded(fold, self.metadata.clone())
    }

    async fn load_up_to(&self, id: A::Id, up_to: Option<Version>) -> Result<Root<A>, LoadError> {
        let stream = A::stream_id(id).map_err(LoadError::Name)?;
        let span = tracing::debug_span!("es.load", %stream, version = Empty);
        let loading = async {
            let (mut fold, mut events) = self.begin(&stream, up_to).await?;
            let from = fold.version;
            while let Some(event) = events.try_next().await? {
                fold.replay(&event)?;
            }
            Ok::<_, LoadError>((fold, from))
        };
        let (fold, from) = loading.instrument(span.clone()).await?;
        span.record("version", fold.version.get());
        let root = Root::loaded(fold, self.metadata.clone())?;
        if up_to.is_none() {
            self.loaded(from, &root).await;
        }
        Ok(root)
    }
}
