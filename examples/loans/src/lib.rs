//! The log of a bank's loan department, imported into an event store, projected into read models, and reported on.
//!
//! `domain` is the aggregate and its events; `parse` turns lines of the log into them; `import` stores them once;
//! `projections` keep three read models; `report` and `show` print; `cli` puts the parts together.

use es_core::EventRegistry;

pub mod cli;
pub mod domain;
pub mod import;
pub mod parse;
pub mod projections;
pub mod report;
pub mod show;
mod tables;

/// Every event of the loan department.
pub fn events() -> EventRegistry {
    EventRegistry::new()
        .with::<domain::LoanApplication>()
        .with_projection::<projections::Funnel>()
        .with_projection::<projections::Outcomes>()
        .with_projection::<projections::Workload>()
}
