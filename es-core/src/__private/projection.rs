//! For `#[projection]`.

use std::fmt;
use std::future::{Future, ready};
use std::marker::PhantomData;

use super::coverage::count;
use super::message::Message;
use super::{Never, two_of_one_name};
use crate::column::{Table, same};
use crate::error::ReplayError;
use crate::event::Event;
use crate::event_type::EventType;
use crate::projection::{Batch, FromBatch, FromReset, Projection, ProjectionError, Reset};
use crate::read_model::ReadModel;
use crate::record::StoredEvent;
use crate::store::BoxFuture;

/// One event that a projection handles.
pub struct Subscription<E>(PhantomData<fn() -> E>);

impl<E: Event> Subscription<E> {
    /// The event's type.
    pub const EVENT: EventType = EventType::of::<E>();

    /// Whether a stored event is of this type.
    pub fn matches(stored: &StoredEvent) -> bool {
        Self::EVENT.is_stored_as(stored.name.as_str())
    }

    /// The event, from a stored event of this type.
    ///
    /// # Errors
    /// [`ReplayError`] when it does not decode as `E`.
    pub fn decode(stored: &StoredEvent) -> Result<E, ReplayError> {
        stored.decode()
    }
}

/// Takes the place of the inherent items of [`Subscription`] when `E` is not an event. [`assert_event`](super::assert_event) has reported
/// that; without this trait every use of the subscription would report it again.
pub trait NoSubscription<E>: Sized {
    /// Nothing.
    const EVENT: EventType = EventType::NONE;

    /// Nothing: never called, because what generates the call does not compile.
    fn matches(_: &StoredEvent) -> bool {
        unreachable!("the program does not compile")
    }

    /// Nothing: never called, because what generates the call does not compile.
    ///
    /// # Errors
    /// None.
    fn decode(_: &StoredEvent) -> Result<E, ReplayError> {
        unreachable!("the program does not compile")
    }
}

impl<E> NoSubscription<E> for Subscription<E> {}

impl<E> fmt::Debug for Subscription<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

/// How many stored names the events have in all.
pub const fn count_names(events: &[EventType]) -> usize {
    let (mut at, mut found) = (0, 0);
    while at < events.len() {
        found += events[at].count_names();
        at += 1;
    }
    found
}

/// All stored names of the events; `N` is what [`count_names`] says.
///
/// # Panics
/// In const evaluation, when `N` is less.
pub const fn names<const N: usize>(events: &[EventType]) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut at, mut found) = (0, 0);
    while at < events.len() {
        let mut n = 0;
        while n < events[at].count_names() {
            names[found] = events[at].nth_name(n);
            found += 1;
            n += 1;
        }
        at += 1;
    }
    names
}

/// Refuses, when the program is compiled, a second event with a stored name of this one.
///
/// # Panics
/// In const evaluation, when there is one.
#[track_caller]
pub const fn assert_subscribed_once<P: Projection>(event: &EventType) {
    let mut n = 0;
    while n < event.count_names() {
        if count(event.nth_name(n), P::EVENTS) > 1 {
            two_of_one_name(event.nth_name(n));
        }
        n += 1;
    }
}

/// One read model of a projection.
pub struct Declared<T>(PhantomData<fn() -> T>);

impl<T: ReadModel> Declared<T> {
    /// Its table.
    pub const TABLE: &'static Table = T::TABLE;
}

/// Takes the place of the inherent constant of [`Declared`] when `T` is not a read model, which [`assert_read_model`] has
/// reported.
pub trait NotDeclared {
    /// None.
    const TABLE: &'static Table = &Table { name: "", key: "", columns: &[] };
}

impl<T> NotDeclared for Declared<T> {}

impl<T> fmt::Debug for Declared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Declared")
    }
}

/// Refuses, when the program is compiled, what is not a read model. The only place where generated code asks for it.
pub const fn assert_read_model<T: ReadModel>() {}

/// Refuses, when the program is compiled, a second read model with this table.
///
/// # Panics
/// In const evaluation, when there is one.
#[track_caller]
pub const fn assert_declared_once<P: Projection>(table: &Table) {
    if table.name.is_empty() {
        return; // no read model, which has been reported
    }
    let (mut at, mut found) = (0, 0);
    while at < P::READ_MODELS.len() {
        found += same(P::READ_MODELS[at].name, table.name) as usize;
        at += 1;
    }
    if found > 1 {
        let problem = "` is the table of two read models here: list it once, or change `table` in the `#[read_model(..)]` of one";
        Message::new().and_all(&["`", table.name, problem]).fail();
    }
}

/// The second parameter of a handler.
///
/// # Errors
/// [`ProjectionError::Context`] when the store does not offer it.
pub fn context<'a, C: FromBatch<'a>>(batch: &'a mut Batch<'_>) -> Result<C, ProjectionError> {
    C::from_batch(batch)
}

/// The parameter of a `#[reset]` method.
///
/// # Errors
/// [`ProjectionError::Context`] when the store does not offer it.
pub fn from_reset<'a, C: FromReset<'a>>(reset: &'a mut Reset<'_>) -> Result<C, ProjectionError> {
    C::from_reset(reset)
}

#[diagnostic::do_not_recommend]
impl<'a> FromReset<'a> for Never {
    fn from_reset(_: &'a mut Reset<'_>) -> Result<Self, ProjectionError> {
        unreachable!("no method can name this type")
    }
}

/// What a handler or a `#[reset]` method returned, as the projection's own result.
///
/// # Errors
/// The method's own.
pub fn outcome<R: Outcome>(returned: R) -> Result<(), ProjectionError> {
    returned.into_result()
}

/// What a handler or a `#[reset]` method may return.
#[diagnostic::on_unimplemented(
    message = "a method that a projection runs cannot return `{Self}`",
    label = "expected nothing, or `Result<(), ProjectionError>`",
    note = "an error of your own becomes one with `.map_err(ProjectionError::handler)?`"
)]
pub trait Outcome {
    /// Success or the error.
    ///
    /// # Errors
    /// The method's own.
    fn into_result(self) -> Result<(), ProjectionError>;
}

impl Outcome for () {
    fn into_result(self) -> Result<(), ProjectionError> {
        Ok(())
    }
}

impl Outcome for Result<(), ProjectionError> {
    fn into_result(self) -> Result<(), ProjectionError> {
        self
    }
}

/// The future of a handler.
pub fn boxed<'a>(
    future: impl Future<Output = Result<(), ProjectionError>> + Send + 'a,
) -> BoxFuture<'a, Result<(), ProjectionError>> {
    Box::pin(future)
}

/// The future of a projection that does not handle the event.
pub fn ignored<'a>() -> BoxFuture<'a, Result<(), ProjectionError>> {
    Box::pin(ready(Ok(())))
}
