//! The beginning of a test: what has happened, and what is decided on it.

use std::fmt;

use super::decided::{Decided, Then};
use super::history::History;
use crate::aggregate::Aggregate;
use crate::events::{Events, IntoEvents};

/// An aggregate to which these events have happened. They are replayed as if a store had given them back. What is
/// compared and shown is told in the [module's](super) example.
///
/// # Panics
/// When an event cannot be written as JSON and read back, or does not follow the ones before it.
#[track_caller]
pub fn given<A: Aggregate>(events: impl IntoEvents<A>) -> Given<A> {
    let mut history = History::new();
    if let Err(error) = history.add(Events::of(events)) {
        panic!("the given events do not make a stream of `{}`: {error}", A::NAME);
    }
    Given(history)
}

/// An aggregate to which nothing has happened: for the decisions that begin one.
pub fn given_nothing<A: Aggregate>() -> Given<A> {
    Given(History::new())
}

/// What has happened before the decision that is tested.
#[must_use = "given events alone check nothing: say `.when(…)` and `.then(…)`"]
pub struct Given<A>(History<A>);

impl<A: Aggregate> Given<A> {
    /// Makes the decision on the state that the events have made.
    ///
    /// # Panics
    /// When there is no state, because no event has begun the stream; and when the decision records events that the
    /// aggregate cannot replay.
    #[track_caller]
    pub fn when<E: IntoEvents<A>, D>(
        self,
        decision: impl FnOnce(&A) -> Result<E, D>,
    ) -> Decided<A, D> {
        let Some(state) = self.0.state() else {
            panic!(
                "no event was given and only an event can begin a stream of `{}`: test a beginning with `given_nothing().when_creating(…)`",
                A::NAME
            )
        };
        let outcome = decision(state).map(Events::of);
        Decided::of(self.0, outcome)
    }

    /// Makes a decision that begins an aggregate.
    ///
    /// # Panics
    /// When events were given, because what exists cannot be created; and when the decision records events that do
    /// not begin a stream.
    #[track_caller]
    pub fn when_creating<E: IntoEvents<A>, D>(
        self,
        decision: impl FnOnce() -> Result<E, D>,
    ) -> Decided<A, D> {
        assert!(
            self.0.is_empty(),
            "events were given, so the stream of `{}` exists and `create` would be refused: use `.when(…)`",
            A::NAME
        );
        Decided::of(self.0, decision().map(Events::of))
    }

    /// Looks at the state that the events have made.
    ///
    /// # Panics
    /// When there is no state, because no event has begun the stream.
    #[track_caller]
    pub fn then_state(self, check: impl FnOnce(&A)) -> Then<A> {
        Then(self.0).then_state(check)
    }
}

impl<A: fmt::Debug> fmt::Debug for Given<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Given").field(&self.0).finish()
    }
}
