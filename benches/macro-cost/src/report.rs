//! The table and the JSON.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result};
use comfy_table::{CellAlignment, Table, presets};

use crate::measure::{Comparison, Measure};

/// One line for each measure, with the goal and whether it is reached.
pub(crate) fn table(compared: &[Comparison]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["measure", "unit", "macros", "by hand", "ratio", "goal", ""]);
    for one in compared {
        let verdict = match one.reached() {
            Some(true) => "reached",
            Some(false) => "missed",
            None => "",
        };
        table.add_row([
            one.macros.label.clone(),
            one.macros.unit.to_owned(),
            spread(&one.macros),
            spread(&one.hand),
            format!("{:.3}", one.ratio()),
            one.goal.map_or_else(String::new, |goal| format!("≤ {goal}")),
            verdict.to_owned(),
        ]);
    }
    for column in 2..=5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The median, and the least and the most in brackets when there was more than one run.
fn spread(measure: &Measure) -> String {
    let Measure { unit, median, min, max, runs, .. } = measure;
    let decimals = match *unit {
        "s" => 2,
        "ns" => 1,
        _ => 0,
    };
    if *runs == 1 {
        return format!("{median:.decimals$}");
    }
    format!("{median:.decimals$} ({min:.decimals$}–{max:.decimals$})")
}

/// One object for each measure of each subject.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn save(compared: &[Comparison], path: &Path) -> Result<()> {
    let rows: Vec<_> = compared.iter().flat_map(|one| [&one.macros, &one.hand]).collect();
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(serde_json::to_writer_pretty(file, &rows)?)
}
