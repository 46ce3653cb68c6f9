//! The table and the JSON.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result};
use comfy_table::{CellAlignment, Table, presets};

use crate::figures::Figures;

/// One line for each work and type.
pub(crate) fn table(figures: &Figures) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["work", "type", "unit", "median", "least", "most"]);
    for row in figures.rows() {
        let values = [row.median, row.min, row.max].map(|value| format!("{value:.0}"));
        let [median, min, max] = values;
        let names = [row.work, row.subject, row.unit].map(str::to_owned);
        table.add_row(names.into_iter().chain([median, min, max]));
    }
    for column in 3..=5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// One object for each work and type.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn save(figures: &Figures, path: &Path) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(serde_json::to_writer_pretty(file, &figures.rows())?)
}
