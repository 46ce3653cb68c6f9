//! For tests: the promises every store must keep.

pub mod contract;
