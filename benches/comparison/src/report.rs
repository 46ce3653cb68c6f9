//! What is printed.

use std::fmt::Write as _;

use comfy_table::Table;

use crate::goals::Verdict;
use crate::plan::Entry;
use crate::rows::Row;
use crate::stores::Store;
use crate::subjects::ALL;

/// A line for each work, a column for each subject.
pub(crate) fn table(store: Store, plan: &[Entry], rows: &[Row]) -> String {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.store == store).collect();
    let subjects: Vec<&str> = ALL
        .iter()
        .map(|subject| subject.name)
        .filter(|name| rows.iter().any(|row| row.subject == *name))
        .collect();
    let mut table = Table::new();
    table.set_header(["work", "unit"].iter().chain(&subjects));
    for entry in plan {
        let cell = |subject: &&str| {
            let found = rows.iter().find(|row| row.work == entry.name && row.subject == *subject);
            found.map(|row| cell(row)).unwrap_or_default()
        };
        let mut line = vec![entry.name.to_owned(), entry.unit.to_owned()];
        line.extend(subjects.iter().map(cell));
        table.add_row(line);
    }
    format!("{store}\n{table}\n")
}

fn cell(row: &Row) -> String {
    format!("{}\n{}–{}", figure(row.median), figure(row.min), figure(row.max))
}

/// As many digits as mean something.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.2}"),
        ..1_000.0 => format!("{value:.0}"),
        _ => thousands(&format!("{value:.0}")),
    }
}

fn thousands(digits: &str) -> String {
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A line for each goal.
pub(crate) fn goals(verdicts: &[Verdict]) -> String {
    let mut out = String::new();
    for verdict in verdicts {
        let word = if verdict.reached { "reached" } else { "MISSED " };
        let _ = writeln!(out, "{word}  {} {}: {}", verdict.store, verdict.work, verdict.text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn figures_have_digits_that_mean_something() {
        let all = [0.256, 12.6, 999.4, 1_234.5, 1_234_567.0].map(figure);
        assert_eq!(all, ["0.26", "13", "999", "1,234", "1,234,567"]);
    }
}
