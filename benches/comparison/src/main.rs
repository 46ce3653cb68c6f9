//! `cargo run --release`: es against its peers, in one run on one server.

mod goals;
mod options;
mod picture;
mod plan;
mod processors;
mod programs;
mod report;
mod rounds;
mod rows;
mod server;
mod subjects;

use std::process::ExitCode;

use clap::Parser as _;

use crate::options::Options;

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
    let plan = plan::plan(options.quick, |work| options.wants(work))?;
    let programs = programs::build(|subject| options.includes(subject))?;
    let outcome = {
        // Dropped, and so stopped, before anything is printed that may fail.
        let server = server::Server::start(options.statements)?;
        rounds::run(&plan, &programs, &server, options.rounds())?
    };
    println!("{}", report::table(&plan, &outcome.rows));
    let goals = goals::judge(&outcome.rows);
    println!("{}", report::goals(&goals));
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
