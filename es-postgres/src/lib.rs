#![doc = include_str!("../README.md")]

mod config;
mod error;
mod guard;
mod migrate;
mod settled;
mod store;

pub use config::PgConfig;
pub use store::PgStore;
