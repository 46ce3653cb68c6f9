//! What the type of the payload's and the metadata's column costs: `json`, `jsonb` and `bytea`, on the events of a real
//! log. Each is written in statements of many rows, loaded stream by stream, scanned, and weighed on the disk.

mod column;
mod figures;
mod report;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;
use es_core::{EventStore as _, LogQuery, MemoryStore, StoredEvent};
use futures_util::TryStreamExt as _;
use loans::import::Import;
use sqlx::{Connection as _, PgConnection};
use xtask::pg::{self, Cluster};

use crate::column::Column;
use crate::figures::Figures;

/// What the server is asked to do as it would in earnest.
const SETTINGS: &[(&str, &str)] =
    &[("fsync", "on"), ("synchronous_commit", "on"), ("autovacuum", "off")];

/// Measures json, jsonb and bytea as the type of payload and metadata.
#[derive(Debug, Parser)]
struct Options {
    /// The log of the loans: JSON lines, plain or gzip.
    file: PathBuf,
    /// How often each is measured, by turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Writes the figures as JSON too, one row for each work and type.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Options { file, rounds, json } = Options::parse();
    let store = MemoryStore::new();
    Import::new(store.clone()).file(&file).await?;
    let events: Vec<StoredEvent> = store.stream_log(LogQuery::default()).try_collect().await?;
    drop(store);
    let mut own = None;
    let url = match pg::given_url()? {
        Some(url) => url,
        None => own.insert(Cluster::start(SETTINGS)?).url().to_owned(),
    };
    let mut connection = PgConnection::connect(&url).await.context("no PostgreSQL")?;
    let mut figures = Figures::default();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        for column in Column::ALL {
            column.measure(&mut connection, &events, &mut figures).await?;
        }
    }
    connection.close().await?;
    println!("{}", report::table(&figures));
    if let Some(path) = json {
        report::save(&figures, &path)?;
    }
    Ok(())
}
