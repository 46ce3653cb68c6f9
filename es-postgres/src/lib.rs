#![doc = include_str!("../README.md")]

mod append;
mod batch;
mod config;
mod context;
mod error;
mod event_store;
mod guard;
mod migrate;
mod projection;
mod read;
mod reset;
mod row;
mod settled;
mod store;
mod table;
mod transaction;

pub use batch::PgBatch;
pub use config::PgConfig;
pub use context::PgContext;
pub use reset::PgReset;
pub use store::PgStore;
pub use table::create_table;
