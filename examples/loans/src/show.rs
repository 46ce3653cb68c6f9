//! One application: its state at some moment, and what had happened until then.

use std::fmt::Write as _;

use comfy_table::{Cell, Table};
use es_core::prelude::*;
use es_core::{LoadError, StoreError, StreamQuery};
use futures_util::TryStreamExt as _;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::domain::{ApplicationId, LoanApplication};
use crate::tables::{number, table, thousands};

/// The moment at which to look at an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// As it is.
    Now,
    /// After its n-th event, counted from 1.
    Version(Version),
    /// With everything that had happened by then.
    Time(DateTime<Utc>),
}

/// Why an application cannot be shown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShowError {
    /// There is none.
    #[error("there is no application {application} in the store")]
    Unknown {
        /// Its number.
        application: String,
    },
    /// It came later.
    #[error("there was no application {application} yet at {}", time.to_rfc3339())]
    NotYet {
        /// Its number.
        application: String,
        /// The moment that was asked for.
        time: DateTime<Utc>,
    },
    /// It has fewer events, and none has version 0.
    #[error("application {application} has versions 1 to {last}, not {asked}")]
    NoVersion {
        /// Its number.
        application: String,
        /// Its last version.
        last: Version,
        /// The version that was asked for.
        asked: Version,
    },
    /// Its events cannot be read or replayed.
    #[error("application {application} cannot be loaded")]
    Load {
        /// Its number.
        application: String,
        /// Why not.
        #[source]
        cause: LoadError,
    },
    /// Its history cannot be read.
    #[error("the history cannot be read")]
    Store(#[from] StoreError),
}

/// State and history as tables, with a line end.
///
/// # Errors
/// [`ShowError`] when there is nothing to be shown.
pub async fn show<S: EventStore + Clone>(
    store: &S,
    application: &str,
    moment: Moment,
) -> Result<String, ShowError> {
    let root = load(store, application, moment).await?;
    let query = StreamQuery::ALL.up_to(root.version());
    let events: Vec<StoredEvent> = store.read_stream(root.stream(), query).try_collect().await?;
    let version = root.version();
    let (state, history) = (state(root.state()), history(&events));
    Ok(format!("Application {application} at version {version}\n{state}\n\nHistory\n{history}\n"))
}

async fn load<S: EventStore + Clone>(
    store: &S,
    application: &str,
    moment: Moment,
) -> Result<Root<LoanApplication>, ShowError> {
    let applications = Repository::<LoanApplication, _>::new(store.clone());
    let id = ApplicationId::from_name(application);
    let name = || application.to_owned();
    let failed = |error| match error {
        LoadError::NotFound { .. } => ShowError::Unknown { application: name() },
        cause => ShowError::Load { application: name(), cause },
    };
    match moment {
        Moment::Now => applications.load(id).await.map_err(failed),
        Moment::Version(asked) => {
            let root = match applications.load_at(id, asked).await {
                Ok(root) if root.version() == asked => return Ok(root),
                Ok(root) => root,
                // Either there is no such application, or it has no such version: the present one tells.
                Err(LoadError::NotFound { .. }) => applications.load(id).await.map_err(failed)?,
                Err(error) => return Err(failed(error)),
            };
            Err(ShowError::NoVersion { application: name(), last: root.version(), asked })
        }
        Moment::Time(time) => match applications.load_as_of(id, time).await {
            Err(LoadError::NotFound { .. }) => {
                applications.load(id).await.map_err(failed)?;
                Err(ShowError::NotYet { application: name(), time })
            }
            loaded => loaded.map_err(failed),
        },
    }
}

fn state(application: &LoanApplication) -> Table {
    let offers = application.offers();
    let yes_no = |is| if is { "yes" } else { "no" }.to_owned();
    let work: Vec<_> =
        application.open_work().iter().map(|(item, state)| format!("{item} ({state})")).collect();
    let mut table = table(["", "state"]);
    let mut row = |what: &str, is: String| {
        table.add_row([what.to_owned(), is]);
    };
    row("status", application.status().to_string());
    row("amount requested", format!("{} euros", thousands(application.amount_requested())));
    row("submitted at", time(application.submitted_at()));
    row("changed at", time(application.changed_at()));
    row("offers written", offers.created.to_string());
    row("offers sent", offers.sent.to_string());
    row("offers sent back", offers.sent_back.to_string());
    row("offers accepted", offers.accepted.to_string());
    row("offers declined", offers.declined.to_string());
    row("offers cancelled", offers.cancelled.to_string());
    row("in the books", yes_no(application.is_registered()));
    row("paid out", yes_no(application.is_activated()));
    row("open work", if work.is_empty() { "none".to_owned() } else { work.join("\n") });
    row("last resource", application.last_resource().unwrap_or("unknown").to_owned());
    table
}

fn history(events: &[StoredEvent]) -> Table {
    let mut table = table(["version", "happened at", "event", "data", "resource"]);
    for event in events {
        table.add_row([
            number(event.version),
            Cell::new(time(event.occurred_at)),
            Cell::new(&event.name),
            Cell::new(data(event)),
            Cell::new(event.metadata.actor.as_deref().unwrap_or_default()),
        ]);
    }
    table
}

/// The fields of an event, in whatever way it was stored.
fn data(event: &StoredEvent) -> String {
    let Ok(fields) = event.payload.decode::<Map<String, Value>>() else {
        return event.payload.as_str().to_owned();
    };
    let mut text = String::new();
    for (name, value) in &fields {
        let separator = if text.is_empty() { "" } else { ", " };
        let _ = match value.as_str() {
            Some(value) => write!(text, "{separator}{name}: {value}"),
            None => write!(text, "{separator}{name}: {value}"),
        };
    }
    text
}

fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}
