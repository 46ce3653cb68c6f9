//! The command line, and what its commands do.

mod arguments;
mod moving;

use std::error::Error;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, stderr, stdout};
use std::time::Instant;

use es_core::prelude::*;
use es_core::subscription::SubscriptionError;
use es_core::{
    BulkStore, LoadError, LogQuery, Position, StoreError, SubscriptionStore, TransferError,
};
use example_stores::{OpenError, Store, StoreArgument, on_store};
use indicatif::{ProgressBar, ProgressStyle};
use thiserror::Error;

pub use self::arguments::Arguments;
use self::arguments::{Command, ReportArguments, RunArguments, ShowArguments};
use crate::import::{Import, ImportError, Imported};
use crate::projections;
use crate::report::Report;
use crate::show::{ShowError, show};

/// Why a command has failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CliError {
    /// No file, no connection, or a store that cannot be used.
    #[error(transparent)]
    Open(OpenError),
    /// The store has failed.
    #[error("the log cannot be read")]
    Store(#[source] StoreError),
    /// The import stopped. What was imported stays; the same command goes on from there.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The read models could not be brought up to date.
    #[error("the read models cannot be written")]
    Project(#[source] SubscriptionError),
    /// The store has no read models, or no log.
    #[error("{store} holds no {what} yet: fill it with `loans run FILE --store {store}`")]
    Nothing {
        /// The store.
        store: StoreArgument,
        /// What it lacks.
        what: &'static str,
    },
    /// The read models could not be read.
    #[error("the read models cannot be read")]
    Report(#[source] ProjectionError),
    /// The application could not be shown.
    #[error(transparent)]
    Show(ShowError),
    /// The log was not moved, or not to its end. The same command goes on from there.
    #[error(transparent)]
    Move(TransferError),
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
        Command::Run(arguments) => {
            let store = arguments.store.open().await.map_err(CliError::Open)?;
            let done = on_store!(&store, |store| import(store, &arguments).await);
            store.close().await;
            done
        }
        Command::Report(arguments) => {
            let store = existing(&arguments.store, "report").await?;
            let done = on_store!(&store, |store| report(store, &arguments).await);
            store.close().await;
            done
        }
        Command::Rebuild(arguments) => {
            let store = existing(&arguments.store, "log").await?;
            let done = on_store!(&store, |store| rebuild(store, &arguments.store).await);
            store.close().await;
            done
        }
        Command::Show(arguments) => {
            let store = existing(&arguments.store, "log").await?;
            let done = on_store!(&store, |store| show_one(store, &arguments).await);
            store.close().await;
            done
        }
        Command::Move(arguments) => moving::run(&arguments.from, &arguments.to).await,
        Command::Events { json } => Ok(list_events(json)),
    }
}

/// A store that is there already. Without its file it holds no `what`.
async fn existing(store: &StoreArgument, what: &'static str) -> Result<Store, CliError> {
    store.open_existing().await.map_err(|error| match error {
        OpenError::Missing { .. } => CliError::Nothing { store: store.clone(), what },
        error => CliError::Open(error),
    })
}

fn list_events(json: bool) -> String {
    let events = crate::events();
    if !json {
        return events.to_string();
    }
    let text = serde_json::to_string_pretty(&events);
    text.expect("names and numbers are always JSON") + "\n"
}

async fn import<S: SubscriptionStore + BulkStore + Clone>(
    store: &S,
    arguments: &RunArguments,
) -> Result<String, CliError> {
    let bar = progress_bar(arguments.json, "{bar:40} {binary_bytes}/{binary_total_bytes} {eta}");
    let import = Import::new(store.clone()).skip_bad(arguments.skip_bad).progress(bar.clone());
    let imported = import.file(&arguments.file).await;
    bar.finish_and_clear();
    let imported = imported?;
    eprint!("{}", summary(&imported));
    projections::catch_up(store).await.map_err(CliError::Project)?;
    let report = Report::read(store).await.map_err(CliError::Report)?;
    Ok(print(&report, arguments.json))
}

async fn report<S: ProjectionStore>(
    store: &S,
    arguments: &ReportArguments,
) -> Result<String, CliError> {
    let report = Report::read(store).await.map_err(|error| match error {
        ProjectionError::Store(StoreError::MissingTable { .. }) => {
            CliError::Nothing { store: arguments.store.clone(), what: "report" }
        }
        error => CliError::Report(error),
    })?;
    Ok(print(&report, arguments.json))
}

async fn rebuild<S: SubscriptionStore + Clone>(
    store: &S,
    argument: &StoreArgument,
) -> Result<String, CliError> {
    let events = count(store, argument).await?;
    let begun = Instant::now();
    let done = projections::rebuild(store).await.map_err(CliError::Project)?;
    let took = begun.elapsed();
    let handled: u64 = done.iter().map(|progress| progress.events).sum();
    let rate = u128::from(events) * 1_000_000 / took.as_micros().max(1);
    Ok(format!(
        "{events} events replayed into 3 tables in {took:.1?}: {rate} events a second, {handled} handled in all\n"
    ))
}

async fn show_one<S: EventStore + Clone>(
    store: &S,
    arguments: &ShowArguments,
) -> Result<String, CliError> {
    let shown = show(store, &arguments.application, arguments.moment()).await;
    shown.map_err(|error| match error {
        ShowError::Load { cause: LoadError::Store(cause), .. } if is_no_schema(&cause) => {
            CliError::Nothing { store: arguments.store.clone(), what: "log" }
        }
        error => CliError::Show(error),
    })
}

/// How many events there are.
async fn count<S: SubscriptionStore>(store: &S, argument: &StoreArgument) -> Result<u64, CliError> {
    let events = store.count_log(LogQuery::after(Position::START)).await;
    events.map_err(|error| match error {
        error if is_no_schema(&error) => CliError::Nothing { store: argument.clone(), what: "log" },
        error => CliError::Store(error),
    })
}

/// Whether it is a database in which nobody has made a store yet.
const fn is_no_schema(error: &StoreError) -> bool {
    matches!(error, StoreError::Schema { found: 0, .. })
}

/// On a terminal only, and not when what is printed goes to another program as JSON.
fn progress_bar(json: bool, template: &str) -> ProgressBar {
    if !stderr().is_terminal() || (json && !stdout().is_terminal()) {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).expect("the template is well formed");
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
