//! Where the example programs keep their events: what `--store` says, and the store that is opened for it.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use es_core::{EventStore, Position, StoreError};
//! use example_stores::{StoreArgument, on_store};
//!
//! async fn is_empty<S: EventStore>(store: S) -> Result<bool, StoreError> {
//!     Ok(store.settled().await? == Position::START)
//! }
//!
//! let argument: StoreArgument = "memory".parse()?;
//! let store = argument.open().await?;
//! assert!(on_store!(&store, |store| is_empty(store.clone()).await)?);
//! store.close().await;
//! # Ok(())
//! # }
//! ```

mod argument;
mod open;

pub use argument::{PgUrl, StoreArgument};
pub use open::{OpenError, Store};
