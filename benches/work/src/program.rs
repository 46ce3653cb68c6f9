//! The `main` of a subject's program.

use std::process::ExitCode;

use crate::error::{Error, Result, Unsupported};
use crate::job::{Answer, Fixture, Job, Task, Work};
use crate::subject::{Setup, Subject};
use crate::{Histories, commands, live, load, memory, replay};

/// What the URL of an SQLite file begins with; its path follows.
pub const SQLITE: &str = "sqlite:";

/// Does the job that is the program's argument, prints the answer, and gives the exit code.
pub fn run<S: Subject>() -> ExitCode {
    tell(job().and_then(|job| answer::<S>(&job)))
}

/// As [`run`], by the first where the database is a PostgreSQL server's, and by the second where it is an SQLite file.
pub fn run_either<P: Subject, L: Subject>() -> ExitCode {
    let is_file = |job: &Job| job.url.starts_with(SQLITE);
    tell(job().and_then(|job| if is_file(&job) { answer::<L>(&job) } else { answer::<P>(&job) }))
}

fn tell(outcome: Result<Answer>) -> ExitCode {
    match outcome.or_else(unsupported) {
        Ok(answer) => {
            println!("{}", serde_json::to_string(&answer).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

fn job() -> Result<Job> {
    let argument = std::env::args().nth(1).ok_or("the runner gives the job as an argument")?;
    Ok(serde_json::from_str(&argument)?)
}

fn unsupported(error: Error) -> Result<Answer> {
    if error.is::<Unsupported>() { Ok(Answer::Unsupported) } else { Err(error) }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn answer<S: Subject>(job: &Job) -> Result<Answer> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let url = job.url.as_str();
    runtime.block_on(async {
        match &job.task {
            Task::Prepare(fixture) => prepare::<S>(url, fixture).await.map(|()| Answer::Ready),
            Task::Measure(work) => measure::<S>(url, work).await.map(Answer::Figure),
        }
    })
}

async fn prepare<S: Subject>(url: &str, fixture: &Fixture) -> Result<()> {
    let snapshots = matches!(fixture, Fixture::Streams { snapshot: Some(_), .. });
    let subject = S::connect(Setup { snapshots, ..Setup::plain(url) }).await?;
    match fixture {
        Fixture::Empty => {}
        Fixture::Log { events } => load::seed(&subject, Histories::log(*events)).await?,
        Fixture::Streams { lengths, snapshot } => {
            for &length in lengths {
                load::prepare(&subject, length, *snapshot).await?;
            }
        }
    }
    subject.close().await;
    Ok(())
}

async fn measure<S: Subject>(url: &str, work: &Work) -> Result<f64> {
    let plain = Setup::plain(url);
    match *work {
        Work::Commands { callers, streams, warm, reference, limit } => {
            let subject = S::connect(Setup { callers, warm, ..plain }).await?;
            commands::measure(&subject, callers, streams, reference, limit).await
        }
        Work::Load { events, snapshot, limit } => {
            let subject = S::connect(Setup { callers: 1, snapshots: snapshot, ..plain }).await?;
            load::measure(&subject, events, limit).await
        }
        Work::Replay { events } => {
            let subject = S::connect(plain).await?;
            replay::measure(events, async || Ok(subject.replay().await?.sum())).await
        }
        Work::ReplayTable { events } => {
            let subject = S::connect(plain).await?;
            replay::measure(events, async || subject.replay_into_table().await).await
        }
        Work::Import { events } => replay::measure_import(&S::connect(plain).await?, events).await,
        Work::Live { samples } => live::measure(&S::connect(plain).await?, samples).await,
        Work::Memory { events } => memory::measure(&S::connect(plain).await?, events).await,
    }
}
