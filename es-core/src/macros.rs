//! The macros, re-exported where their documentation can show examples that compile.

/// Makes a struct an event: implements [`Event`](trait@crate::Event).
pub use es_derive::Event;

/// Makes a struct the row of a read model: implements [`ReadModel`](trait@crate::ReadModel).
pub use es_derive::ReadModel;

/// Makes a type an aggregate: implements [`Aggregate`](crate::Aggregate) and what belongs to it.
pub use es_derive::aggregate;

/// Marks a method of an `#[aggregate]` or `#[projection]` impl as the handler of an event.
pub use es_derive::handles;

/// Makes a type a projection: implements [`Projection`](crate::Projection).
pub use es_derive::projection;
