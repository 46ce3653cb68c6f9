//! For tests: of a domain, given events when a decision then events ([`given`]); of a store, the promises that every
//! store keeps ([`contract`]).

pub mod contract;
mod decided;
mod diff;
mod given;
mod history;

pub use decided::{Decided, Then};
pub use given::{Given, given, given_nothing};
