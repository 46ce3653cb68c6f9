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

    /// Replays the stream while `keep` says yes to the time at which an event happened.
    async fn load_while(
        &self,
        id: A::Id,
        query: StreamQuery,
        keep: impl Fn(DateTime<Utc>) -> bool + Send,
    ) -> Result<Root<A>, LoadError> {
        let stream = A::stream_id(id).map_err(LoadError::Name)?;
        let span = tracing::debug_span!("es.load", %stream, version = Empty);
        let loading = async move {
            let mut fold = Fold::new(stream.clone());
            let mut events = self.store.read_stream(&stream, query);
            while let Some(event) = events.try_next().await? {
                if !keep(event.occurred_at) {
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
}
