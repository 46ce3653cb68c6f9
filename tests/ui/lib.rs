//! Nothing: see `ui.rs`.
