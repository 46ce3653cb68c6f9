//! `cargo run -p bank [-- --store memory|sqlite:PATH|postgres://…]`: a day at the bank, told as tables, after what the
//! days before have left. `cargo run -p bank -- events`: the catalogue of its events.

mod tables;

use std::process::ExitCode;

use bank::balances::{AccountBalance, AccountBalances};
use bank::earlier;
use bank::workload::{self, Result};
use clap::{Parser, Subcommand};
use es_core::SubscriptionStore;
use es_core::prelude::*;
use example_stores::{StoreArgument, on_store};

/// A day at the bank, event-sourced.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the events are kept: in a file, in memory, or in a PostgreSQL database.
    #[arg(
        long,
        default_value = "sqlite:data/bank.db",
        value_name = "memory|sqlite:PATH|postgres://…"
    )]
    store: StoreArgument,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the events that the bank knows, and who handles them.
    Events {
        /// Prints them as JSON.
        #[arg(long)]
        json: bool,
    },
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
    if let Some(Command::Events { json }) = arguments.command {
        return list_events(json);
    }
    let store = arguments.store.open().await?;
    let told = on_store!(&store, |store| tell(store).await);
    store.close().await;
    told
}

fn list_events(json: bool) -> Result<()> {
    let events = bank::events();
    if json {
        println!("{}", serde_json::to_string_pretty(&events)?);
    } else {
        print!("{events}");
    }
    Ok(())
}

/// Prints what earlier days have left in a store, plays the day on it and prints what is in it afterwards.
async fn tell<S: SubscriptionStore + Clone>(store: &S) -> Result<()> {
    if let Some(earlier) = earlier::look(store).await? {
        println!("What earlier runs have left\n{}\n", tables::earlier(&earlier));
    }
    store.ensure_read_model::<AccountBalance>().await?;
    let day = workload::play(store).await?;
    Projector::new(store.clone(), AccountBalances).catch_up().await?;

    println!("What happened\n{}\n", tables::history(store, &day).await?);
    println!("What was refused, leaving no event\n{}\n", tables::refused(&day));
    println!("What met a conflict and was decided anew\n{}\n", tables::retried(&day));
    println!("Ada's account through time\n{}\n", tables::through_time(store, &day).await?);
    println!("The read model `account_balances`\n{}", tables::balances(store, &day).await?);
    println!("{}", tables::all_balances(store).await?);
    Ok(())
}
