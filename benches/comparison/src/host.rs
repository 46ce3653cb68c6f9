//! What the databases of a store are made in.

use anyhow::Result;

use crate::files::Files;
use crate::server::Server;
use crate::stores::Store;

/// One for all subjects, each with databases of its own.
#[derive(Debug)]
pub(crate) enum Host {
    Server(Box<Server>),
    Files(Files),
}

impl Host {
    /// With `statements` a server counts them.
    pub(crate) fn start(store: Store, statements: bool) -> Result<Self> {
        Ok(match store {
            Store::Postgres => Self::Server(Box::new(Server::start(statements)?)),
            Store::Sqlite => Self::Files(Files::start()?),
        })
    }

    /// Makes an empty database and gives its URL.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        match self {
            Self::Server(server) => server.database(name),
            Self::Files(files) => Ok(files.url(name)),
        }
    }

    /// What a turn works on that begins with nothing. A file is soon made, so each turn has one of its own.
    pub(crate) fn empty(&self, url: &str, turn: usize) -> String {
        match self {
            Self::Server(_) => url.to_owned(),
            Self::Files(_) => format!("{url}-{turn}"),
        }
    }

    /// As time would leave a database that was filled a while ago. Of a file its last user has seen to that.
    pub(crate) fn tidy(&self, url: &str) -> Result<()> {
        match self {
            Self::Server(server) => server.vacuum(url),
            Self::Files(_) => Ok(()),
        }
    }

    /// Writes out what the work before has left in memory. With files each program has done so at every commit.
    pub(crate) fn settle(&self) -> Result<()> {
        match self {
            Self::Server(server) => server.settle(),
            Self::Files(_) => Ok(()),
        }
    }

    /// The statements that took a server longest in a database, where they are counted.
    pub(crate) fn statements(&self, url: &str) -> Result<String> {
        match self {
            Self::Server(server) => server.statements(url),
            Self::Files(_) => Ok(String::new()),
        }
    }
}
