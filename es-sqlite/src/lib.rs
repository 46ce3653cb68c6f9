#![doc = include_str!("../README.md")]

mod append;
mod config;
mod decimal;
mod error;
mod event_store;
mod import;
mod migrate;
mod place;
mod read;
mod row;
mod snapshot;
mod store;
mod together;
mod writing;

pub use config::{Durability, SqliteConfig};
pub use store::SqliteStore;
