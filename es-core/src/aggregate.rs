//! What the runtime asks of a domain type. `#[aggregate]` implements all of it.

use crate::dispatch::{EventContext, Handler};
use crate::error::{Invalid, ReplayError};
use crate::event::Event;
use crate::id::{AggregateId, StreamId, uuid_from_name};
use crate::name::{Category, fits};
use crate::snapshot::SnapshotPolicy;

/// A thing whose state is what its events made of it, and nothing else.
///
/// An implementation must list every event that it handles or ignores in `HANDLERS`, once, and must keep `NAME` for ever:
/// streams are found by it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "not an aggregate",
    note = "write `#[aggregate(name = \"…\", id = …)]` on an `impl {Self}` block with `#[handles(Event)]` methods"
)]
pub trait Aggregate: Sized + Send + Sync + 'static {
    /// What identifies one of its kind.
    type Id: AggregateId;

    /// The stored name of its kind: the category of its streams.
    const NAME: &'static str;

    /// One row for each event that it handles or ignores.
    const HANDLERS: &'static [Handler<Self>];

    /// What is done about an event in its stream that is neither.
    const UNKNOWN: UnknownEvents = UnknownEvents::Error;

    /// When snapshots are made of it; never, unless something is said here or to the repository.
    const SNAPSHOTS: Option<SnapshotPolicy<Self>> = None;

    /// The state before the first event; `None` when only an event can begin a stream.
    fn initial() -> Option<Self>;

    /// The stream of the one identified by `id`.
    ///
    /// # Errors
    /// [`Invalid`] when `NAME` breaks the rule for names, which the macro does not let happen.
    fn stream_id(id: Self::Id) -> Result<StreamId, Invalid> {
        let category = if const { fits(Self::NAME) } {
            Category::of_checked(Self::NAME)
        } else {
            Category::new(Self::NAME)?
        };
        Ok(StreamId::new(category, id.uuid()))
    }

    /// The id that belongs to a natural key (an e-mail, an order number): always the same for the same key,
    /// and another one in every other category (UUIDv5).
    fn id_from_name(name: &str) -> Self::Id {
        Self::Id::from_uuid(uuid_from_name(Self::NAME, name))
    }
}

/// What an aggregate does about an event in its stream that it neither handles nor ignores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum UnknownEvents {
    /// It cannot be loaded: [`ReplayError::UnknownEvent`] names the event.
    #[default]
    Error,
    /// The event is passed over. Its version counts.
    Ignore,
}

/// How one event changes an aggregate. `#[handles(Event)]` implements it for the method below it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle `{E}`",
    label = "does not handle `{E}`",
    note = "add a `#[handles({E})]` method to the `#[aggregate]` impl of `{Self}`, or list it there in `ignores(..)`"
)]
pub trait Handles<E>: Sized {
    /// Applies an event: makes the state when there is none, or changes it.
    ///
    /// # Errors
    /// [`ReplayError::NotBegun`] and [`ReplayError::BegunTwice`] when the event does not fit the state; an
    /// implementation must leave the state as it was then.
    fn handle(
        state: &mut Option<Self>,
        event: &E,
        cx: &EventContext<'_>,
    ) -> Result<(), ReplayError>;
}

/// [`Handles`], read from the event's side: bounds written this way name the event that is missing.
#[diagnostic::on_unimplemented(
    message = "`{A}` does not handle `{Self}`",
    label = "not handled by `{A}`",
    note = "add a `#[handles({Self})]` method to the `#[aggregate]` impl of `{A}`, or list it there in `ignores(..)`"
)]
pub trait HandledBy<A>: Event {
    /// Applies `self`, as [`Handles::handle`] does.
    ///
    /// # Errors
    /// As [`Handles::handle`].
    fn apply_to(&self, state: &mut Option<A>, cx: &EventContext<'_>) -> Result<(), ReplayError>;
}

#[diagnostic::do_not_recommend]
impl<A: Handles<E>, E: Event> HandledBy<A> for E {
    fn apply_to(&self, state: &mut Option<A>, cx: &EventContext<'_>) -> Result<(), ReplayError> {
        A::handle(state, self, cx)
    }
}
