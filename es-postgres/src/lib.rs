#![doc = include_str!("../README.md")]

mod again;
mod append;
mod batch;
mod config;
mod context;
mod error;
mod event_store;
mod guard;
mod hole;
mod import;
mod inline;
mod lease;
mod letters;
mod migrate;
mod projection;
mod promote;
mod queue;
mod read;
mod reset;
mod reset_context;
mod row;
mod rows;
mod settled;
mod snapshot;
mod store;
mod subscriptions;
mod table;
mod transaction;
mod wake;

pub use batch::PgBatch;
pub use config::PgConfig;
pub use context::PgContext;
pub use hole::{Hole, HoleHolder};
pub use reset_context::PgReset;
pub use store::PgStore;
pub use table::create_table;
