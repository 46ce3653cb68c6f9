//! One command: a state, a decision, an append; on a conflict what is missing, and a decision anew.

use std::sync::Arc;

use tracing::Span;

use super::Repository;
use super::cache::Visit;
use super::once::Sought;
use super::save::trusted;
use crate::aggregate::Aggregate;
use crate::command_id::CommandId;
use crate::error::{ExecuteError, LoadError, SaveError};
use crate::events::Events;
use crate::fold::{Fold, Origin};
use crate::id::StreamId;
use crate::inline::InlineError;
use crate::root::Committed;
use crate::store::{EventStore, StreamAppend};
use crate::version::{ExpectedVersion, Version};

/// A decision, whatever types its events have.
pub(super) type Decide<'d, A, D> = dyn FnMut(&A) -> Result<Events<A>, D> + Send + 'd;

/// The state that a decision is made on: of a stream that has begun.
enum Base<A> {
    /// Loaded for this command alone.
    Own(Fold<A>),
    /// As the cache holds it, and how its state is copied.
    Shared(Arc<Fold<A>>, fn(&A) -> A),
}

impl<A: Aggregate> Base<A> {
    fn fold(&self) -> &Fold<A> {
        match self {
            Self::Own(fold) => fold,
            Self::Shared(fold, _) => fold,
        }
    }

    fn state(&self) -> &A {
        self.fold().state.as_ref().expect("a base is made only of a stream that has begun")
    }

    /// To record events on. What the cache holds stays what is stored, whatever becomes of them.
    fn into_draft(self) -> Fold<A> {
        match self {
            Self::Own(fold) => fold,
            Self::Shared(fold, copy) => fold.copy(copy),
        }
    }
}

/// What all attempts at one command have in common.
struct Command<'r, A> {
    stream: StreamId,
    visit: Option<&'r Visit<'r, A>>,
    origin: Origin<'r>,
    sought: Option<Sought>,
    /// The state was read from the store since the command came.
    fresh: bool,
}

impl<A> Command<'_, A> {
    /// What the same command recorded before, as far as that was seen.
    fn first_outcome(&self) -> Option<Committed> {
        self.sought.as_ref()?.found(&self.stream)
    }

    /// Whether to record nothing can be the answer: the state is no old one, and the command not a repetition.
    fn is_sure(&self) -> bool {
        self.fresh && self.sought.as_ref().is_none_or(Sought::is_settled)
    }
}

/// A decision that stands: one that records something, for the store then finds out whether it was made on an old state,
/// or one that was made when this was `sure`. A function, so that the domain's error need not be `Send`.
fn final_decision<A: Aggregate, D>(
    decided: Result<Events<A>, D>,
    sure: bool,
) -> Result<Option<Events<A>>, D> {
    match decided {
        Ok(events) if sure || !events.is_empty() => Ok(Some(events)),
        Err(refused) if sure => Err(refused),
        _ => Ok(None),
    }
}

impl<A: Aggregate, S: EventStore> Repository<A, S> {
    /// Carries out a command, as [`execute`](Self::execute) and [`execute_once`](Self::execute_once) promise.
    ///
    /// A decision on a state of the cache that records nothing is made once more on what is stored now, before the caller
    /// hears of it: nobody is refused for what is long past.
    pub(super) async fn carry_out<D>(
        &self,
        command: Option<CommandId>,
        id: A::Id,
        decide: &mut Decide<'_, A, D>,
        span: &Span,
    ) -> Result<Committed, ExecuteError<D>> {
        let stream = A::stream_id(id).map_err(LoadError::Name)?;
        let visit = self.cache.as_ref().map(|cache| cache.visit(stream.id()));
        let turn = match &visit {
            Some(visit) => Some(visit.turn().await),
            None => None,
        };
        let visit = visit.as_ref();
        let metadata = self.metadata_for(command);
        let sought = command.map(|command| Sought::new(command, stream.id()));
        let origin = Origin { metadata: &metadata, command };
        let mut command = Command { stream, visit, origin, sought, fresh: false };
        let mut base = self.begin(&mut command).await?;
        let mut retries = 0;
        loop {
            span.record("attempts", retries + 1);
            if let Some(first) = command.first_outcome() {
                return Ok(first);
            }
            let decided = final_decision(decide(base.state()), command.is_sure());
            let Some(events) = decided.map_err(ExecuteError::Domain)? else {
                base = self.make_sure(&mut command, base).await?;
                continue;
            };
            if events.is_empty() {
                return Ok(Committed::of(base.fold(), 0));
            }
            let before = base.fold().version;
            let error = match self.append_to(base, events, &command).await? {
                Ok((fold, events)) => {
                    let done = Committed::of(&fold, events);
                    let fold = Arc::new(fold);
                    if let Some(visit) = visit {
                        visit.keep(Arc::clone(&fold));
                    }
                    // The next command need not wait until this one is written down and published.
                    drop(turn);
                    self.saved(before, &fold).await;
                    self.publish(&done.stream, before, done.version).await;
                    return Ok(done);
                }
                Err(error) => error,
            };
            if !error.is_conflict() || retries >= self.retry.retries {
                return Ok(self.refused(error, command.sought.as_mut(), &command.stream).await?);
            }
            tracing::debug!(stream = %command.stream, retries, "conflict, deciding anew");
            retries += 1;
            base = self.refresh(&mut command, Some(before)).await?;
        }
    }

    /// The state of the cache, or else that of the store.
    async fn begin(&self, command: &mut Command<'_, A>) -> Result<Base<A>, LoadError> {
        if let Some(visit) = command.visit
            && let Some(seen) = visit.hit()
        {
            return Ok(Base::Shared(seen, visit.copier()));
        }
        self.refresh(command, None).await
    }

    /// The state as it is stored now. A conflict says that the stream is not what it was seen to be at `conflicted`.
    async fn refresh(
        &self,
        command: &mut Command<'_, A>,
        conflicted: Option<Version>,
    ) -> Result<Base<A>, LoadError> {
        command.fresh = true;
        let sought = command.sought.as_mut();
        let Some(visit) = command.visit else {
            return self.read_whole(&command.stream, sought).await.map(Base::Own);
        };
        let fold = self.read_through(visit, &command.stream, sought, conflicted).await?;
        Ok(Base::Shared(fold, visit.copier()))
    }

    /// Reads whatever may speak against recording nothing.
    async fn make_sure(
        &self,
        command: &mut Command<'_, A>,
        mut base: Base<A>,
    ) -> Result<Base<A>, LoadError> {
        if !command.fresh {
            base = self.refresh(command, None).await?;
        }
        if let Some(sought) = &mut command.sought
            && !sought.is_settled()
        {
            self.look_for(sought).await?;
        }
        Ok(base)
    }

    /// One attempt: the state after it and the number of events, or why the store refused it. The events go with it:
    /// nobody needs them back, because the caller is told when they are in doubt.
    async fn append_to(
        &self,
        base: Base<A>,
        events: Events<A>,
        command: &Command<'_, A>,
    ) -> Result<Result<(Fold<A>, usize), InlineError>, SaveError> {
        let mut draft = base.into_draft();
        let events = draft.record(events, 0, &command.origin)?;
        let (count, last) = (events.len(), events.last().map(|event| event.id));
        let expected = ExpectedVersion::Exact(draft.version);
        let append = StreamAppend::new(command.stream.clone(), expected, events);
        let answer = self.append(append).await;
        let answer = answer.and_then(|appended| trusted(appended, last, command.sought.as_ref()));
        Ok(answer.map(|appended| {
            draft.appended(appended, last);
            (draft, count)
        }))
    }
}
