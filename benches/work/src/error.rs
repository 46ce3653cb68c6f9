//! Errors of a subject's program, which end it.

use std::fmt;

/// Whatever went wrong.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// With [`Error`] unless said otherwise.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The subject has nothing that does this work: no figure, and no failure either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsupported;

impl Unsupported {
    /// As the outcome of a work.
    ///
    /// # Errors
    /// Always.
    pub fn outcome<T>() -> Result<T> {
        Err(Box::new(Self))
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the subject does not do this work")
    }
}

impl std::error::Error for Unsupported {}
