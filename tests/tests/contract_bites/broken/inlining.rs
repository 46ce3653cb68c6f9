//! Ways to run projections beside an append instead of inside it.

use chrono::Utc;
use es_core::{
    AppendError, Appended, Checkpoint, EventStore as _, InlineError, InlineProjections,
    InlineStore, Position, ProjectionBatch as _, ProjectionStore as _, StoreError, StoredEvent,
    StreamAppend, StreamQuery, Version,
};
use futures_util::TryStreamExt as _;
use tokio::task::yield_now;
use uuid::Uuid;

use super::Broken;
use crate::fault::Fault;

/// How a broken store runs projections.
#[derive(Clone, Copy)]
pub(crate) enum Inlining {
    /// Not at all.
    Ignores,
    /// After the append, on what it has stored, a little changed.
    EventsFirst(fn(&mut StoredEvent)),
    /// The same, one append after the other.
    InTurn(fn(&mut StoredEvent)),
    /// Before the append, on what it will probably store.
    RowsFirst,
    /// The same, and each row is there as soon as it is written.
    RowsAtOnce,
}

impl InlineStore for Broken {
    async fn append_inline(
        &self,
        append: StreamAppend,
        projections: &InlineProjections,
    ) -> Result<Appended, InlineError> {
        let Fault::Inlining(way) = self.fault else {
            let mut answer = self.inner.append_inline(append, projections).await;
            if let Fault::Inlined(tamper) = self.fault {
                tamper(&mut answer);
            }
            return answer;
        };
        let _turn = match way {
            Inlining::InTurn(_) => self.alone.acquire().await.ok(),
            _ => None,
        };
        match way {
            Inlining::Ignores => Ok(self.inner.append(append).await?),
            Inlining::EventsFirst(tamper) | Inlining::InTurn(tamper) => {
                let stream = append.stream.clone();
                let done = self.inner.append(append).await?;
                yield_now().await;
                let before = StreamQuery::after(Version::new(done.first_version.get() - 1));
                let stored = self.inner.read_stream(&stream, before.up_to(done.version));
                let mut stored: Vec<_> = stored.try_collect().await.map_err(AppendError::from)?;
                stored.iter_mut().for_each(tamper);
                self.write_rows(&stored, projections).await?;
                Ok(done)
            }
            Inlining::RowsFirst | Inlining::RowsAtOnce => {
                let foreseen = self.foresee(&append).await.map_err(AppendError::from)?;
                self.write_rows(&foreseen, projections).await?;
                yield_now().await;
                Ok(self.inner.append(append).await?)
            }
        }
    }
}

impl Broken {
    /// The events as they are stored if nobody else appends.
    async fn foresee(&self, append: &StreamAppend) -> Result<Vec<StoredEvent>, StoreError> {
        let there = self.inner.read_stream(&append.stream, StreamQuery::ALL);
        let version = there.try_collect::<Vec<_>>().await?.len() as u64;
        let head = self.inner.settled().await?.get();
        let foreseen = append.events.iter().zip(1..).map(|(event, nth)| {
            let (version, position) = (Version::new(version + nth), Position::new(head + nth));
            StoredEvent::record(event.clone(), append.stream.clone(), version, position, Utc::now())
        });
        Ok(foreseen.collect())
    }

    async fn write_rows(
        &self,
        events: &[StoredEvent],
        projections: &InlineProjections,
    ) -> Result<(), InlineError> {
        let name = Uuid::now_v7().to_string();
        let batch = self.begin(&name, 1).await;
        let mut batch = batch.map_err(AppendError::from)?;
        projections.run(events, batch.backend()).await?;
        yield_now().await;
        let done = batch.commit(Checkpoint::default()).await;
        Ok(done.map_err(AppendError::from)?)
    }
}
