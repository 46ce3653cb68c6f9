//! The stages of the story as tables.

use comfy_table::{Cell, CellAlignment, Table, presets};
use orders::commands::CommandError;
use orders::projections::{CustomerRow, RevenueDay};
use orders::story::Stage;
use rust_decimal::Decimal;

/// The last day of the history. What comes after it is today.
const LAST_DAY: &str = "2026-03-04";

/// Everything that is to be seen at a stage.
pub(crate) fn stage(stage: &Stage) -> String {
    let (there, with_cancelled) = stage.orders;
    let open = &stage.open;
    format!(
        "{}\n{}\n{}\n{there} orders, {with_cancelled} with those that were cancelled; {} to be shipped, worth {}\n",
        statuses(stage),
        customers(&stage.top_customers),
        revenue(&stage.revenue),
        open.orders,
        money(open.value).content(),
    )
}

fn statuses(stage: &Stage) -> Table {
    let mut table = table(["subscription", "state", "events handled", "events behind"]);
    for (name, status) in &stage.statuses {
        table.add_row([
            Cell::new(name),
            Cell::new(status.state),
            number(status.events),
            number(status.lag_events),
        ]);
    }
    table
}

/// What customers have spent.
pub(crate) fn customers(rows: &[CustomerRow]) -> Table {
    let mut table = table(["customer", "orders", "spent"]);
    for row in rows {
        table.add_row([Cell::new(&row.name), number(row.orders), money(row.spent)]);
    }
    table
}

fn revenue(days: &[RevenueDay]) -> Table {
    let mut table = table(["day", "orders", "placed", "paid back", "revenue"]);
    let (past, today): (Vec<_>, Vec<_>) = days.iter().partition(|day| day.day.as_str() <= LAST_DAY);
    for day in past {
        add_day(&mut table, &day.day, &[day]);
    }
    if !today.is_empty() {
        add_day(&mut table, "today", &today);
    }
    table
}

/// One line for some days: today may have become yesterday meanwhile.
fn add_day(table: &mut Table, name: &str, days: &[&RevenueDay]) {
    let sum = |of: fn(&RevenueDay) -> Decimal| days.iter().map(|day| of(day)).sum::<Decimal>();
    table.add_row([
        Cell::new(name),
        number(days.iter().map(|day| day.orders).sum::<u32>()),
        money(sum(|day| day.placed)),
        money(sum(|day| day.paid_back)),
        money(sum(RevenueDay::revenue)),
    ]);
}

/// The commands that broke a rule.
pub(crate) fn refused(refused: &[(&str, CommandError)]) -> Table {
    let mut table = table(["command", "answer"]);
    for (command, reason) in refused {
        table.add_row([(*command).to_owned(), reason.to_string()]);
    }
    table
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header);
    table
}

fn number(n: impl ToString) -> Cell {
    Cell::new(n).set_alignment(CellAlignment::Right)
}

fn money(amount: Decimal) -> Cell {
    number(format!("{amount:.2}"))
}
