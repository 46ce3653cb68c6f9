//! Saving a root: one append, and what its answer means.

use std::sync::Arc;

use tracing::Instrument as _;

use super::Repository;
use super::once::Sought;
use crate::aggregate::Aggregate;
use crate::command_id::CommandId;
use crate::error::{AppendError, Cause, SaveError, StoreError};
use crate::fold::Fold;
use crate::id::{EventId, StreamId};
use crate::inline::InlineError;
use crate::record::NewEvent;
use crate::root::{Committed, Root};
use crate::store::{Appended, EventStore, StreamAppend};
use crate::version::{ExpectedVersion, Version};

impl<A: Aggregate, S: EventStore> Repository<A, S> {
    /// Saves what is pending on a root, in one append; nothing pending is nothing to do. A root that could not be
    /// saved keeps its pending events. Dropping the future leaves them stored whole or not at all; after that, and
    /// after [`AppendError::OutcomeUnknown`], saving the same root again finds out and never stores them twice.
    ///
    /// # Errors
    /// [`SaveError::Append`] with a conflict when the stream has moved on since the root was loaded;
    /// [`SaveError::AlreadyExists`] when the root is new and the stream is not; [`SaveError::Inline`] when a projection
    /// that runs inside the append fails.
    pub async fn save(&self, root: &mut Root<A>) -> Result<Committed, SaveError> {
        let before = root.version();
        let saved = self.save_pending(root).await;
        if saved.is_ok() && root.is_saved() {
            self.saved(before, root.fold()).await;
        }
        if let Some(cache) = &self.cache
            && let Some(visit) = cache.peek(root.stream().id())
            && let Some(saved) = root.saved_state(visit.copier())
        {
            visit.keep(Arc::new(saved));
        }
        // Also after an error: an earlier attempt may have been found, and what was recorded since refused.
        self.publish(root.stream(), before, root.version()).await;
        saved
    }

    /// The append that begins a stream.
    pub(super) async fn append_first(
        &self,
        command: Option<CommandId>,
        mut fold: Fold<A>,
        events: Vec<NewEvent>,
    ) -> Result<Committed, SaveError> {
        let (stream, count) = (fold.stream.clone(), events.len());
        let mut sought = command.map(|command| Sought::new(command, stream.id()));
        let last = events.last().map(|event| event.id);
        let expected = ExpectedVersion::Exact(Version::START);
        let answer = self.append(StreamAppend::new(stream.clone(), expected, events)).await;
        let appended = match answer.and_then(|appended| trusted(appended, last, sought.as_ref())) {
            Ok(appended) => appended,
            Err(error) => {
                let refused = self.refused(error, sought.as_mut(), &stream).await;
                return refused.map_err(|error| match error {
                    SaveError::Append(AppendError::Conflict { stream, .. }) => {
                        SaveError::AlreadyExists { stream }
                    }
                    error => error,
                });
            }
        };
        fold.appended(appended, last);
        let done = Committed::of(&fold, count);
        self.saved(Version::START, &fold).await;
        if let Some(cache) = &self.cache {
            cache.visit(stream.id()).keep(Arc::new(fold));
        }
        self.publish(&stream, Version::START, done.version()).await;
        Ok(done)
    }

    /// Publishes what was stored after one version, up to and including another.
    #[cfg_attr(
        not(feature = "runtime"),
        expect(
            unused_variables,
            clippy::unused_async,
            reason = "without a runtime there is no bus"
        )
    )]
    pub(super) async fn publish(&self, stream: &StreamId, before: Version, version: Version) {
        #[cfg(feature = "runtime")]
        if let Some(bus) = &self.bus {
            bus.publish_stored(&self.store, stream, before, version).await;
        }
    }

    async fn save_pending(&self, root: &mut Root<A>) -> Result<Committed, SaveError> {
        let events = root.pending().len();
        let doubtful = root.in_doubt();
        if doubtful {
            self.find_saved(root).await?;
        }
        while let Some(append) = root.to_append()? {
            root.doubt(true);
            let error = match self.append(append).await {
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
        Ok(root.committed(events))
    }

    /// One attempt, with the projections that want any of its events.
    pub(super) async fn append(&self, append: StreamAppend) -> Result<Appended, InlineError> {
        let span = tracing::debug_span!(
            "es.append",
            stream = %append.stream,
            events = append.events.len(),
            outcome = tracing::field::Empty,
            version = tracing::field::Empty,
        );
        let appending = async {
            match &self.inline {
                Some(inline) if inline.projections.want(&append.events) => {
                    (inline.append)(&self.store, append, &inline.projections).await
                }
                _ => Ok(self.store.append(append).await?),
            }
        };
        let answer = appending.instrument(span.clone()).await;
        span.record("outcome", outcome(&answer));
        if let Ok(appended) = &answer {
            span.record("version", appended.version.get());
        }
        answer
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
}

/// What a refused append means for the root. Once an attempt was in doubt, only a conflict is a definite answer: the
/// stream has moved past the place of that attempt, so it can never come to be stored.
fn refused<A: Aggregate>(root: &mut Root<A>, error: InlineError, doubtful: bool) -> SaveError {
    match error {
        InlineError::Append(AppendError::Conflict { .. }) => {}
        InlineError::Append(error @ AppendError::OutcomeUnknown { .. }) => return error.into(),
        InlineError::Append(error) if doubtful => return unknown(root, Cause::new(error)).into(),
        error if doubtful => return unknown(root, Cause::new(error)).into(),
        _ => {}
    }
    root.doubt(false);
    match error {
        InlineError::Append(AppendError::Conflict { stream, .. }) if root.is_created() => {
            SaveError::AlreadyExists { stream }
        }
        error => error.into(),
    }
}

/// An append that is known to have stored what was sent. Events of a command's ids that were only found may be those of
/// another attempt at it, which recorded others.
pub(super) fn trusted(
    appended: Appended,
    last: Option<EventId>,
    sought: Option<&Sought>,
) -> Result<Appended, InlineError> {
    match (appended.found, last, sought) {
        (true, Some(event), Some(_)) => Err(AppendError::DuplicateEvent { event }.into()),
        _ => Ok(appended),
    }
}

fn unknown<A: Aggregate>(root: &Root<A>, cause: Cause) -> AppendError {
    let stream = root.stream().clone();
    match root.pending().first() {
        Some(first) => AppendError::OutcomeUnknown { stream, first_event: first.id, cause },
        None => AppendError::Store(StoreError::Other(cause)),
    }
}

/// The answer in a word, for who watches.
fn outcome(answer: &Result<Appended, InlineError>) -> &'static str {
    match answer {
        Ok(_) => "stored",
        Err(InlineError::Append(AppendError::Conflict { .. })) => "conflict",
        Err(InlineError::Append(AppendError::DuplicateEvent { .. })) => "duplicate",
        Err(InlineError::Append(AppendError::Invalid(_))) => "refused",
        Err(InlineError::Append(AppendError::OutcomeUnknown { .. })) => "unknown",
        Err(InlineError::Append(AppendError::Store(_))) => "failed",
        Err(InlineError::Projection { .. }) => "projection failed",
    }
}
