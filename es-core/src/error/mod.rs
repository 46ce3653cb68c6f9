//! Errors, one enum per family of operations; each describes its own layer and returns its cause by `source()`.

mod aggregate;
mod import;
mod invalid;
mod snapshot;
mod store;
mod transfer;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

pub use aggregate::{ExecuteError, LoadError, ReplayError, SaveError};
pub use import::ImportError;
pub use invalid::{EncodeError, Invalid};
pub use snapshot::SnapshotError;
pub use store::{AppendError, StoreError};
pub use transfer::{Difference, TransferError};

/// The error of a layer below (a driver, a codec), shared so that errors can be cloned.
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    /// Wraps an error of another library.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(error.into()))
    }

    /// The error itself, to be looked at or downcast.
    pub fn get(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
