#![doc = include_str!("../README.md")]

mod append;
mod config;
mod error;
mod event_store;
mod guard;
mod migrate;
mod read;
mod row;
mod settled;
mod store;

pub use config::PgConfig;
pub use store::PgStore;
