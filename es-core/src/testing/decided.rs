//! The end of a test: what a decision has answered, compared with what it should have.

use std::fmt::{self, Debug};

use super::diff;
use super::history::{History, with_causes};
use crate::aggregate::Aggregate;
use crate::events::{Events, IntoEvents};
use crate::record::NewEvent;

/// What a decision has answered.
#[must_use = "a decision alone checks nothing: say `.then(…)`, `.then_nothing()` or `.then_error(…)`"]
pub struct Decided<A, D> {
    history: History<A>,
    outcome: Result<Vec<NewEvent>, D>,
}

impl<A: Aggregate, D> Decided<A, D> {
    #[track_caller]
    pub(super) fn of(mut history: History<A>, outcome: Result<Events<A>, D>) -> Self {
        // Not by `map`: a panic in a closure would not point at the user's line.
        let outcome = match outcome {
            Ok(events) => {
                let names = format!("{events:?}");
                match history.add(events) {
                    Ok(recorded) => Ok(recorded),
                    Err(error) => {
                        panic!("`{}` cannot record what was decided, {names}: {error}", A::NAME)
                    }
                }
            }
            Err(refusal) => Err(refusal),
        };
        Self { history, outcome }
    }

    /// That the decision recorded exactly these events. They are compared by name, schema version and JSON.
    ///
    /// # Panics
    /// When it recorded others, with the difference; when it recorded none; when it was refused.
    #[track_caller]
    pub fn then(self, expected: impl IntoEvents<A>) -> Then<A>
    where
        D: Debug,
    {
        let expected = describe(Events::of(expected));
        let recorded = self.recorded(&format!("these events were expected:\n{expected}"));
        let recorded = diff::events(recorded);
        assert!(
            recorded == expected,
            "the decision recorded other events (- expected, + recorded):\n{}",
            diff::lines(&expected, &recorded)
        );
        Then(self.history)
    }

    /// That the decision was accepted with nothing to record.
    ///
    /// # Panics
    /// When it recorded events, and when it was refused.
    #[track_caller]
    pub fn then_nothing(self) -> Then<A>
    where
        D: Debug,
    {
        let recorded = self.recorded("nothing to record was expected");
        assert!(
            recorded.is_empty(),
            "nothing to record was expected, but the decision recorded:\n{}",
            diff::events(recorded)
        );
        Then(self.history)
    }

    /// That the decision was refused with this error.
    ///
    /// # Panics
    /// When it was accepted, and when it was refused with another error.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "an error is written in place")]
    pub fn then_error(self, expected: D)
    where
        D: PartialEq + Debug,
    {
        match self.outcome {
            Err(error) => assert!(
                error == expected,
                "the decision was refused with another error (- expected, + found):\n{}",
                diff::values(&expected, &error)
            ),
            Ok(recorded) if recorded.is_empty() => panic!(
                "the error {expected:?} was expected, but the decision was accepted with nothing to record"
            ),
            Ok(recorded) => panic!(
                "the error {expected:?} was expected, but the decision recorded:\n{}",
                diff::events(&recorded)
            ),
        }
    }

    /// Looks at the state that the decision's events have made.
    ///
    /// # Panics
    /// When the decision was refused.
    #[track_caller]
    pub fn then_state(self, check: impl FnOnce(&A)) -> Then<A>
    where
        D: Debug,
    {
        let _: &[NewEvent] = self.recorded("a new state was expected");
        Then(self.history).then_state(check)
    }

    #[track_caller]
    fn recorded(&self, expected: &str) -> &[NewEvent]
    where
        D: Debug,
    {
        match &self.outcome {
            Ok(recorded) => recorded,
            Err(error) => panic!("the decision was refused with {error:?}, but {expected}"),
        }
    }
}

impl<A: Debug, D: Debug> Debug for Decided<A, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decided")
            .field("history", &self.history)
            .field("outcome", &self.outcome)
            .finish()
    }
}

/// An aggregate after everything that the test says has happened.
pub struct Then<A>(pub(super) History<A>);

#[expect(clippy::return_self_not_must_use, reason = "what follows is optional: it was checked")]
impl<A: Aggregate> Then<A> {
    /// Looks at the state.
    ///
    /// # Panics
    /// When there is none, because no event has begun the stream.
    #[track_caller]
    pub fn then_state(self, check: impl FnOnce(&A)) -> Self {
        let Some(state) = self.0.state() else {
            panic!("there is no state: no event has begun a stream of `{}`", A::NAME)
        };
        check(state);
        self
    }

    /// That loading gives the state that recording has left: nothing is lost on the way through JSON.
    ///
    /// # Panics
    /// When the two states differ, with the difference.
    #[track_caller]
    pub fn then_reconstructs(self) -> Self
    where
        A: PartialEq + Debug,
    {
        let (recorded, loaded) = (self.0.applied_state(), self.0.state());
        assert!(
            recorded == loaded,
            "loading `{}` gives another state than recording its events (- recorded, + loaded):\n{}",
            A::NAME,
            diff::values(&recorded, &loaded)
        );
        self
    }
}

impl<A: Debug> Debug for Then<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Then").field(&self.0).finish()
    }
}

#[track_caller]
fn describe<A: Aggregate>(expected: Events<A>) -> String {
    let encoded: Result<Vec<_>, _> =
        expected.into_recorded().iter().map(|event| event.encode_only()).collect();
    match encoded {
        Ok(events) => diff::events(&events),
        Err(error) => panic!("an expected event cannot be written: {}", with_causes(&error)),
    }
}
