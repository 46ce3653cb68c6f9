//! The orders of a shop: a tutorial of projections and subscriptions on `es`.
//!
//! [`order`] holds the events, the aggregate and its rules; [`commands`] changes orders, [`queries`] reads what
//! [`projections`] have made of the events; [`story`] plays all of it on a store, on top of a [`history`].

pub mod commands;
pub mod history;
pub mod order;
pub mod projections;
pub mod queries;
pub mod story;
