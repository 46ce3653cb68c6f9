//! What the macros of es-core cost: to the compiler, in the binary and when events are replayed, each time against the
//! same impls written by hand.

mod clock;
mod compile;
mod dispatch;
mod domain;
mod generate;
mod measure;
mod report;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

/// Measures what the macros cost against the same impls written by hand.
#[derive(Debug, Parser)]
struct Options {
    /// Takes three rounds instead of five.
    #[arg(long)]
    quick: bool,
    /// Checks parts of the domain too: the events alone, and the events with the aggregates.
    #[arg(long)]
    parts: bool,
    /// Measures dispatch and decoding alone, for which nothing is compiled.
    #[arg(long)]
    dispatch: bool,
    /// Writes the figures as JSON too, one row for each measure of each subject.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> Result<()> {
    let Options { quick, parts, dispatch, json } = Options::parse();
    let rounds = if quick { 3 } else { 5 };
    let mut compared = Vec::new();
    if !dispatch {
        compared.append(&mut compile::measure(rounds)?);
        if parts {
            compared.append(&mut compile::parts(rounds)?);
        }
    }
    compared.append(&mut dispatch::measure(rounds)?);
    println!("{}", report::table(&compared));
    if let Some(path) = json {
        report::save(&compared, &path)?;
    }
    Ok(())
}
