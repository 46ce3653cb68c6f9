//! How tables look here.

use std::fmt::Display;

use comfy_table::{Cell, CellAlignment, Table, presets};

/// A table without rows.
pub(crate) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header);
    table
}

/// A number, to the right.
pub(crate) fn number(n: impl Display) -> Cell {
    Cell::new(n.to_string()).set_alignment(CellAlignment::Right)
}

/// A whole number with its thousands apart: `262,200`.
pub(crate) fn thousands(n: impl Display) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_are_set_apart() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(n), text);
        }
    }
}
