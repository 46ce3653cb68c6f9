//! A bank account: the smallest complete domain on `es`.
//!
//! [`account`] holds the events, the aggregate and its rules, [`balances`] the read model, [`workload`] a small
//! deterministic day at the bank, [`earlier`] what the days before have left.

use es_core::EventRegistry;

pub mod account;
pub mod balances;
pub mod earlier;
pub mod workload;

/// Every event of the bank.
pub fn events() -> EventRegistry {
    EventRegistry::new()
        .with::<account::BankAccount>()
        .with_projection::<balances::AccountBalances>()
}
