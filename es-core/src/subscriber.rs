//! Code that reacts to stored events, wherever they come from.

use std::borrow::Cow;
use std::future::Future;

use crate::event::Event;
use crate::event_type::EventType;
use crate::projection::ProjectionError;
use crate::record::StoredEvent;

/// Which events a subscriber wants.
///
/// ```
/// # use es_core::{Subscribed, prelude::*};
/// # #[derive(Serialize, Deserialize, Event)] struct Withdrawn { cents: i64 }
/// # #[derive(Serialize, Deserialize, Event)]
/// #[event(aliases("paid_in"))]
/// struct Deposited { cents: i64 }
///
/// let moves = Subscribed::to::<Withdrawn>().and::<Deposited>();
/// assert!(moves.has("Deposited") && moves.has("paid_in"));
/// assert!(!moves.has("Opened"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscribed {
    /// Every event.
    All,
    /// Those stored under one of these names; no names, no events.
    Names(Vec<Cow<'static, str>>),
}

impl Subscribed {
    /// The events of one type, under its name of today and those of before.
    pub fn to<E: Event>() -> Self {
        Self::Names(Vec::new()).and::<E>()
    }

    /// And those of another type as well.
    #[must_use]
    pub fn and<E: Event>(mut self) -> Self {
        if let Self::Names(names) = &mut self {
            for name in EventType::of::<E>().names() {
                if !names.iter().any(|known| known == name) {
                    names.push(Cow::Borrowed(name));
                }
            }
        }
        self
    }

    /// The events stored under these names.
    pub fn names<N: Into<Cow<'static, str>>>(names: impl IntoIterator<Item = N>) -> Self {
        Self::Names(names.into_iter().map(Into::into).collect())
    }

    /// Whether an event that is stored under `name` is wanted.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Names(names) => names.iter().any(|known| known == name),
        }
    }
}

/// Reacts to stored events. It does not know where they come from: a bus gives it what this process has just stored, a
/// subscription on the store gives it everything, in order, also what was stored while it was not running.
///
/// An implementation may be given the same event more than once, and must bear it. On a bus it may be given events in an
/// order other than the log's, and may miss some.
///
/// ```
/// # use es_core::{EventSubscriber, Subscribed, prelude::*};
/// # #[derive(Serialize, Deserialize, Event)] struct Withdrawn { cents: i64 }
/// #[derive(Default)]
/// struct Counter { events: u64 }
///
/// impl EventSubscriber for Counter {
///     fn subscribed_to(&self) -> Subscribed {
///         Subscribed::to::<Withdrawn>()
///     }
///
///     async fn handle(&mut self, _: &StoredEvent) -> Result<(), ProjectionError> {
///         self.events += 1;
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not subscribe to events",
    label = "not a subscriber",
    note = "implement `EventSubscriber` for it: `subscribed_to` says which events it wants, `handle` is given each of them"
)]
pub trait EventSubscriber: Send + 'static {
    /// Which events it wants. Asked once, before the first of them.
    fn subscribed_to(&self) -> Subscribed;

    /// Reacts to one event.
    ///
    /// # Errors
    /// [`ProjectionError`], for its own errors [`ProjectionError::handler`]. What follows is up to who runs it.
    fn handle(
        &mut self,
        event: &StoredEvent,
    ) -> impl Future<Output = Result<(), ProjectionError>> + Send;
}
