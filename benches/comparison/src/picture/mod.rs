//! The picture: a group of bars for each work, and a line for each way in which cost grows.

#![allow(clippy::cast_precision_loss, reason = "counts of a few, and pixels")]

mod bars;
mod lines;
mod scale;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::rows::Row;
use crate::stores::Store;
use crate::subjects::{ALL, ES, FLOOR};

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 24.0;

/// Writes the picture as SVG.
pub(crate) fn write(path: &Path, rows: &[Row]) -> Result<()> {
    fs::write(path, draw(rows)).with_context(|| format!("{} cannot be written", path.display()))
}

fn draw(rows: &[Row]) -> String {
    let mut canvas = Canvas { text: String::new(), bottom: MARGIN };
    legend(&mut canvas, &rows.iter().collect::<Vec<_>>());
    for store in Store::ALL {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.store == store).collect();
        if !rows.is_empty() {
            section(&mut canvas, store, &rows);
        }
    }
    let (width, height) = (WIDTH, canvas.bottom + MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#222\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}</svg>\n",
        canvas.text
    )
}

/// What is drawn so far, and how far down that goes.
struct Canvas {
    text: String,
    bottom: f64,
}

impl Canvas {
    fn label(&mut self, x: f64, y: f64, style: &str, label: &str) {
        let label = label.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(self.text, "<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{label}</text>");
    }

    fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, colour: &str) {
        let _ = writeln!(
            self.text,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
        );
    }

    fn polyline(&mut self, points: &[(f64, f64)], colour: &str, width: f64) {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        let _ = writeln!(
            self.text,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>"
        );
    }
}

/// The colour of a subject, the same everywhere.
fn colour(subject: &str) -> &'static str {
    const PEERS: &[&str] = &["#4c78a8", "#54a24b", "#b279a2", "#9d755d", "#72b7b2", "#eeca3b"];
    match subject {
        ES => "#d9480f",
        FLOOR => "#adb5bd",
        _ => {
            let peers = ALL.iter().filter(|known| known.is_peer);
            let place = peers.map(|known| known.name).position(|name| name == subject);
            PEERS[place.unwrap_or_default() % PEERS.len()]
        }
    }
}

/// The subjects that have rows, in their order.
fn subjects(rows: &[&Row]) -> impl Iterator<Item = &'static str> {
    let has_rows = |name: &&str| rows.iter().any(|row| row.subject == *name);
    ALL.iter().map(|subject| subject.name).filter(has_rows)
}

/// All that was measured on a store.
fn section(canvas: &mut Canvas, store: Store, rows: &[&Row]) {
    canvas.label(
        MARGIN,
        canvas.bottom + 14.0,
        "font-weight=\"600\" font-size=\"15\"",
        &store.to_string(),
    );
    canvas.bottom += 30.0;
    bars::draw(canvas, rows);
    // How cost grows is measured on one store.
    if store == Store::Postgres {
        lines::draw(canvas, rows);
    }
}

fn legend(canvas: &mut Canvas, rows: &[&Row]) {
    let mut x = MARGIN;
    for subject in subjects(rows) {
        canvas.rectangle(x, canvas.bottom, 12.0, 12.0, colour(subject));
        canvas.label(x + 16.0, canvas.bottom + 10.0, "", subject);
        x += 110.0;
    }
    canvas.bottom += 28.0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_whole_and_names_everybody_in_it() {
        let row = |work: &str, subject: &str, figure: f64| {
            Row::of(Store::Postgres, work, subject, "commands/s", &[figure]).unwrap()
        };
        let rows = [
            row("sequential", "es", 2000.0),
            row("sequential", "cqrs-es", 1000.0),
            row("callers-8", "es", 3000.0),
            row("concurrent-64", "es", 9000.0),
        ];
        let svg = draw(&rows);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains(">es</text>") && svg.contains(">cqrs-es</text>"));
        assert!(!svg.contains(">floor</text>"), "it has no row");
        assert!(svg.contains("<polyline"), "three numbers of callers make a line");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(svg.contains(">PostgreSQL</text>") && !svg.contains(">SQLite</text>"));
    }

    #[test]
    fn each_store_has_a_part_of_its_own() {
        let row = |store, figure: f64| Row::of(store, "sequential", "es", "u", &[figure]).unwrap();
        let svg = draw(&[row(Store::Sqlite, 70.0), row(Store::Postgres, 80.0)]);
        let places =
            [">PostgreSQL<", ">80<", ">SQLite<", ">70<"].map(|text| svg.find(text).unwrap());
        assert!(places.is_sorted(), "{svg}");
    }

    #[test]
    fn nothing_measured_is_a_picture_too() {
        assert!(!draw(&[]).contains("NaN"));
    }
}
