#![doc = include_str!("../README.md")]

mod append;
mod config;
mod decimal;
mod error;
mod event_store;
mod lease;
mod letters;
mod migrate;
mod place;
mod progress;
mod promote;
mod read;
mod row;
mod snapshot;
mod store;
mod together;
mod wake;
mod writing;

pub use config::{Durability, SqliteConfig};
pub use store::SqliteStore;
