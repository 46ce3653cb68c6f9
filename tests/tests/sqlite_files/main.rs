//! What can be the matter with an SQLite file: each is a clear error that names it, and nothing is lost.

mod disk;
mod kept;
mod names;
mod open;
mod shared;
mod support;
mod transaction;
