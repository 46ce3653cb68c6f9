//! The command line, and what its commands do.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, stderr, stdout};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};
use es_core::prelude::*;
use es_core::subscription::SubscriptionError;
use es_core::{BulkStore, LoadError, LogQuery, Position, StoreError, SubscriptionStore};
use es_postgres::PgStore;
use indicatif::{ProgressBar, ProgressStyle};
use thiserror::Error;

use crate::import::{Import, ImportError, Imported};
use crate::projections;
use crate::report::Report;
use crate::show::{Moment, ShowError, show};

/// The log of a bank's loan department in an event store.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Imports a log, projects it and prints the report. What is stored already is not stored again.
    Run(RunArguments),
    /// Prints the report again, from the read models.
    Report(ReportArguments),
    /// Empties the read models and builds them anew from the stored events, and says how fast that went.
    Rebuild(RebuildArguments),
    /// Prints the state of one application and its history.
    Show(ShowArguments),
    /// Lists the events that the program knows, and who handles them.
    Events {
        /// Prints them as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct RunArguments {
    /// The log: JSON lines, plain or gzip.
    file: PathBuf,
    /// Where the events are kept.
    #[arg(long, value_name = "memory|postgres://…", default_value = "memory")]
    store: StoreArgument,
    /// Prints the report as one JSON object.
    #[arg(long)]
    json: bool,
    /// Counts lines that cannot be understood and goes on, instead of stopping at the first.
    #[arg(long)]
    skip_bad: bool,
}

#[derive(Debug, Args)]
struct ReportArguments {
    /// The database that `run` has filled.
    #[arg(long, value_name = "postgres://…")]
    store: PgUrl,
    /// Prints the report as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RebuildArguments {
    /// The database that `run` has filled.
    #[arg(long, value_name = "postgres://…")]
    store: PgUrl,
}

#[derive(Debug, Args)]
struct ShowArguments {
    /// The application's number.
    application: String,
    /// The database that `run` has filled.
    #[arg(long, value_name = "postgres://…")]
    store: PgUrl,
    /// Shows it after its N-th event; the first is 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "at")]
    version: Option<u64>,
    /// Shows it as it was at a time such as `2011-10-01T06:08:58Z`.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<DateTime<Utc>>,
}

impl ShowArguments {
    fn moment(&self) -> Moment {
        match (self.version, self.at) {
            (Some(version), _) => Moment::Version(Version::new(version)),
            (None, Some(time)) => Moment::Time(time),
            (None, None) => Moment::Now,
        }
    }
}

/// Where the events are kept.
#[derive(Debug, Clone)]
enum StoreArgument {
    Memory,
    Postgres(PgUrl),
}

impl FromStr for StoreArgument {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "memory" => Ok(Self::Memory),
            text => match text.parse() {
                Ok(url) => Ok(Self::Postgres(url)),
                Err(_) => Err("write `memory`, or `postgres://…` for a PostgreSQL database"),
            },
        }
    }
}

/// The URL of a PostgreSQL database.
#[derive(Clone)]
struct PgUrl(String);

impl FromStr for PgUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "memory" {
            return Err("a memory store is empty when the program begins: write `postgres://…`");
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self(text.to_owned()));
        }
        Err("write `postgres://…`")
    }
}

impl std::fmt::Debug for PgUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PgUrl(…)") // it may hold a password
    }
}

fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed.map(|time| time.to_utc()).map_err(|e| format!("{e}; write it as 2011-10-01T06:08:58Z"))
}

/// Why a command has failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CliError {
    /// No connection, or a database that cannot be used.
    #[error("the database cannot be used")]
    Database(#[source] StoreError),
    /// The import stopped. What was imported stays; the same command goes on from there.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The read models could not be brought up to date.
    #[error("the read models cannot be written")]
    Project(#[source] SubscriptionError),
    /// The database has no read models, or no log.
    #[error("the database holds no {what} yet: fill it with `loans run FILE --store postgres://…`")]
    Nothing {
        /// What it lacks.
        what: &'static str,
    },
    /// The read models could not be read.
    #[error("the read models cannot be read")]
    Report(#[source] ProjectionError),
    /// The application could not be shown.
    #[error(transparent)]
    Show(ShowError),
}

/// An error and everything that caused it, on one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

/// Carries a command out and gives what is to be printed.
///
/// # Errors
/// [`CliError`] says why it could not be.
pub async fn run(arguments: Arguments) -> Result<String, CliError> {
    match arguments.command {
        Command::Run(arguments) => match &arguments.store {
            StoreArgument::Memory => run_on(MemoryStore::new(), &arguments).await,
            StoreArgument::Postgres(url) => {
                let store = connect(url).await?;
                store.migrate().await.map_err(CliError::Database)?;
                run_on(store, &arguments).await
            }
        },
        Command::Report(arguments) => {
            let store = connect(&arguments.store).await?;
            let report = Report::read(&store).await.map_err(no_report)?;
            Ok(print(&report, arguments.json))
        }
        Command::Rebuild(arguments) => {
            let store = connect(&arguments.store).await?;
            rebuild(&store).await
        }
        Command::Show(arguments) => {
            let store = connect(&arguments.store).await?;
            show(&store, &arguments.application, arguments.moment()).await.map_err(no_log)
        }
        Command::Events { json } => Ok(list_events(json)),
    }
}

fn list_events(json: bool) -> String {
    let events = crate::events();
    if !json {
        return events.to_string();
    }
    let text = serde_json::to_string_pretty(&events);
    text.expect("names and numbers are always JSON") + "\n"
}

async fn connect(url: &PgUrl) -> Result<PgStore, CliError> {
    PgStore::connect(&url.0).await.map_err(CliError::Database)
}

async fn rebuild(store: &PgStore) -> Result<String, CliError> {
    let events = store.count_log(LogQuery::after(Position::START)).await;
    let events = events.map_err(CliError::Database)?;
    let begun = Instant::now();
    let done = projections::rebuild(store).await.map_err(CliError::Project)?;
    let took = begun.elapsed();
    let handled: u64 = done.iter().map(|progress| progress.events).sum();
    let rate = u128::from(events) * 1_000_000 / took.as_micros().max(1);
    Ok(format!(
        "{events} events replayed into 3 tables in {took:.1?}: {rate} events a second, {handled} handled in all\n"
    ))
}

async fn run_on<S: SubscriptionStore + BulkStore + Clone>(
    store: S,
    arguments: &RunArguments,
) -> Result<String, CliError> {
    let bar = progress_bar(arguments.json);
    let import = Import::new(store.clone()).skip_bad(arguments.skip_bad).progress(bar.clone());
    let imported = import.file(&arguments.file).await;
    bar.finish_and_clear();
    let imported = imported?;
    eprint!("{}", summary(&imported));
    projections::catch_up(&store).await.map_err(CliError::Project)?;
    let report = Report::read(&store).await.map_err(CliError::Report)?;
    Ok(print(&report, arguments.json))
}

/// On a terminal only, and not when what is printed goes to another program as JSON.
fn progress_bar(json: bool) -> ProgressBar {
    if !stderr().is_terminal() || (json && !stdout().is_terminal()) {
        return ProgressBar::hidden();
    }
    let style = "{bar:40} {binary_bytes}/{binary_total_bytes} {eta}";
    let style = ProgressStyle::with_template(style).expect("the template is well formed");
    ProgressBar::no_length().with_style(style)
}

fn summary(imported: &Imported) -> String {
    let Imported { lines, added, known, bad, first_bad, .. } = imported;
    let mut text = format!("{lines} lines: {added} events added, {known} stored before");
    let _ = writeln!(text, ", {bad} skipped");
    for (line, reason) in first_bad {
        let _ = writeln!(text, "  line {line}: {}", with_causes(reason));
    }
    if *bad > first_bad.len() as u64 {
        text.push_str("  …\n");
    }
    text
}

fn print(report: &Report, json: bool) -> String {
    if json { report.to_json() } else { report.to_tables() }
}

fn no_report(error: ProjectionError) -> CliError {
    match error {
        ProjectionError::Store(StoreError::MissingTable { .. }) => {
            CliError::Nothing { what: "report" }
        }
        error => CliError::Report(error),
    }
}

fn no_log(error: ShowError) -> CliError {
    match error {
        ShowError::Load {
            cause: LoadError::Store(StoreError::Schema { found: 0, .. }), ..
        } => CliError::Nothing { what: "log" },
        error => CliError::Show(error),
    }
}
