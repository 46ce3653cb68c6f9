//! Results: one row for each work and subject.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::stores::Store;

/// One result. The fields are what readers of the JSON rely on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) store: Store,
    pub(crate) work: String,
    pub(crate) subject: String,
    pub(crate) unit: &'static str,
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) runs: usize,
}

impl Row {
    /// The result of some runs; `None` of none.
    pub(crate) fn of(
        store: Store,
        work: &str,
        subject: &str,
        unit: &'static str,
        figures: &[f64],
    ) -> Option<Self> {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let median = median(&sorted);
        let (work, subject) = (work.to_owned(), subject.to_owned());
        Some(Self { store, work, subject, unit, median, min, max, runs: sorted.len() })
    }
}

/// Of sorted figures: the one in the middle, or what lies between the two there.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

/// Writes the rows as a JSON array, one to a line.
pub(crate) fn write(path: &Path, rows: &[Row]) -> Result<()> {
    let lines: Result<Vec<_>, _> = rows.iter().map(serde_json::to_string).collect();
    let text = format!("[\n{}\n]\n", lines?.join(",\n"));
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_odd_and_even_runs() {
        let row = |figures: &[f64]| Row::of(Store::Postgres, "w", "s", "u", figures).unwrap();
        assert!((row(&[3.0, 1.0, 2.0]).median - 2.0).abs() < 1e-9);
        let even = row(&[4.0, 1.0, 2.0, 3.0]);
        assert!((even.median - 2.5).abs() < 1e-9);
        assert_eq!((even.min, even.max, even.runs), (1.0, 4.0, 4));
        assert_eq!(Row::of(Store::Postgres, "w", "s", "u", &[]), None);
    }

    #[test]
    fn json_rows_have_the_fields_that_are_agreed_upon() {
        let folder = std::env::temp_dir().join(format!("comparison-{}", std::process::id()));
        let row = Row::of(Store::Sqlite, "load", "es", "events/s", &[1.5]).unwrap();
        write(&folder, &[row.clone(), row]).unwrap();
        let text = fs::read_to_string(&folder).unwrap();
        fs::remove_file(&folder).unwrap();
        let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(rows.len(), 2);
        let mut names: Vec<_> = rows[0].as_object().unwrap().keys().cloned().collect();
        names.sort();
        assert_eq!(rows[0]["store"], "sqlite");
        assert_eq!(names, ["max", "median", "min", "runs", "store", "subject", "unit", "work"]);
    }
}
