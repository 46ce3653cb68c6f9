//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::stores::Store;

/// Measures es against its peers on a throwaway PostgreSQL and on SQLite files, with durable settings.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Three short rounds instead of five, and less of everything.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Writes one row for each work and subject.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Writes the picture.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Only on this store; may be repeated.
    #[arg(long, value_name = "STORE")]
    store: Vec<Store>,
    /// Only works whose name begins so; may be repeated.
    #[arg(long, value_name = "WORK")]
    only: Vec<String>,
    /// Only these subjects; may be repeated.
    #[arg(long, value_name = "SUBJECT")]
    subject: Vec<String>,
    /// Prints the statements that took the PostgreSQL server longest; `pg_stat_statements` must be installed beside it.
    #[arg(long)]
    pub(crate) statements: bool,
    /// Another number of rounds.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
}

impl Options {
    pub(crate) fn wants(&self, work: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| work.starts_with(only))
    }

    pub(crate) fn stores(&self) -> Vec<Store> {
        let wanted = |store: &Store| self.store.is_empty() || self.store.contains(store);
        Store::ALL.into_iter().filter(wanted).collect()
    }

    pub(crate) fn includes(&self, subject: &str) -> bool {
        self.subject.is_empty() || self.subject.iter().any(|only| only == subject)
    }

    pub(crate) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 5 })
    }
}
