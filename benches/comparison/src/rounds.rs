//! The rounds: A B C A B C, work after work.

use std::collections::HashMap;

use anyhow::Result;
use work::{Answer, Fixture, Task};

use crate::host::Host;
use crate::plan::{Entry, Who};
use crate::processors::Processors;
use crate::programs::Program;
use crate::rows::Row;

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Row>,
    pub(crate) failures: Vec<String>,
}

/// Who is measured when: each round has every subject once, so that what else the machine does meets all of them.
fn turns(rounds: u32, subjects: usize) -> impl Iterator<Item = usize> {
    (0..rounds).flat_map(move |_| 0..subjects)
}

pub(crate) fn run(
    plan: &[Entry],
    programs: &[Program],
    host: &Host,
    rounds: u32,
    outcome: &mut Outcome,
) -> Result<()> {
    let mut databases = Databases { host, known: HashMap::new() };
    for entry in plan {
        let rounds = entry.rounds(rounds);
        eprintln!("{} {}: {} …", entry.store, entry.name, entry.what);
        measure(entry, programs, host, &mut databases, rounds, outcome)?;
    }
    Ok(())
}

fn measure(
    entry: &Entry,
    programs: &[Program],
    host: &Host,
    databases: &mut Databases<'_>,
    rounds: u32,
    outcome: &mut Outcome,
) -> Result<()> {
    let mut parties: Vec<Party<'_>> = Vec::new();
    for program in programs.iter().filter(|program| takes_part(entry, program)) {
        match databases.of(program, entry) {
            Ok(Some(url)) => parties.push(Party::new(program, url)),
            Ok(None) => {}
            Err(error) => outcome.fail(program, entry, &error),
        }
    }
    for (nth, turn) in turns(rounds, parties.len()).enumerate() {
        let party = &mut parties[turn];
        if party.out {
            continue;
        }
        host.settle()?;
        let (fixture, work) = entry.of(party.program.subject);
        let is_empty = *fixture == Fixture::Empty;
        let url = if is_empty { host.empty(&party.url, nth) } else { party.url.clone() };
        let task = Task::Measure(work.clone());
        match party.processors.during(|| party.program.call(&url, task)) {
            Ok(Answer::Figure(figure)) => party.figures.push(figure),
            Ok(_) => party.out = true,
            Err(error) => {
                party.out = true;
                outcome.fail(party.program, entry, &error);
            }
        }
    }
    for party in &parties {
        let subject = party.program.subject.name;
        if let Some(row) = Row::of(entry.store, entry.name, subject, entry.unit, &party.figures) {
            eprintln!("    {subject}: {:.1} {}{}", row.median, row.unit, party.processors);
            eprint!("{}", host.statements(&party.url)?);
            outcome.rows.push(row);
        }
    }
    Ok(())
}

fn takes_part(entry: &Entry, program: &Program) -> bool {
    let does = match entry.who {
        Who::All => true,
        Who::OursOnly => !program.subject.is_peer,
    };
    does && program.subject.stores_in(entry.store)
}

/// A subject in the rounds of one work.
struct Party<'a> {
    program: &'a Program,
    url: String,
    figures: Vec<f64>,
    processors: Processors,
    /// It does not do this work, or has failed at it.
    out: bool,
}

impl<'a> Party<'a> {
    fn new(program: &'a Program, url: String) -> Self {
        let (figures, processors) = (Vec::new(), Processors::default());
        Self { program, url, figures, processors, out: false }
    }
}

/// The databases, made when they are first needed.
struct Databases<'a> {
    host: &'a Host,
    /// By subject, fixture, and, where nothing is in it at first, work; `None` where the subject has nothing for it, or failed.
    known: HashMap<(&'static str, Fixture, Option<&'static str>), Option<String>>,
}

impl Databases<'_> {
    fn of(&mut self, program: &Program, entry: &Entry) -> Result<Option<String>> {
        let fixture = entry.of(program.subject).0;
        let own = (*fixture == Fixture::Empty).then_some(entry.name);
        let key = (program.subject.name, fixture.clone(), own);
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let name = format!("{}_{}", program.subject.name.replace('-', "_"), self.known.len());
        self.known.insert(key.clone(), None);
        let url = self.host.database(&name)?;
        let answer = program.call(&url, Task::Prepare(fixture.clone()))?;
        self.host.tidy(&url)?;
        let url = (answer == Answer::Ready).then_some(url);
        self.known.insert(key, url.clone());
        Ok(url)
    }
}

impl Outcome {
    fn fail(&mut self, program: &Program, entry: &Entry, error: &anyhow::Error) {
        let failure = format!("{} at {}: {error:#}", program.subject.name, entry.name);
        eprintln!("    failed: {failure}");
        self.failures.push(failure);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_round_has_each_subject_once_in_the_same_order() {
        assert_eq!(super::turns(2, 3).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2]);
        assert_eq!(super::turns(3, 0).count(), 0);
    }
}
