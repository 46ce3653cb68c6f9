//! `cargo run -p orders [-- --store postgres://…]`: the story of a shop, told as tables.

mod tables;

use std::process::ExitCode;

use clap::Parser;
use es_core::SubscriptionStore;
use es_core::prelude::*;
use es_postgres::PgStore;
use orders::story::{self, Result};

/// The orders of a shop, projected.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the events are kept: `memory`, or the URL of a PostgreSQL database.
    #[arg(long, default_value = "memory", value_name = "memory|postgres://…")]
    store: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    match arguments.store.as_str() {
        "memory" => tell(MemoryStore::new()).await,
        url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            let store = PgStore::connect(url).await?;
            store.migrate().await?;
            tell(store).await
        }
        other => Err(format!("`{other}` is no store: write `memory` or `postgres://…`").into()),
    }
}

/// Plays the story on a store and prints what was to be seen.
async fn tell<S: SubscriptionStore + Clone>(store: S) -> Result<()> {
    let told = story::play(&store).await?;
    println!("The history is caught up with\n{}", tables::stage(&told.caught_up));
    println!(
        "Grace orders two lamps, and waits for the projection\n{}\n",
        tables::customers(&[told.own_write])
    );
    println!("What was refused, leaving no event\n{}\n", tables::refused(&told.refused));
    println!("Live events have come\n{}", tables::stage(&told.live));
    println!(
        "A second process goes on where the first has stopped\n{}",
        tables::stage(&told.restarted)
    );
    println!(
        "`customers` is rebuilt from {} events\n{}",
        told.rebuilt_events,
        tables::customers(&told.rebuilt.top_customers)
    );
    Ok(())
}
