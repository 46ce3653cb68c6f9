//! The one server that all subjects use, each in databases of its own.

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use xtask::pg::Cluster;

/// What a server has that must not lose what it has acknowledged; everything else is as the throwaway cluster has it.
const DURABLE: &[(&str, &str)] =
    &[("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on")];

/// A throwaway server with durable settings.
#[derive(Debug)]
pub(crate) struct Server {
    cluster: Cluster,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let cluster = Cluster::start(DURABLE).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(Self { cluster })
    }

    /// Makes an empty database and gives its URL.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        self.sql(&format!("CREATE DATABASE \"{name}\""))?;
        Ok(self.cluster.url_of(name))
    }

    /// As autovacuum would leave a table that was filled a while ago.
    pub(crate) fn vacuum(&self, url: &str) -> Result<()> {
        self.sql_in(url, "VACUUM ANALYZE")
    }

    /// Writes out what the work before has left in memory, so that the next one does not pay for it.
    pub(crate) fn settle(&self) -> Result<()> {
        self.sql("CHECKPOINT")
    }

    fn sql(&self, statement: &str) -> Result<()> {
        self.sql_in(self.cluster.url(), statement)
    }

    fn sql_in(&self, url: &str, statement: &str) -> Result<()> {
        let psql = self.cluster.programs().join("psql");
        let program = if psql.exists() { psql } else { "psql".into() };
        let output = Command::new(program)
            .args(["--no-psqlrc", "--quiet", "--command", statement, url])
            .output()
            .context("psql cannot be run: install the PostgreSQL client programs")?;
        if !output.status.success() {
            bail!("{statement}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }
}
