//! What was measured, and its medians.

use serde::Serialize;

use crate::column::Column;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Insert,
    Load,
    Scan,
    Size,
}

impl Work {
    pub(crate) const ALL: [Self; 4] = [Self::Insert, Self::Load, Self::Scan, Self::Size];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Insert => "insert, 64 rows a statement",
            Self::Load => "load stream by stream",
            Self::Scan => "scan the log",
            Self::Size => "table on the disk",
        }
    }

    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Size => "bytes/event",
            _ => "events/s",
        }
    }
}

/// All that was measured.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(Work, Column, f64)>);

impl Figures {
    pub(crate) fn note(&mut self, work: Work, column: Column, value: f64) {
        self.0.push((work, column, value));
    }

    /// One row for each work and type; nothing for what was not measured.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let pairs = Work::ALL.into_iter().flat_map(|work| Column::ALL.map(|column| (work, column)));
        pairs.filter_map(|(work, column)| self.row(work, column)).collect()
    }

    fn row(&self, work: Work, column: Column) -> Option<Row> {
        let found = self.0.iter().filter(|(w, c, _)| (*w, *c) == (work, column));
        let mut values: Vec<f64> = found.map(|(_, _, value)| *value).collect();
        values.sort_by(f64::total_cmp);
        let median = *values.get(values.len() / 2)?;
        Some(Row {
            store: "postgres",
            work: work.label(),
            subject: column.name(),
            unit: work.unit(),
            median,
            min: *values.first()?,
            max: *values.last()?,
            runs: values.len(),
        })
    }
}

/// The runs of one work on one type.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) store: &'static str,
    pub(crate) work: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) runs: usize,
}
