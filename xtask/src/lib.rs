//! The project's own commands, and the throwaway PostgreSQL that they and the tests share.
//!
//! `cargo xtask` is the binary of this package; this library is the part that tests use:
//! [`pg::url`] for the server of the present test run, [`pg::Cluster`] for a private one.
//! It works on Unix only, blocks instead of being async, and knows no database driver.

pub mod pg;
mod process;
pub mod run;
