//! The day as tables.

use bank::account::BankAccount;
use bank::balances::AccountBalance;
use bank::earlier::Earlier;
use bank::workload::{Day, Result};
use comfy_table::{Cell, CellAlignment, Table, presets};
use es_core::StreamQuery;
use es_core::prelude::*;
use futures_util::TryStreamExt as _;
use rust_decimal::Decimal;

/// What there was before the day: how much, and the oldest account as its events made it.
pub(crate) fn earlier(earlier: &Earlier) -> String {
    let Earlier { events, accounts, oldest, opened_at } = earlier;
    let mut table = table(["owner", "balance", "status", "version", "opened"]);
    let account = oldest.state();
    table.add_row([
        Cell::new(account.owner()),
        number(account.balance()),
        Cell::new(account.status()),
        number(oldest.version()),
        Cell::new(opened_at.format("%Y-%m-%d %H:%M:%S UTC")),
    ]);
    format!("{events} events of {accounts} accounts; the oldest, from its events:\n{table}")
}

/// Every event of the day's accounts, in the order of the log.
pub(crate) async fn history<S: EventStore>(store: &S, day: &Day) -> Result<Table> {
    let mut events = Vec::new();
    for (owner, id) in &day.accounts {
        let stream = BankAccount::stream_id(*id)?;
        let mut stored = store.read_stream(&stream, StreamQuery::ALL);
        while let Some(event) = stored.try_next().await? {
            events.push((*owner, event));
        }
    }
    events.sort_by_key(|(_, event)| event.position);
    let mut table = table(["account", "version", "event", "data", "by"]);
    for (owner, event) in events {
        let actor = event.metadata.actor.as_deref().unwrap_or_default();
        table.add_row([
            Cell::new(owner),
            number(event.version),
            Cell::new(&event.name),
            Cell::new(event.payload.as_str()),
            Cell::new(actor),
        ]);
    }
    Ok(table)
}

/// The commands that broke a rule.
pub(crate) fn refused(day: &Day) -> Table {
    let mut table = table(["command", "answer"]);
    for (command, reason) in &day.refused {
        table.add_row([command.clone(), reason.to_string()]);
    }
    table
}

/// The command that another writer overtook.
pub(crate) fn retried(day: &Day) -> Table {
    let mut table = table(["command", "attempt", "balance seen", "outcome"]);
    let attempts = day.retried.balances_seen.len();
    for (at, balance) in day.retried.balances_seen.iter().enumerate() {
        let outcome = if at + 1 == attempts {
            format!("stored as version {}", day.retried.version)
        } else {
            "conflict: a deposit was faster".to_owned()
        };
        table.add_row([
            Cell::new(&day.retried.command),
            number(at + 1),
            number(balance),
            Cell::new(outcome),
        ]);
    }
    table
}

/// The first account as it was at each of its versions.
pub(crate) async fn through_time<S: EventStore + Clone>(store: &S, day: &Day) -> Result<Table> {
    let accounts = Repository::<BankAccount, _>::new(store.clone());
    let mut table = table(["version", "owner", "balance", "status"]);
    let Some((_, id)) = day.accounts.first() else { return Ok(table) };
    let last = accounts.load(*id).await?.version();
    for version in 1..=last.get() {
        let then = accounts.load_at(*id, Version::new(version)).await?;
        let account = then.state();
        table.add_row([
            number(then.version()),
            Cell::new(account.owner()),
            number(account.balance()),
            Cell::new(account.status()),
        ]);
    }
    Ok(table)
}

/// The balances of the day's accounts, from the read model.
pub(crate) async fn balances<S: ProjectionStore>(store: &S, day: &Day) -> Result<Table> {
    let mut table = table(["owner", "balance", "status"]);
    for (_, id) in &day.accounts {
        if let Some(row) = store.row::<AccountBalance>(id).await? {
            table.add_row([Cell::new(row.owner), number(row.balance), Cell::new(row.status)]);
        }
    }
    Ok(table)
}

/// All accounts of the read model, those of earlier days among them.
pub(crate) async fn all_balances<S: ProjectionStore>(store: &S) -> Result<String> {
    let rows = store.rows::<AccountBalance>().await?;
    let total: Decimal = rows.iter().map(|row| row.balance).sum();
    Ok(format!("{} accounts in all, with {total} in them", rows.len()))
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header);
    table
}

fn number(n: impl ToString) -> Cell {
    Cell::new(n).set_alignment(CellAlignment::Right)
}
