//! `cargo run --release`: es against its peers, in one run on one server and one disk.

mod files;
mod goals;
mod host;
mod options;
mod picture;
mod plan;
mod processors;
mod programs;
mod report;
mod rounds;
mod rows;
mod server;
mod stores;
mod subjects;

use std::process::ExitCode;

use clap::Parser as _;

use crate::host::Host;
use crate::options::Options;
use crate::plan::Entry;
use crate::rounds::Outcome;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stores = options.stores();
    let plan = plan::plan(options.quick, &stores, |work| options.wants(work))?;
    let programs = programs::build(|subject| {
        options.includes(subject.name) && plan.iter().any(|entry| subject.stores_in(entry.store))
    })?;
    let (mut outcome, mut tables) = (Outcome::default(), String::new());
    for store in stores {
        let plan: Vec<Entry> = plan.iter().filter(|entry| entry.store == store).cloned().collect();
        if !plan.is_empty() {
            let host = Host::start(store, options.statements)?;
            rounds::run(&plan, &programs, &host, options.rounds(), &mut outcome)?;
            tables.push_str(&report::table(store, &plan, &outcome.rows));
        }
    }
    println!("{tables}\n{}", report::goals(&goals::judge(&outcome.rows)));
    if let Some(path) = &options.json {
        rows::write(path, &outcome.rows)?;
    }
    if let Some(path) = &options.svg {
        picture::write(path, &outcome.rows)?;
    }
    for failure in &outcome.failures {
        eprintln!("failed: {failure}");
    }
    Ok(if outcome.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
