//! Identities: of events, of streams, and the type an aggregate is identified by.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::name::Category;

/// The identity of one event. New ones are UUIDv7, so they sort by the time they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

impl EventId {
    /// A new identity (UUIDv7).
    #[expect(
        clippy::new_without_default,
        reason = "a default that differs at every call surprises"
    )]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// An identity derived from where the event came from (UUIDv5): importing the same thing twice gives the same id.
    pub fn from_name(namespace: Uuid, name: impl AsRef<[u8]>) -> Self {
        Self(Uuid::new_v5(&namespace, name.as_ref()))
    }

    /// An existing identity.
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID itself.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One stream of events: a category and a UUID. The UUID alone is unique in a store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    category: Category,
    id: Uuid,
}

impl StreamId {
    /// The stream of `id` in `category`.
    pub const fn new(category: Category, id: Uuid) -> Self {
        Self { category, id }
    }

    /// The kind of thing the stream is about.
    pub const fn category(&self) -> &Category {
        &self.category
    }

    /// Which one of its kind.
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.category, self.id)
    }
}

/// A type that identifies an aggregate: a UUID, or a newtype of one.
///
/// `#[derive(AggregateId)]` implements it.
///
/// An implementation must give back in [`uuid`](Self::uuid) exactly what [`from_uuid`](Self::from_uuid) took.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot identify an aggregate",
    note = "use `Uuid`, or add `#[derive(AggregateId)]` to your newtype of a UUID"
)]
pub trait AggregateId: Copy + Eq + fmt::Debug + Send + Sync + 'static {
    /// The stored name of the only kind of aggregate that it identifies; `None` when it may identify any.
    /// `#[aggregate]` refuses an id of another category than its own name.
    const CATEGORY: Option<&'static str> = None;

    /// Wraps a UUID.
    fn from_uuid(id: Uuid) -> Self;

    /// The UUID inside.
    fn uuid(&self) -> Uuid;

    /// A new id, that nothing else has (UUIDv7: they sort by the time they were made).
    fn generate() -> Self {
        Self::from_uuid(Uuid::now_v7())
    }
}

impl AggregateId for Uuid {
    fn from_uuid(id: Uuid) -> Self {
        id
    }

    fn uuid(&self) -> Uuid {
        *self
    }
}

/// The UUID of a natural key (an e-mail, an order number) in a category: UUIDv5 in the category's own namespace.
pub fn uuid_from_name(category: &str, name: &str) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_OID, category.as_bytes());
    Uuid::new_v5(&namespace, name.as_bytes())
}
