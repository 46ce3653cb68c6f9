//! The macros, re-exported where their documentation can show examples that compile.

#[doc = include_str!("../docs/event.md")]
pub use es_derive::Event;

#[doc = include_str!("../docs/aggregate_id.md")]
pub use es_derive::AggregateId;

#[doc = include_str!("../docs/read_model.md")]
pub use es_derive::ReadModel;

#[doc = include_str!("../docs/snapshot.md")]
pub use es_derive::Snapshot;

#[doc = include_str!("../docs/aggregate.md")]
pub use es_derive::aggregate;

#[doc = include_str!("../docs/handles.md")]
pub use es_derive::handles;

#[doc = include_str!("../docs/projection.md")]
pub use es_derive::projection;

#[doc = include_str!("../docs/reset.md")]
pub use es_derive::reset;
