//! What is to survive a `kill -9`: a program that writes to a file all the time, and what must hold of the file afterwards.

mod after;
mod models;
mod program;

pub use after::check;
pub use program::run;
