//! The program that the tests with real processes run and kill: `worker URL [--option value]…`.

mod command;
mod options;
mod project;
mod write;

use std::io::Write as _;

use serde_json::Value;

pub use options::{Options, Policy};

/// Runs until it is told to end.
///
/// # Errors
/// What ended it, with its causes.
pub async fn run(options: Options) -> Result<(), String> {
    match (options.writer, options.commander) {
        (Some(accounts), _) => write::run(&options, accounts).await,
        (None, Some(purses)) => command::run(&options, purses).await,
        (None, None) => project::run(&options).await,
    }
}

/// One line for whoever watches this process.
fn say(line: &Value) {
    let mut out = std::io::stdout().lock();
    // Whoever watches may be gone.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// An error and its causes on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
