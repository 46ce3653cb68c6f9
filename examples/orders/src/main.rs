//! `cargo run -p orders [-- --store memory|sqlite:PATH|postgres://…]`: the story of a shop, told as tables.

mod tables;

use std::process::ExitCode;

use clap::Parser;
use es_core::SubscriptionStore;
use example_stores::{StoreArgument, on_store};
use orders::story::{self, Result};

/// The orders of a shop, projected.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the events are kept: in a file, in memory, or in a PostgreSQL database.
    #[arg(
        long,
        default_value = "sqlite:data/orders.db",
        value_name = "memory|sqlite:PATH|postgres://…"
    )]
    store: StoreArgument,
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
    let store = arguments.store.open().await?;
    let told = on_store!(&store, |store| tell(store).await);
    store.close().await;
    told
}

/// Plays the story on a store and prints what was to be seen.
async fn tell<S: SubscriptionStore + Clone>(store: &S) -> Result<()> {
    let told = story::play(store).await?;
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
