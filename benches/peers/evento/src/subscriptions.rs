//! Handlers of subscriptions.

use std::sync::{Arc, Mutex, PoisonError};

use evento::Executor;
use evento::metadata::Event;
use evento::subscription::{Context, SubscriptionBuilder};
use sqlx::PgPool;
use uuid::Uuid;
use work::{Seen, Tally};

use crate::account::{Deposited, Opened, Withdrawn};

/// Events that a subscription reads at a time.
const CHUNK: u16 = 5_000;

/// What a replay writes to.
#[derive(Clone)]
enum Target {
    Memory(Arc<Mutex<Tally>>),
    Table(PgPool),
}

impl Target {
    async fn add(&self, id: &str, change: i64) -> anyhow::Result<()> {
        let account = Uuid::parse_str(id)?;
        match self {
            Self::Memory(tally) => {
                tally.lock().unwrap_or_else(PoisonError::into_inner).add(account, change);
            }
            Self::Table(pool) => {
                let upsert = "INSERT INTO balances AS known (account, cents, events) VALUES ($1::text::uuid, $2, 1) \
                              ON CONFLICT (account) DO UPDATE SET cents = known.cents + excluded.cents, \
                              events = known.events + 1";
                sqlx::query(upsert).bind(id).bind(change).execute(pool).await?;
            }
        }
        Ok(())
    }
}

#[evento::subscription]
async fn opened<E: Executor>(ctx: &Context<'_, E>, event: Event<Opened>) -> anyhow::Result<()> {
    ctx.extract::<Target>().add(&event.aggregate_id, event.data.cents).await
}

#[evento::subscription]
async fn deposited<E: Executor>(
    ctx: &Context<'_, E>,
    event: Event<Deposited>,
) -> anyhow::Result<()> {
    ctx.extract::<Target>().add(&event.aggregate_id, event.data.cents).await
}

#[evento::subscription]
async fn withdrawn<E: Executor>(
    ctx: &Context<'_, E>,
    event: Event<Withdrawn>,
) -> anyhow::Result<()> {
    ctx.extract::<Target>().add(&event.aggregate_id, -event.data.cents).await
}

async fn replay<E: Executor + Clone>(executor: &E, target: Target) -> work::Result<()> {
    SubscriptionBuilder::new("replay")
        .handler(opened())
        .handler(deposited())
        .handler(withdrawn())
        .data(target)
        .chunk_size(CHUNK)
        .ack_every(CHUNK)
        .ephemeral()
        .run_once(executor)
        .await?;
    Ok(())
}

pub(crate) async fn into_memory<E: Executor + Clone>(executor: &E) -> work::Result<Tally> {
    let tally = Arc::new(Mutex::new(Tally::default()));
    replay(executor, Target::Memory(Arc::clone(&tally))).await?;
    let tally = std::mem::take(&mut *tally.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(tally)
}

pub(crate) async fn into_table<E: Executor + Clone>(
    executor: &E,
    pool: &PgPool,
) -> work::Result<()> {
    replay(executor, Target::Table(pool.clone())).await
}

#[evento::subscription]
async fn told<E: Executor>(ctx: &Context<'_, E>, event: Event<Deposited>) -> anyhow::Result<()> {
    ctx.extract::<Told>().0.deposit(&event.data.reference);
    Ok(())
}

#[derive(Clone)]
struct Told(Seen);

pub(crate) async fn follow<E: Executor + Clone>(
    executor: &E,
    seen: Seen,
) -> work::Result<work::Following> {
    let subscription = SubscriptionBuilder::new("deposits").handler(told()).data(Told(seen));
    Ok(work::Following::new(subscription.live(executor).await?))
}
