#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The macros write `::es_core::…`; this lets our own tests use them too.
extern crate self as es_core;

mod aggregate;
mod bulk;
#[cfg(feature = "runtime")]
mod bus;
mod cell;
mod cell_encoder;
mod checkpoint;
mod column;
mod command_id;
mod dead_letter;
mod dispatch;
mod error;
mod event;
mod event_type;
mod events;
mod filter;
mod fold;
mod id;
mod inline;
mod lease;
mod limits;
#[cfg(feature = "macros")]
mod macros;
mod memory;
mod metadata;
mod name;
#[cfg(feature = "runtime")]
mod no_read_models;
mod payload;
mod projection;
mod projection_store;
#[cfg(feature = "runtime")]
mod projector;
mod read_model;
mod record;
mod registry;
mod repository;
mod root;
mod row;
mod row_json;
mod row_query;
mod rows;
mod shape;
pub mod snapshot;
mod store;
mod subscriber;
#[cfg(feature = "runtime")]
pub mod subscription;
#[cfg(feature = "runtime")]
mod subscription_store;
#[cfg(feature = "testing")]
pub mod testing;
mod unit_of_work;
pub mod upcast;
mod version;
#[cfg(feature = "runtime")]
mod wake;

#[doc(hidden)]
pub mod __private;

pub use aggregate::{Aggregate, HandledBy, Handles, UnknownEvents};
pub use bulk::{
    BulkProgress, BulkStore, EventLines, ExistingStreams, Export, ExportError, ImportOptions,
    Imported, ImportedEvent, LineError, Transfer, Transferred, export_log, export_stream, transfer,
};
#[cfg(feature = "runtime")]
pub use bus::{Attached, BusEnded, BusLagged, BusReceiver, EventBus};
pub use cell::{Cell, compare_decimals};
pub use checkpoint::{Checkpoint, Epoch, Part, ProjectionPart};
pub use column::{Column, ColumnType, SqlType, Table};
pub use command_id::CommandId;
pub use dead_letter::{DeadLetter, LetterSelection, LetterState};
pub use dispatch::{EventContext, Handler};
pub use error::{
    AppendError, Cause, Difference, EncodeError, ExecuteError, ImportError, Invalid, LoadError,
    ReplayError, SaveError, SnapshotError, StoreError, TransferError,
};
pub use event::{Event, SchemaVersion};
pub use event_type::EventType;
pub use events::{Events, IntoEvents};
pub use filter::{Comparison, Condition, Filter, TextMatch};
pub use id::{AggregateId, EventId, StreamId};
pub use inline::{InlineError, InlineProjections, InlineStore};
pub use lease::{Lease, LeaseRequest, Leases};
pub use limits::Limits;
pub use memory::MemoryStore;
pub use metadata::Metadata;
pub use name::{Category, EventName};
pub use payload::Payload;
pub use projection::{Batch, FromBatch, FromReset, Projection, ProjectionError, Reset};
pub use projection_store::{BatchStart, ProjectionBatch, ProjectionStore};
#[cfg(feature = "runtime")]
pub use projector::{Progress, Projector};
pub use read_model::{ReadModel, ReadModelBackend, ReadModelQuery, RowKey, RowSelection};
pub use record::{NewEvent, StoredEvent};
pub use registry::{EventEntry, EventRegistry, RegistryError, Subscriber};
pub use repository::{CacheStats, Repository, RetryPolicy};
pub use root::{Committed, Root};
pub use row::{FoundRow, RowChange, RowInfo, Stored};
pub use row_query::{Direction, ResolvedQuery, RowQuery};
pub use rows::{ReadModels, Rows};
pub use shape::FoundColumn;
pub use snapshot::{
    Fingerprint, NewSnapshot, Snapshot, SnapshotPolicy, SnapshotQuery, StoredSnapshot,
};
pub use store::{
    Appended, BoxFuture, EventAddress, EventStore, EventStream, LogPage, LogQuery, SnapshotAndTail,
    StreamAppend, StreamQuery,
};
pub use subscriber::{EventSubscriber, Subscribed};
#[cfg(feature = "runtime")]
pub use subscription_store::{HeldUp, Promotion, SubscriptionStore};
pub use upcast::{Json, UpcastError, Upcaster};
pub use version::{ExpectedVersion, Position, Version};
#[cfg(feature = "runtime")]
pub use wake::{Signal, Wakes};

/// What a program that uses `es` needs in scope: `use es_core::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "runtime")]
    pub use crate::subscription::{SubscriptionConfig, SubscriptionManager};
    pub use crate::{
        Aggregate, AggregateId, CommandId, Event, EventContext, EventId, EventStore, Events,
        ExecuteError, ExpectedVersion, Filter, Json, MemoryStore, Metadata, Projection,
        ProjectionError, ProjectionStore, ReadModel, ReadModelQuery, ReadModels, Repository,
        RetryPolicy, Root, RowQuery, Snapshot, StoredEvent, StreamId, UpcastError, Version,
    };
    #[cfg(feature = "runtime")]
    pub use crate::{Projector, SubscriptionStore};
    #[cfg(feature = "macros")]
    pub use crate::{aggregate, handles, projection, reset};
    pub use chrono::{DateTime, Utc};
    pub use serde::{Deserialize, Serialize};
    pub use uuid::Uuid;
}

#[cfg(feature = "macros")]
pub use macros::{AggregateId, Event, ReadModel, Snapshot, aggregate, handles, projection, reset};
