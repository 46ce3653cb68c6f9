//! The goals, and whether a run has reached them.

use crate::report::figure;
use crate::rows::Row;
use crate::stores::Store;
use crate::subjects::{self, ES, FLOOR};

/// What is asked of es in a work.
#[derive(Debug, Clone, Copy)]
enum Goal {
    /// So many times the best peer.
    BestPeer(f64),
    /// So much of the floor.
    Floor(f64),
    /// So many times es itself in another work.
    Other(&'static str, f64),
    /// So many times sooner than the best peer.
    Sooner(f64),
    /// No more than that.
    AtMost(f64),
}

const POSTGRES: &[(&str, Goal)] = &[
    ("sequential", Goal::BestPeer(1.25)),
    ("sequential", Goal::Floor(0.85)),
    ("sequential-warm", Goal::BestPeer(2.8)),
    ("sequential-warm", Goal::Floor(0.85)),
    ("concurrent-64", Goal::BestPeer(3.0)),
    ("concurrent-64-warm", Goal::BestPeer(5.0)),
    ("concurrent-64-warm", Goal::Floor(0.6)),
    ("concurrent-256-warm", Goal::BestPeer(9.0)),
    ("concurrent-256-warm", Goal::Floor(0.7)),
    ("load-1000", Goal::BestPeer(2.5)),
    ("load-1000", Goal::Floor(0.9)),
    ("load-10000", Goal::BestPeer(2.5)),
    ("load-10000", Goal::Floor(0.9)),
    ("load-10000-snapshot", Goal::Other("load-10000", 20.0)),
    ("replay", Goal::BestPeer(1.6)),
    ("replay", Goal::Floor(0.85)),
    ("replay-table", Goal::BestPeer(7.0)),
    ("replay-table", Goal::Floor(0.7)),
    ("import", Goal::Floor(0.8)),
    ("live", Goal::Sooner(20.0)),
    ("memory", Goal::AtMost(32.0)),
];

const SQLITE: &[(&str, Goal)] = &[
    ("sequential", Goal::BestPeer(1.2)),
    ("concurrent-64", Goal::BestPeer(4.0)),
    ("load-10000", Goal::BestPeer(1.5)),
    ("replay", Goal::BestPeer(1.5)),
];

/// A goal for which the run has the figures.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) store: Store,
    pub(crate) work: &'static str,
    pub(crate) reached: bool,
    pub(crate) text: String,
}

/// Compares the medians.
pub(crate) fn judge(rows: &[Row]) -> Vec<Verdict> {
    let judge = |store: Store, goals: &'static [(&'static str, Goal)]| {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.store == store).collect();
        goals.iter().filter_map(move |&(work, goal)| {
            let (reached, text) = judge_one(&rows, work, goal)?;
            Some(Verdict { store, work, reached, text })
        })
    };
    judge(Store::Postgres, POSTGRES).chain(judge(Store::Sqlite, SQLITE)).collect()
}

fn judge_one(rows: &[&Row], work: &str, goal: Goal) -> Option<(bool, String)> {
    let median = |work: &str, subject: &str| {
        rows.iter().find(|row| row.work == work && row.subject == subject).map(|row| row.median)
    };
    let es = median(work, ES)?;
    let at_least = |ratio: f64, of: &str, asked: f64| {
        (ratio >= asked, format!("{} × {of} (asked: {asked})", figure(ratio)))
    };
    Some(match goal {
        Goal::BestPeer(asked) => {
            let best = peers(rows, work).max_by(|a, b| a.median.total_cmp(&b.median))?;
            at_least(es / best.median, &format!("the best peer, {}", best.subject), asked)
        }
        Goal::Sooner(asked) => {
            let best = peers(rows, work).min_by(|a, b| a.median.total_cmp(&b.median))?;
            at_least(best.median / es, &format!("sooner than {}", best.subject), asked)
        }
        Goal::Floor(asked) => at_least(es / median(work, FLOOR)?, "the floor", asked),
        Goal::Other(other, asked) => at_least(es / median(other, ES)?, other, asked),
        Goal::AtMost(asked) => (es <= asked, format!("{} (asked: at most {asked})", figure(es))),
    })
}

fn peers<'a>(rows: &'a [&Row], work: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter().copied().filter(move |row| row.work == work && subjects::is_peer(&row.subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(work: &str, subject: &str, figure: f64) -> Row {
        Row::of(Store::Postgres, work, subject, "u", &[figure]).unwrap()
    }

    #[test]
    fn ratios_are_those_to_the_best_peer_and_the_floor() {
        let rows = [
            row("sequential", "es", 200.0),
            row("sequential", "floor", 250.0),
            row("sequential", "cqrs-es", 150.0),
            row("sequential", "not a peer", 1_000.0),
        ];
        let verdicts = judge(&rows);
        let text: Vec<_> = verdicts.iter().map(|it| (it.reached, it.text.as_str())).collect();
        assert_eq!(
            text,
            [
                (true, "1.33 × the best peer, cqrs-es (asked: 1.25)"),
                (false, "0.80 × the floor (asked: 0.85)"),
            ]
        );
    }

    #[test]
    fn less_is_better_for_latency_and_memory() {
        let rows = [
            row("live", "es", 2.0),
            row("live", "cqrs-es", 30.0),
            row("memory", "es", 31.0),
            row("load-10000", "es", 10.0),
            row("load-10000-snapshot", "es", 200.0),
        ];
        let reached: Vec<_> = judge(&rows).iter().map(|it| (it.work, it.reached)).collect();
        assert_eq!(reached, [("load-10000-snapshot", true), ("live", false), ("memory", true)]);
    }

    #[test]
    fn a_store_is_compared_with_itself_and_has_goals_of_its_own() {
        let on = |store, row: Row| Row { store, ..row };
        let rows = [
            row("sequential", "es", 200.0),
            row("sequential", "evento", 100.0),
            on(Store::Sqlite, row("sequential", "es", 300.0)),
            on(Store::Sqlite, row("sequential", "evento", 250.0)),
            on(Store::Sqlite, row("sequential", "floor", 1_000.0)),
        ];
        let verdicts = judge(&rows);
        let text: Vec<_> = verdicts.iter().map(|it| (it.store, it.text.as_str())).collect();
        assert_eq!(
            text,
            [
                (Store::Postgres, "2.00 × the best peer, evento (asked: 1.25)"),
                (Store::Sqlite, "1.20 × the best peer, evento (asked: 1.2)"),
            ]
        );
    }

    #[test]
    fn goals_without_figures_are_not_judged() {
        assert_eq!(judge(&[row("sequential", "floor", 1.0)]), []);
    }
}
