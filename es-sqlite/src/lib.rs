#![doc = include_str!("../README.md")]

mod append;
mod backend;
mod batch;
mod config;
mod context;
mod decimal;
mod error;
mod event_store;
mod import;
mod inline;
mod lease;
mod letters;
mod migrate;
mod place;
mod progress;
mod projection;
mod promote;
mod read;
mod reset;
mod reset_context;
mod row;
mod snapshot;
mod staged;
mod store;
mod subscriptions;
mod table;
mod together;
mod wake;
mod writing;

pub use batch::SqliteBatch;
pub use config::{Durability, SqliteConfig};
pub use context::SqliteContext;
pub use reset_context::SqliteReset;
pub use store::SqliteStore;
pub use table::create_table;
