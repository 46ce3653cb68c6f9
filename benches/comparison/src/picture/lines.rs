//! A chart for each way in which cost grows.

use super::scale::Logarithmic;
use super::{Canvas, MARGIN, WIDTH, colour, subjects};
use crate::report::figure;
use crate::rows::Row;

/// What grows, and the works that show it, each with its place on the axis and what is written there.
struct Growth {
    title: &'static str,
    sizes: &'static [(&'static str, f64, &'static str)],
}

const GROWTH: &[Growth] = &[
    Growth {
        title: "load: events/s by length of the stream",
        sizes: &[
            ("load-10", 10.0, "10"),
            ("load-100", 100.0, "100"),
            ("load-1000", 1_000.0, "1,000"),
            ("load-10000", 10_000.0, "10,000"),
            ("load-100000", 100_000.0, "100,000"),
        ],
    },
    Growth {
        title: "commands/s by number of callers",
        sizes: &[
            ("sequential", 1.0, "1"),
            ("callers-8", 8.0, "8"),
            ("concurrent-64", 64.0, "64"),
            ("callers-256", 256.0, "256"),
        ],
    },
    Growth {
        title: "commands/s by KiB of payload",
        sizes: &[
            ("payload-1", 1.0, "1"),
            ("payload-10", 10.0, "10"),
            ("payload-100", 100.0, "100"),
        ],
    },
    Growth {
        // A logarithm has no zero: an empty log stands where a thousandth of the next one would.
        title: "commands/s by thousands of events in the log",
        sizes: &[
            ("log-0", 1.0, "0"),
            ("log-1000000", 1_000.0, "1,000"),
            ("log-3000000", 3_000.0, "3,000"),
        ],
    },
];

const COLUMNS: usize = 2;
const HEIGHT: f64 = 190.0;

pub(super) fn draw(canvas: &mut Canvas, rows: &[&Row]) {
    let width = (WIDTH - 2.0 * MARGIN) / COLUMNS as f64;
    for line in GROWTH.chunks(COLUMNS) {
        let mut drawn = false;
        for (column, growth) in line.iter().enumerate() {
            drawn |= chart(canvas, MARGIN + column as f64 * width, width - MARGIN, growth, rows);
        }
        if drawn {
            canvas.bottom += HEIGHT + 50.0;
        }
    }
}

/// Says whether there was anything to draw.
fn chart(canvas: &mut Canvas, left: f64, width: f64, growth: &Growth, rows: &[&Row]) -> bool {
    let points = |subject: &str| -> Vec<(f64, f64)> {
        let find = |work: &str| rows.iter().find(|row| row.work == work && row.subject == subject);
        let point = |(work, size, _): &(&str, f64, &str)| Some((*size, find(work)?.median));
        growth.sizes.iter().filter_map(point).collect()
    };
    let lines: Vec<_> = subjects(rows)
        .map(|subject| (subject, points(subject)))
        .filter(|(_, points)| points.len() > 1)
        .collect();
    let all = || lines.iter().flat_map(|(_, points)| points);
    let (x0, x1) = (left + 60.0, left + width - 10.0);
    let (y0, y1) = (canvas.bottom + HEIGHT, canvas.bottom + 24.0);
    let across = Logarithmic::of(all().map(|point| point.0), x0, x1);
    let up = Logarithmic::of(all().map(|point| point.1), y0, y1).map(Logarithmic::whole);
    let (Some(across), Some(up)) = (across, up) else { return false };
    canvas.label(left, canvas.bottom + 10.0, "font-weight=\"600\"", growth.title);
    for tick in up.ticks() {
        let y = up.place(tick);
        canvas.rectangle(x0, y, x1 - x0, 0.5, "#dee2e6");
        canvas.label(x0 - 6.0, y + 4.0, "text-anchor=\"end\" font-size=\"10\"", &figure(tick));
    }
    for (_, size, label) in growth.sizes {
        let x = across.place(*size);
        canvas.label(x, y0 + 16.0, "text-anchor=\"middle\" font-size=\"10\"", label);
    }
    for (subject, points) in &lines {
        let places: Vec<_> = points.iter().map(|(x, y)| (across.place(*x), up.place(*y))).collect();
        canvas.polyline(&places, colour(subject), if *subject == "es" { 3.0 } else { 1.5 });
    }
    true
}
