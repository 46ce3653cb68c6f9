//! Figures: several runs of each of two subjects, taken by turns, and what is told of them.

use serde::Serialize;

/// One row of the report.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measure {
    #[serde(rename = "measure")]
    pub(crate) label: String,
    pub(crate) subject: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) runs: usize,
}

/// The same measure of both subjects.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    pub(crate) macros: Measure,
    pub(crate) hand: Measure,
    /// How many times as much as by hand the macros may cost.
    pub(crate) goal: Option<f64>,
}

impl Measure {
    fn new(label: &str, subject: &'static str, unit: &'static str, mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let (min, max) = (runs[0], runs[runs.len() - 1]);
        let median = f64::midpoint(runs[(runs.len() - 1) / 2], runs[runs.len() / 2]);
        Self { label: label.to_owned(), subject, unit, median, min, max, runs: runs.len() }
    }
}

impl Comparison {
    /// From the pairs of each round: the macros' figure and that of the hand.
    pub(crate) fn new(
        label: &str,
        unit: &'static str,
        rounds: impl IntoIterator<Item = [f64; 2]>,
    ) -> Self {
        let (macros, hand) = rounds.into_iter().map(|[macros, hand]| (macros, hand)).unzip();
        Self {
            macros: Measure::new(label, "macros", unit, macros),
            hand: Measure::new(label, "by hand", unit, hand),
            goal: None,
        }
    }

    /// Sets the goal.
    pub(crate) fn goal(self, times: f64) -> Self {
        Self { goal: Some(times), ..self }
    }

    /// How many times as much as by hand the macros cost.
    pub(crate) fn ratio(&self) -> f64 {
        self.macros.median / self.hand.median
    }

    /// Whether the goal is reached, when there is one.
    pub(crate) fn reached(&self) -> Option<bool> {
        self.goal.map(|goal| self.ratio() <= goal)
    }
}

/// Runs both by turns, so that what else the machine does falls on both.
///
/// # Errors
/// The first error of either.
pub(crate) fn by_turns<T, E>(
    rounds: usize,
    mut macros: impl FnMut() -> Result<T, E>,
    mut hand: impl FnMut() -> Result<T, E>,
) -> Result<Vec<[T; 2]>, E> {
    // The second of a pair may find the machine warmer than the first: each goes first every other round.
    let mut round = |n: usize| {
        if n.is_multiple_of(2) {
            let macros = macros()?;
            Ok([macros, hand()?])
        } else {
            let hand = hand()?;
            Ok([macros()?, hand])
        }
    };
    (0..rounds).map(&mut round).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        let compared =
            Comparison::new("time", "s", [[3.0, 1.0], [1.0, 1.0], [9.0, 2.0], [4.0, 9.0]]);
        let Measure { median, min, max, runs, .. } = compared.macros;
        let shown = format!("{median} {min} {max}, {runs} runs; {}", compared.hand.median);
        assert_eq!(shown, "3.5 1 9, 4 runs; 1.5");
    }

    #[test]
    fn a_goal_is_missed_only_above_it() {
        let compared = Comparison::new("time", "s", [[1.5, 1.0]]);
        assert_eq!(compared.reached(), None);
        assert_eq!(compared.clone().goal(1.5).reached(), Some(true));
        assert_eq!(compared.goal(1.4).reached(), Some(false));
    }
}
