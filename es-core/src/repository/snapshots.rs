//! Snapshots: a load begins at one, a save that crosses a multiple makes one.

use std::sync::Arc;

use super::Repository;
use super::snapshot_writer::SnapshotWriter;
use crate::aggregate::Aggregate;
use crate::error::{LoadError, SnapshotError, StoreError};
use crate::fold::Fold;
use crate::id::StreamId;
use crate::root::Root;
use crate::snapshot::{
    NewSnapshot, Snapshot, SnapshotPolicy, SnapshotQuery, StoredSnapshot, figures,
};
use crate::store::{BoxFuture, EventStore, EventStream, StreamQuery};
use crate::version::Version;

/// What a repository and those cloned from it have for snapshots.
pub(super) struct Snapshots<A> {
    /// `None`: neither read nor made.
    policy: Option<SnapshotPolicy<A>>,
    writer: Arc<SnapshotWriter>,
}

impl<A: Aggregate> Snapshots<A> {
    pub(super) fn new() -> Self {
        Self { policy: A::SNAPSHOTS, writer: Arc::default() }
    }
}

impl<A> Clone for Snapshots<A> {
    fn clone(&self) -> Self {
        Self { policy: self.policy, writer: Arc::clone(&self.writer) }
    }
}

impl<A: Aggregate, S: EventStore> Repository<A, S> {
    /// Makes a snapshot of an aggregate whenever a save reaches or passes a version that is a multiple of `events`, and
    /// begins loads at the newest one; instead of what the aggregate itself says. With 0 this repository neither makes nor
    /// uses any. [`snapshot`](crate::snapshot) tells when they are worth it.
    ///
    /// A snapshot is written after the save, by a task that belongs to this repository and those cloned from it; the
    /// command does not wait for it. It is a cache: that it fails is logged, and harms nothing. One that is under way
    /// when the last of the repositories is dropped may be lost, as may one that falls due while another of the same stream, or
    /// eight others, are being written: the next multiple makes the next. Without the feature `runtime`, or outside tokio, the
    /// save waits for it.
    #[must_use]
    pub fn snapshot_every(mut self, events: u64) -> Self
    where
        A: Snapshot,
    {
        self.snapshots.policy = (events > 0).then(|| SnapshotPolicy::every(events));
        self
    }

    /// Makes a snapshot now, and waits for it: for programs that end after a command, or to prepare streams that are long
    /// already. Answers whether it is kept: false when there is a newer one, or a store that keeps none. Used by repositories
    /// that have snapshots on.
    ///
    /// # Errors
    /// [`SnapshotError::Unsaved`] when the root has pending events; [`SnapshotError`] when its state cannot be written
    /// or stored.
    pub async fn snapshot_now(&self, root: &Root<A>) -> Result<bool, SnapshotError>
    where
        A: Snapshot,
    {
        if !root.is_saved() {
            return Err(SnapshotError::Unsaved { stream: root.stream().clone() });
        }
        let snapshot = snapshot_of(root.fold(), &SnapshotPolicy::DEFAULT)?;
        Ok(self.store.save_snapshot(snapshot).await?)
    }

    /// What to begin a load with, and the events that are still to be replayed on it.
    pub(super) async fn resume<'a>(
        &'a self,
        stream: &'a StreamId,
        up_to: Option<Version>,
    ) -> Result<(Fold<A>, EventStream<'a>), LoadError> {
        let all = StreamQuery { up_to, ..StreamQuery::ALL };
        let Some(policy) = self.snapshots.policy else {
            return Ok((Fold::new(stream.clone()), self.store.read_stream(stream, all)));
        };
        let query = SnapshotQuery { up_to, ..SnapshotQuery::of(policy.fingerprint()) };
        let (found, events) = self.store.read_from_snapshot(stream, query).await?;
        let Some(StoredSnapshot { snapshot, event, .. }) = found else {
            return Ok((Fold::new(stream.clone()), events));
        };
        match policy.decode(&snapshot.state) {
            Ok(state) => {
                figures::hit(A::NAME);
                tracing::debug!(%stream, version = %snapshot.version, "begun at a snapshot");
                let NewSnapshot { version, position, .. } = snapshot;
                let fold = Fold::resumed(stream.clone(), state, version, position, event);
                Ok((fold, events))
            }
            Err(error) => {
                figures::failed(A::NAME);
                tracing::warn!(%stream, version = %snapshot.version, %error, "a snapshot cannot be read and is passed over");
                drop(events);
                Ok((Fold::new(stream.clone()), self.store.read_stream(stream, all)))
            }
        }
    }

    /// A load is done. When it had to replay so many events that a snapshot should have been there, there was none that
    /// could be used: it is made now, for those who load after.
    pub(super) async fn loaded(&self, from: Version, fold: &Fold<A>) {
        let Some(policy) = &self.snapshots.policy else { return };
        let replayed = fold.version.get().saturating_sub(from.get());
        if policy.get_every() <= replayed {
            if from == Version::START {
                figures::miss(A::NAME);
            }
            self.write(fold, policy).await;
        }
    }

    /// A save has gone through, and has left this. Makes a snapshot if a multiple was crossed.
    pub(super) async fn saved(&self, before: Version, fold: &Fold<A>) {
        if let Some(policy) = &self.snapshots.policy
            && policy.is_due(before, fold.version)
        {
            self.write(fold, policy).await;
        }
    }

    async fn write(&self, fold: &Fold<A>, policy: &SnapshotPolicy<A>) {
        let stream = &fold.stream;
        let Some(turn) = self.snapshots.writer.begin(stream) else {
            tracing::debug!(%stream, "no snapshot is made: this stream's last, or too many others, are being written");
            return;
        };
        let writing = match snapshot_of(fold, policy) {
            Ok(snapshot) => self.store.save_snapshot(snapshot),
            Err(error) => return failed::<A>(stream, &error),
        };
        let watched = watch::<A>(stream.clone(), fold.version, writing);
        self.snapshots.writer.run(turn, watched).await;
    }
}

fn snapshot_of<A: Aggregate>(
    fold: &Fold<A>,
    policy: &SnapshotPolicy<A>,
) -> Result<NewSnapshot, SnapshotError> {
    let state = fold.state.as_ref().expect("a snapshot is made only of a stream that has begun");
    let (state, stream) = (policy.encode(state)?, fold.stream.clone());
    Ok(NewSnapshot::new(stream, fold.version, fold.position, policy.fingerprint(), state))
}

async fn watch<A: Aggregate>(
    stream: StreamId,
    version: Version,
    writing: BoxFuture<'static, Result<bool, StoreError>>,
) {
    match writing.await {
        Ok(true) => {
            figures::written(A::NAME);
            tracing::debug!(%stream, %version, "a snapshot was stored");
        }
        Ok(false) => tracing::debug!(%stream, %version, "a snapshot was not needed"),
        Err(error) => failed::<A>(&stream, &error.into()),
    }
}

fn failed<A: Aggregate>(stream: &StreamId, error: &SnapshotError) {
    figures::failed(A::NAME);
    tracing::warn!(%stream, %error, "a snapshot could not be made; nothing else is amiss");
}
