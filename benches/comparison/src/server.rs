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
    statements: bool,
}

impl Server {
    /// With `statements` it counts them, which costs all subjects a little.
    pub(crate) fn start(statements: bool) -> Result<Self> {
        let counting = [("shared_preload_libraries", "pg_stat_statements")];
        let settings = [DURABLE, if statements { &counting } else { &[] }].concat();
        let cluster = Cluster::start(&settings).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let server = Self { cluster, statements };
        if statements {
            server.sql("CREATE EXTENSION pg_stat_statements")?;
        }
        Ok(server)
    }

    /// The statements in a database since it was made that took longest in all, a line each; nothing where they are not counted.
    pub(crate) fn statements(&self, url: &str) -> Result<String> {
        if !self.statements {
            return Ok(String::new());
        }
        let name = url.split('?').next().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
        self.sql(&format!(
            "SELECT format('        %s × %s µs, %s rows: %s', calls, round(mean_exec_time * 1000), rows, \
             left(regexp_replace(regexp_replace(query, '--[^\n]*\n', '', 'g'), '\\s+', ' ', 'g'), 100)) \
             FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid WHERE datname = '{name}' \
             ORDER BY total_exec_time DESC LIMIT 5"
        ))
    }

    /// Makes an empty database and gives its URL.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        self.sql(&format!("CREATE DATABASE \"{name}\""))?;
        Ok(self.cluster.url_of(name))
    }

    /// As autovacuum would leave a table that was filled a while ago.
    pub(crate) fn vacuum(&self, url: &str) -> Result<()> {
        self.sql_in(url, "VACUUM ANALYZE").map(drop)
    }

    /// Writes out what the work before has left in memory, so that the next one does not pay for it.
    pub(crate) fn settle(&self) -> Result<()> {
        self.sql("CHECKPOINT").map(drop)
    }

    /// What psql prints.
    fn sql(&self, statement: &str) -> Result<String> {
        self.sql_in(self.cluster.url(), statement)
    }

    fn sql_in(&self, url: &str, statement: &str) -> Result<String> {
        let psql = self.cluster.programs().join("psql");
        let program = if psql.exists() { psql } else { "psql".into() };
        let output = Command::new(program)
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--command", statement, url])
            .output()
            .context("psql cannot be run: install the PostgreSQL client programs")?;
        if !output.status.success() {
            bail!("{statement}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
