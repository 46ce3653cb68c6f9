//! What a decision may return.

use std::fmt;

use crate::aggregate::{Aggregate, HandledBy};
use crate::dispatch::EventContext;
use crate::error::{EncodeError, ReplayError};
use crate::id::EventId;
use crate::record::NewEvent;

/// The events that a decision records, in order; a builder for decisions whose events depend.
///
/// ```
/// # use es_core::prelude::*;
/// # #[derive(Serialize, Deserialize, Event)] struct Withdrawn { cents: i64 }
/// # #[derive(Serialize, Deserialize, Event)] struct Overdrawn { cents: i64 }
/// # #[derive(Default)] struct Account { cents: i64 }
/// # #[aggregate(name = "account", id = Uuid)]
/// # impl Account {
/// #     #[handles(Withdrawn)] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
/// #     #[handles(Overdrawn)] fn overdrawn(&mut self, _: &Overdrawn) {}
/// fn withdraw(&self, cents: i64) -> Result<Events<Account>, &'static str> {
///     let mut events = Events::new();
///     events.push(Withdrawn { cents });
///     if cents > self.cents {
///         events.push(Overdrawn { cents: cents - self.cents });
///     }
///     Ok(events)
/// }
/// # }
/// # assert_eq!(Account { cents: 5 }.withdraw(7).unwrap().len(), 2);
/// ```
pub struct Events<A>(Vec<Box<dyn Recorded<A>>>);

impl<A: Aggregate> Events<A> {
    /// No events yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one event that the aggregate handles.
    pub fn push<E: HandledBy<A>>(&mut self, event: E) {
        self.0.push(Box::new(event));
    }

    /// Adds whatever else a decision may return.
    pub fn extend(&mut self, events: impl IntoEvents<A>) {
        events.into_events(self);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn of(events: impl IntoEvents<A>) -> Self {
        let mut all = Self::new();
        events.into_events(&mut all);
        all
    }

    pub(crate) fn into_recorded(self) -> Vec<Box<dyn Recorded<A>>> {
        self.0
    }
}

impl<A: Aggregate> Default for Events<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A> fmt::Debug for Events<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|event| event.name())).finish()
    }
}

/// A typed event whose type only its aggregate still knows.
pub(crate) trait Recorded<A>: Send {
    fn name(&self) -> &'static str;
    /// Gives it an identity, and makes it what reading it back will give: what serde leaves out, nobody sees again.
    fn encode(&mut self, id: EventId) -> Result<NewEvent, EncodeError>;
    /// Encodes it and leaves it as it is.
    #[cfg(feature = "testing")]
    fn encode_only(&self) -> Result<NewEvent, EncodeError>;
    fn apply(&self, state: &mut Option<A>, cx: &EventContext<'_>) -> Result<(), ReplayError>;
}

impl<A, E: HandledBy<A>> Recorded<A> for E {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn encode(&mut self, id: EventId) -> Result<NewEvent, EncodeError> {
        let (new, read) = NewEvent::with_read(id, self)?;
        *self = read;
        Ok(new)
    }

    #[cfg(feature = "testing")]
    fn encode_only(&self) -> Result<NewEvent, EncodeError> {
        NewEvent::of(self)
    }

    fn apply(&self, state: &mut Option<A>, cx: &EventContext<'_>) -> Result<(), ReplayError> {
        self.apply_to(state, cx)
    }
}

/// What a decision about `A` may return: an event that `A` handles, `()`, `Option`, `Vec`, arrays and tuples of such,
/// or [`Events`]. `None`, `()` and empty collections mean: accepted, nothing to record.
///
/// `#[aggregate]` implements it for every event that is handled or ignored.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded by `{A}`",
    label = "not an event that `{A}` handles",
    note = "to record an event, handle it: add `#[handles({Self})]` above a method in the `#[aggregate]` impl of `{A}`, or list it there in `ignores(..)`",
    note = "a decision returns one event, or `Option`, `Vec`, an array or a tuple of events that are all handled by `{A}`, `Events<{A}>`, or `()` for nothing"
)]
pub trait IntoEvents<A> {
    /// Adds them, in order.
    fn into_events(self, events: &mut Events<A>);
}

impl<A: Aggregate> IntoEvents<A> for Events<A> {
    fn into_events(mut self, events: &mut Events<A>) {
        events.0.append(&mut self.0);
    }
}

impl<A: Aggregate, T: IntoEvents<A>> IntoEvents<A> for Option<T> {
    fn into_events(self, events: &mut Events<A>) {
        if let Some(each) = self {
            each.into_events(events);
        }
    }
}

impl<A: Aggregate, T: IntoEvents<A>> IntoEvents<A> for Vec<T> {
    fn into_events(self, events: &mut Events<A>) {
        for each in self {
            each.into_events(events);
        }
    }
}

impl<A: Aggregate, T: IntoEvents<A>, const N: usize> IntoEvents<A> for [T; N] {
    fn into_events(self, events: &mut Events<A>) {
        for each in self {
            each.into_events(events);
        }
    }
}

impl<A: Aggregate> IntoEvents<A> for () {
    fn into_events(self, _: &mut Events<A>) {}
}

macro_rules! tuples {
    ($(#[$recommend:meta])? $($T:ident)+) => {
        $(#[$recommend])?
        impl<A: Aggregate, $($T: IntoEvents<A>),+> IntoEvents<A> for ($($T,)+) {
            #[expect(non_snake_case, reason = "one name for the type and its value")]
            fn into_events(self, events: &mut Events<A>) {
                let ($($T,)+) = self;
                $($T.into_events(events);)+
            }
        }
    };
}

// Messages about a pair name the event that is not handled. Longer tuples would do so too, but then all of them would be
// listed ("the following other types implement …") whenever any event is not handled.
tuples!(E1 E2);
tuples!(
    #[diagnostic::do_not_recommend]
    E1
);
tuples!(#[diagnostic::do_not_recommend] E1 E2 E3);
tuples!(#[diagnostic::do_not_recommend] E1 E2 E3 E4);
tuples!(#[diagnostic::do_not_recommend] E1 E2 E3 E4 E5);
tuples!(#[diagnostic::do_not_recommend] E1 E2 E3 E4 E5 E6);
tuples!(#[diagnostic::do_not_recommend] E1 E2 E3 E4 E5 E6 E7);
tuples!(#[diagnostic::do_not_recommend] E1 E2 E3 E4 E5 E6 E7 E8);
