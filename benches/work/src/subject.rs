//! What a subject's program has to provide.

use std::future::Future;

use uuid::Uuid;

use crate::domain::{Account, Histories, PastEvent, Tally};
use crate::error::{Result, Unsupported};
use crate::live::{Following, Seen};
use crate::program::SQLITE;

/// How to connect.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The subject's own database: a PostgreSQL URL, or [`SQLITE`](crate::SQLITE) and a path.
    pub url: String,
    /// How many commands run at once; 1 means one connection.
    pub callers: u32,
    /// Whether aggregates may be kept in memory.
    pub warm: bool,
    /// Whether snapshots are to be used.
    pub snapshots: bool,
}

impl Setup {
    /// The path of an SQLite file.
    ///
    /// # Errors
    /// When the database is no such file.
    pub fn path(&self) -> Result<&str> {
        self.url.strip_prefix(SQLITE).ok_or_else(|| "the database is no SQLite file".into())
    }

    /// Nothing kept, and a few connections.
    pub fn plain(url: &str) -> Self {
        Self { url: url.to_owned(), callers: 4, warm: false, snapshots: false }
    }

    /// So many connections, or one for each caller where there are fewer.
    pub fn connections(&self, most: u32) -> u32 {
        self.callers.clamp(1, most)
    }
}

/// A library for event sourcing, set up as its own documentation tells its users to.
///
/// Works that it has nothing for stay at their default, which says so.
pub trait Subject: Clone + Send + Sync + Sized + 'static {
    /// Connects, and makes the tables where they are missing.
    fn connect(setup: Setup) -> impl Future<Output = Result<Self>> + Send;

    /// Opens an account with [`AccountEvent::opened`](crate::AccountEvent::opened).
    fn open(&self, account: Uuid) -> impl Future<Output = Result<()>> + Send;

    /// A command: loads the account, decides, appends a deposit.
    fn deposit(
        &self,
        account: Uuid,
        cents: u64,
        reference: String,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Loads an account.
    fn load(&self, account: Uuid) -> impl Future<Output = Result<Account>> + Send;

    /// Writes a piece of a history, in whatever way is quick, as the subject itself would have stored it.
    fn seed(&self, events: Vec<PastEvent>) -> impl Future<Output = Result<()>> + Send;

    /// Keeps a snapshot of an account as it is now.
    fn snapshot(&self, _account: Uuid) -> impl Future<Output = Result<()>> + Send {
        async { Unsupported::outcome() }
    }

    /// Reads the whole log and adds it up in memory.
    fn replay(&self) -> impl Future<Output = Result<Tally>> + Send {
        async { Unsupported::outcome() }
    }

    /// Empties a table of balances, reads the whole log and builds it anew; gives the sum of what is in it.
    fn replay_into_table(&self) -> impl Future<Output = Result<Account>> + Send {
        async { Unsupported::outcome() }
    }

    /// Writes histories by the way that the subject has for bulk.
    fn import(&self, _histories: Histories) -> impl Future<Output = Result<()>> + Send {
        async { Unsupported::outcome() }
    }

    /// Ends the connections, so that a file is left as a program leaves it that ends in order.
    fn close(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Starts a subscription to what is appended from now on, which tells `seen` each deposit's reference.
    fn follow(&self, _seen: Seen) -> impl Future<Output = Result<Following>> + Send {
        async { Unsupported::outcome() }
    }
}
