//! `loans move`: the log of one store in another one.

use es_core::{BulkStore, SubscriptionStore, Transferred, transfer};
use example_stores::{Store, StoreArgument, on_store};

use super::{CliError, count, existing, progress_bar};
use crate::tables::thousands;

const BAR: &str = "{bar:40} {human_pos}/{human_len} {msg} {eta}";

pub(super) async fn run(from: &StoreArgument, to: &StoreArgument) -> Result<String, CliError> {
    let source = existing(from, "log").await?;
    let events = on_store!(&source, |source| count(source, from).await)?;
    let target = to.open().await.map_err(CliError::Open)?;
    let moved = on_store!(&source, |source| move_into(&target, source, events).await);
    source.close().await;
    target.close().await;
    Ok(told(moved?, from, to))
}

async fn move_into<F: SubscriptionStore>(
    target: &Store,
    source: &F,
    events: u64,
) -> Result<Transferred, CliError> {
    on_store!(target, |target| copy(source, target, events).await)
}

async fn copy<F: SubscriptionStore, T: BulkStore>(
    source: &F,
    target: &T,
    events: u64,
) -> Result<Transferred, CliError> {
    let bar = progress_bar(false, BAR).with_message("copied");
    bar.set_length(events);
    let moved = transfer(source, target).progress(|so_far| {
        bar.set_position(so_far.events);
        if so_far.events >= events {
            bar.set_message("copied, now compared");
        }
    });
    let moved = moved.await.map_err(CliError::Move);
    bar.finish_and_clear();
    moved
}

fn told(moved: Transferred, from: &StoreArgument, to: &StoreArgument) -> String {
    let Transferred { copied, found, .. } = moved;
    let (copied_text, found_text) = (thousands(copied), thousands(found));
    let all = thousands(copied + found);
    format!(
        "{copied_text} events moved from {from} to {to}, {found_text} were there already; \
         all {all} were compared and are the same in both\n\
         `loans rebuild --store {to}` builds the read models there\n"
    )
}
