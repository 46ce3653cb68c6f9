//! What can be asked for on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use es_core::prelude::*;
use example_stores::StoreArgument;

use crate::show::Moment;

/// Where the events are kept unless it is said.
const DEFAULT: &str = "sqlite:data/loans.db";

/// What may be said where a log is begun.
const ANY: &str = "memory|sqlite:PATH|postgres://…";

/// What may be said where there is to be one already.
const LASTING: &str = "sqlite:PATH|postgres://…";

/// The log of a bank's loan department in an event store.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Imports a log, projects it and prints the report. What is stored already is not stored again.
    Run(RunArguments),
    /// Prints the report again, from the read models.
    Report(ReportArguments),
    /// Empties the read models and builds them anew from the stored events, and says how fast that went.
    Rebuild(RebuildArguments),
    /// Prints the state of one application and its history.
    Show(ShowArguments),
    /// Copies all events into another store, where the work goes on; those in the first one stay.
    Move(MoveArguments),
    /// Lists the events that the program knows, and who handles them.
    Events {
        /// Prints them as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// The log: JSON lines, plain or gzip.
    pub(super) file: PathBuf,
    /// Where the events are kept.
    #[arg(long, value_name = ANY, default_value = DEFAULT)]
    pub(super) store: StoreArgument,
    /// Prints the report as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
    /// Counts lines that cannot be understood and goes on, instead of stopping at the first.
    #[arg(long)]
    pub(super) skip_bad: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// The store that `run` has filled.
    #[arg(long, value_name = LASTING, default_value = DEFAULT, value_parser = StoreArgument::lasting)]
    pub(super) store: StoreArgument,
    /// Prints the report as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RebuildArguments {
    /// The store that `run` has filled.
    #[arg(long, value_name = LASTING, default_value = DEFAULT, value_parser = StoreArgument::lasting)]
    pub(super) store: StoreArgument,
}

#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// The application's number.
    pub(super) application: String,
    /// The store that `run` has filled.
    #[arg(long, value_name = LASTING, default_value = DEFAULT, value_parser = StoreArgument::lasting)]
    pub(super) store: StoreArgument,
    /// Shows it after its N-th event; the first is 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "at")]
    version: Option<u64>,
    /// Shows it as it was at a time such as `2011-10-01T06:08:58Z`.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<DateTime<Utc>>,
}

impl ShowArguments {
    pub(super) fn moment(&self) -> Moment {
        match (self.version, self.at) {
            (Some(version), _) => Moment::Version(Version::new(version)),
            (None, Some(time)) => Moment::Time(time),
            (None, None) => Moment::Now,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct MoveArguments {
    /// The store that has the events.
    #[arg(long, value_name = LASTING, default_value = DEFAULT, value_parser = StoreArgument::lasting)]
    pub(super) from: StoreArgument,
    /// The store that gets them: empty, or with the first of them from a move that was broken off.
    #[arg(long, value_name = LASTING, value_parser = StoreArgument::lasting)]
    pub(super) to: StoreArgument,
}

fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed.map(|time| time.to_utc()).map_err(|e| format!("{e}; write it as 2011-10-01T06:08:58Z"))
}
