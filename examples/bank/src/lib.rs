//! A bank account: the smallest complete domain on `es`.
//!
//! [`account`] holds the events, the aggregate and its rules, [`balances`] the read model, [`workload`] a small
//! deterministic day at the bank.

pub mod account;
pub mod balances;
pub mod workload;
