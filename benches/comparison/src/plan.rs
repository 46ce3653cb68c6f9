//! What is measured.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use work::{Fixture, Limit, Work};

use crate::stores::Store;
use crate::subjects::Subject;

/// A line of the plan.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) store: Store,
    /// Its name in rows and on the command line.
    pub(crate) name: &'static str,
    /// What it is, in a few words.
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) fixture: Fixture,
    pub(crate) work: Work,
    pub(crate) who: Who,
    /// What the peers do, where all of it would take them minutes: less of the same.
    pub(crate) peers: Option<(Fixture, Work)>,
    /// Shows how cost grows: fewer rounds.
    pub(crate) growth: bool,
}

/// Who takes part in a work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Every subject that does it.
    All,
    /// es and the floor: to seed the peers would take long.
    OursOnly,
}

impl Entry {
    /// What a subject finds, and what it does.
    pub(crate) fn of(&self, subject: Subject) -> (&Fixture, &Work) {
        match &self.peers {
            Some((fixture, work)) if subject.is_peer => (fixture, work),
            _ => (&self.fixture, &self.work),
        }
    }

    /// The shape of growth takes fewer rounds than a goal: three of five, one of three.
    pub(crate) fn rounds(&self, rounds: u32) -> u32 {
        if self.growth { rounds.saturating_sub(2).max(1) } else { rounds }
    }
}

const COMMANDS: &str = "commands/s";
const EVENTS: &str = "events/s";

/// What is measured on SQLite too; the same as on PostgreSQL.
const ON_SQLITE: [&str; 6] = [
    "sequential",
    "sequential-warm",
    "concurrent-64",
    "concurrent-64-warm",
    "load-10000",
    "replay",
];

/// The works whose names are wanted, on these stores.
///
/// # Errors
/// When there are none.
pub(crate) fn plan(
    quick: bool,
    stores: &[Store],
    wants: impl Fn(&str) -> bool,
) -> Result<Vec<Entry>> {
    let mut all = works(&Sizes::new(quick));
    let on_sqlite: Vec<_> = all
        .iter()
        .filter(|entry| ON_SQLITE.contains(&entry.name))
        .map(|entry| Entry { store: Store::Sqlite, ..entry.clone() })
        .collect();
    all.extend(growth(&Sizes::new(quick)));
    all.extend(on_sqlite);
    all.retain(|entry| stores.contains(&entry.store));
    let names: BTreeSet<_> = all.iter().map(|entry| entry.name).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    all.retain(|entry| wants(entry.name));
    if all.is_empty() {
        bail!("no such work; there are {names}");
    }
    Ok(all)
}

/// How much of everything.
struct Sizes {
    quick: bool,
}

impl Sizes {
    const fn new(quick: bool) -> Self {
        Self { quick }
    }

    const fn of(&self, full: u64, quick: u64) -> u64 {
        if self.quick { quick } else { full }
    }

    /// So many, or so long: a quick run gives up on a slow subject after a fraction of that.
    const fn limit(&self, full: u64, quick: u64) -> Limit {
        Limit { count: self.of(full, quick), seconds: if self.quick { 0.2 } else { 2.0 } }
    }

    fn commands(&self, name: &'static str, what: &'static str, callers: u32, warm: bool) -> Entry {
        let (count, quick) = match callers {
            1 => (4_000, 500),
            8 => (8_000, 1_000),
            _ if warm => (40_000, 6_000),
            _ => (16_000, 3_000),
        };
        let streams = match (self.quick, callers) {
            (true, 1) => 100,
            (true, _) => 500,
            (false, _) => 1_000,
        };
        let limit = self.limit(count, quick);
        let work = Work::Commands { callers, streams, warm, reference: 20, limit };
        entry(name, what, COMMANDS, Fixture::Empty, work)
    }

    fn load(&self, name: &'static str, what: &'static str, events: u64) -> Entry {
        let loads = (400_000 / events).clamp(3, 2_000);
        let limit = self.limit(loads, loads / 10);
        let work = Work::Load { events, snapshot: false, limit };
        // One database for all lengths but the longest, which not every subject can keep.
        let lengths = if events > 10_000 { vec![events] } else { vec![10, 100, 1_000, 10_000] };
        entry(name, what, EVENTS, Fixture::Streams { lengths, snapshot: None }, work)
    }
}

fn entry(
    name: &'static str,
    what: &'static str,
    unit: &'static str,
    fixture: Fixture,
    work: Work,
) -> Entry {
    let store = Store::Postgres;
    Entry { store, name, what, unit, fixture, work, who: Who::All, peers: None, growth: false }
}

/// Those that have goals.
fn works(sizes: &Sizes) -> Vec<Entry> {
    let replayed = sizes.of(200_000, 40_000);
    let tabled = replayed / 10;
    let imported = sizes.of(200_000, 40_000);
    let remembered = sizes.of(1_000_000, 100_000);
    let snapshot = Fixture::Streams { lengths: vec![10_000], snapshot: Some(50) };
    let from_snapshot =
        Work::Load { events: 10_000, snapshot: true, limit: sizes.limit(2_000, 200) };
    let live = Work::Live { samples: if sizes.quick { 1 } else { 15 } };
    vec![
        sizes.commands("sequential", "commands one after another on one connection", 1, false),
        sizes.commands("sequential-warm", "the same, aggregates in memory", 1, true),
        sizes.commands("concurrent-64", "commands of 64 callers on 1,000 streams", 64, false),
        sizes.commands("concurrent-64-warm", "the same, aggregates in memory", 64, true),
        sizes.commands("concurrent-256-warm", "of 256 callers, aggregates in memory", 256, true),
        sizes.load("load-1000", "load a stream of 1,000 events", 1_000),
        sizes.load("load-10000", "load a stream of 10,000 events", 10_000),
        entry(
            "load-10000-snapshot",
            "the same from a snapshot 50 events before the end",
            EVENTS,
            snapshot,
            from_snapshot,
        ),
        entry(
            "replay",
            "replay the log into memory",
            EVENTS,
            Fixture::Log { events: replayed },
            Work::Replay { events: replayed },
        ),
        Entry {
            peers: Some((Fixture::Log { events: tabled }, Work::ReplayTable { events: tabled })),
            ..entry(
                "replay-table",
                "replay the log into a table",
                EVENTS,
                Fixture::Log { events: replayed },
                Work::ReplayTable { events: replayed },
            )
        },
        entry(
            "import",
            "import streams",
            EVENTS,
            Fixture::Empty,
            Work::Import { events: imported },
        ),
        entry(
            "live",
            "from a commit to the handler that follows, median",
            "ms",
            Fixture::Empty,
            live,
        ),
        Entry {
            who: Who::OursOnly,
            ..entry(
                "memory",
                "peak of a replay above idle",
                "MiB",
                Fixture::Log { events: remembered },
                Work::Memory { events: remembered },
            )
        },
    ]
}

/// Those that show how cost grows. What a quick run has of them it has for es and the floor alone.
fn growth(sizes: &Sizes) -> Vec<Entry> {
    let mut entries = vec![
        sizes.load("load-10", "load a stream of 10 events", 10),
        sizes.load("load-100", "load a stream of 100 events", 100),
        sizes.commands("callers-8", "commands of 8 callers", 8, false),
        sizes.commands("callers-256", "commands of 256 callers", 256, false),
        payload(sizes, "payload-1", "commands with 1 KiB", 1),
        payload(sizes, "payload-10", "commands with 10 KiB", 10),
        payload(sizes, "payload-100", "commands with 100 KiB", 100),
    ];
    let logs: &[(&str, &str, u64, u64)] = &[
        ("log-0", "commands on an empty log", 0, 0),
        ("log-1000000", "commands on a log of 1,000,000 events", 1_000_000, 50_000),
        ("log-3000000", "commands on a log of 3,000,000 events", 3_000_000, 100_000),
    ];
    for &(name, what, full, quick) in logs {
        let fixture = Fixture::Log { events: sizes.of(full, quick) };
        let plain = sizes.commands(name, what, 1, false);
        entries.push(Entry { fixture, who: Who::OursOnly, ..plain });
    }
    if !sizes.quick {
        entries.push(sizes.load("load-100000", "load a stream of 100,000 events", 100_000));
    }
    for entry in &mut entries {
        entry.growth = true;
        if sizes.quick {
            entry.who = Who::OursOnly;
        }
    }
    entries
}

fn payload(sizes: &Sizes, name: &'static str, what: &'static str, kib: usize) -> Entry {
    let count = sizes.of(1_000, 200) / (kib as u64).min(10) + 50;
    let limit = Limit { count, ..sizes.limit(0, 0) };
    let work =
        Work::Commands { callers: 1, streams: 20, warm: false, reference: kib * 1024, limit };
    entry(name, what, COMMANDS, Fixture::Empty, work)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn peers_do_less_of_what_would_take_them_minutes() {
        use crate::subjects::ALL;

        let table =
            plan(false, &[Store::Postgres], |name| name == "replay-table").unwrap().remove(0);
        let (peers, ours): (Vec<Subject>, Vec<_>) = ALL.iter().partition(|one| one.is_peer);
        for (subjects, events) in [(peers, 20_000), (ours, 200_000)] {
            assert!(!subjects.is_empty());
            for subject in subjects {
                let wanted = (&Fixture::Log { events }, &Work::ReplayTable { events });
                assert_eq!(table.of(subject), wanted);
            }
        }
    }

    #[test]
    fn works_have_names_of_their_own_and_are_chosen_by_them() {
        for (quick, store) in
            [(true, Store::Postgres), (false, Store::Postgres), (true, Store::Sqlite)]
        {
            let all = plan(quick, &[store], |_| true).unwrap();
            let names: HashSet<_> = all.iter().map(|entry| entry.name).collect();
            assert_eq!(names.len(), all.len());
            assert!(all.iter().all(|entry| entry.store == store));
        }
        let loads = plan(true, &Store::ALL, |name| name.starts_with("load-1000")).unwrap();
        assert_eq!(loads.len(), 4);
        let none = plan(true, &Store::ALL, |_| false).unwrap_err();
        assert!(none.to_string().contains("sequential-warm"));
    }

    #[test]
    fn what_sqlite_is_measured_by_is_the_same_work() {
        let on = |store| plan(false, &[store], |_| true).unwrap();
        let (server, files) = (on(Store::Postgres), on(Store::Sqlite));
        assert_eq!(files.len(), ON_SQLITE.len());
        for file in files {
            let there = server.iter().find(|entry| entry.name == file.name).unwrap();
            assert_eq!((&there.fixture, &there.work), (&file.fixture, &file.work));
        }
    }
}
