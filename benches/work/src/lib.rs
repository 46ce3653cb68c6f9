//! What the comparison asks of its subjects: one domain, one list of works, one way of timing them.
//!
//! A subject is a program of its own, so that each library comes with the versions that it wants. Its `main` is
//! [`run`] with a type that implements [`Subject`], or [`run_either`] with one for each kind of store; the runner calls it with a
//! [`Job`] and reads one [`Answer`].

mod commands;
mod domain;
mod error;
mod job;
mod live;
mod load;
mod memory;
mod program;
mod replay;
mod subject;

pub use domain::{Account, AccountEvent, Histories, PastEvent, Tally, reference};
pub use error::{Error, Result, Unsupported};
pub use job::{Answer, Fixture, Job, Limit, Task, Work};
pub use live::{Following, Seen};
pub use program::{SQLITE, run, run_either};
pub use subject::{Setup, Subject};
