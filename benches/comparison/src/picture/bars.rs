//! A group of bars for each work.

use super::scale::bar;
use super::{Canvas, MARGIN, WIDTH, colour, subjects};
use crate::report::figure;
use crate::rows::Row;

/// The works, in columns from left to right, with what stands above their bars.
const WORKS: &[(&str, &str)] = &[
    ("sequential", "commands, one after another"),
    ("sequential-warm", "… aggregates in memory"),
    ("concurrent-64", "commands, 64 callers"),
    ("concurrent-64-warm", "… aggregates in memory"),
    ("concurrent-256-warm", "… 256 callers"),
    ("load-1000", "load 1,000 events"),
    ("load-10000", "load 10,000 events"),
    ("load-10000-snapshot", "… from a snapshot"),
    ("replay", "replay the log into memory"),
    ("replay-table", "replay the log into a table"),
    ("import", "import streams"),
    ("live", "commit to live handler (shorter is better)"),
];

const COLUMNS: usize = 3;
const LINE: f64 = 16.0;

pub(super) fn draw(canvas: &mut Canvas, rows: &[&Row]) {
    let of = |work: &str| -> Vec<&Row> {
        let row =
            |subject| rows.iter().copied().find(|row| row.work == work && row.subject == subject);
        subjects(rows).filter_map(row).collect()
    };
    let groups: Vec<_> = WORKS
        .iter()
        .map(|(work, title)| (*title, of(work)))
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let width = (WIDTH - 2.0 * MARGIN) / COLUMNS as f64;
    for line in groups.chunks(COLUMNS) {
        let tallest = line.iter().map(|(_, rows)| rows.len()).max().unwrap_or_default();
        for (column, (title, rows)) in line.iter().enumerate() {
            group(canvas, MARGIN + column as f64 * width, width - MARGIN, title, rows);
        }
        canvas.bottom += tallest as f64 * LINE + 40.0;
    }
}

fn group(canvas: &mut Canvas, x: f64, width: f64, title: &str, rows: &[&Row]) {
    let top = canvas.bottom;
    let unit = rows.first().map_or("", |row| row.unit);
    canvas.label(x, top + 10.0, "font-weight=\"600\"", &format!("{title}, {unit}"));
    let longest = rows.iter().map(|row| row.median).fold(0.0, f64::max);
    for (place, row) in rows.iter().enumerate() {
        let y = top + 18.0 + place as f64 * LINE;
        // Room is left for the figure behind the longest bar.
        let length = bar(row.median, longest, width - 70.0).max(1.0);
        canvas.rectangle(x, y, length, LINE - 3.0, colour(&row.subject));
        canvas.label(x + length + 4.0, y + 10.5, "font-size=\"11\"", &figure(row.median));
    }
}
