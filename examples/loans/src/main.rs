//! `loans run`, `loans report` and `loans show`: see `loans --help`.

use std::io::{ErrorKind, Write as _, stdout};
use std::process::ExitCode;

use clap::Parser as _;
use loans::cli::{self, Arguments};

#[tokio::main]
async fn main() -> ExitCode {
    let output = match cli::run(Arguments::parse()).await {
        Ok(output) => output,
        Err(error) => {
            eprintln!("error: {}", cli::with_causes(&error));
            return ExitCode::FAILURE;
        }
    };
    match stdout().write_all(output.as_bytes()) {
        // Whoever closes the pipe early, as `head` does, has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("error: the output cannot be written: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
