//! Sends commands through a repository with a cache, many at once, to streams that other processes write to as well.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use es_core::prelude::*;
use es_core::{CommandId, Committed};
use es_postgres::{PgConfig, PgStore};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Options, say, with_causes};

/// How many commands are under way at a time.
const AT_ONCE: usize = 24;

/// Money came in.
#[derive(Debug, Serialize, Deserialize, Event)]
pub(super) struct Filled {
    cents: i64,
}

/// Money was spent.
#[derive(Debug, Serialize, Deserialize, Event)]
pub(super) struct Spent {
    cents: i64,
}

/// Never holds less than nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Purse {
    cents: i64,
    /// The events that it consists of: the state tells which it has seen.
    seen: Vec<Uuid>,
}

#[aggregate(name = "purse", id = Uuid)]
impl Purse {
    #[handles(Filled)]
    fn filled(&mut self, event: &Filled, cx: &EventContext<'_>) {
        self.cents += event.cents;
        self.seen.push(cx.event_id.as_uuid());
    }

    #[handles(Spent)]
    fn spent(&mut self, event: &Spent, cx: &EventContext<'_>) {
        self.cents -= event.cents;
        self.seen.push(cx.event_id.as_uuid());
    }

    /// Spent in one event or two.
    fn change(&self, cents: i64) -> Result<Events<Self>, NotEnough> {
        if cents >= 0 {
            let mut events = Events::new();
            events.push(Filled { cents });
            return Ok(events);
        }
        let cents = -cents;
        if cents > self.cents {
            return Err(NotEnough);
        }
        let parts = if cents % 2 == 0 { vec![cents / 2; 2] } else { vec![cents] };
        let mut events = Events::new();
        events.extend(parts.into_iter().map(|cents| Spent { cents }).collect::<Vec<_>>());
        Ok(events)
    }
}

/// Why a purse spends nothing.
#[derive(Debug)]
pub(super) struct NotEnough;

impl fmt::Display for NotEnough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is not enough in the purse")
    }
}

impl std::error::Error for NotEnough {}

type Purses = Repository<Purse, PgStore>;

/// What is to be done, the same in each process that is told of it.
#[derive(Clone, Copy)]
struct Order {
    command: CommandId,
    purse: Uuid,
    cents: i64,
}

pub(super) async fn run(options: &Options, purses: u32) -> Result<(), String> {
    let config = PgConfig::new().max_connections(6).application_name("commander");
    let store = PgStore::connect_with(&options.url, config).await.map_err(|e| with_causes(&e))?;
    // Less room than there are purses, so that some are forgotten while they are in use.
    let repository = Purses::new(store).cached(purses as usize / 2).retry(RetryPolicy::times(100));
    for number in 0..purses {
        let command = CommandId::from_uuid(purse(number));
        let created = repository.create_once(command, purse(number), Filled { cents: 100 }).await;
        acknowledge(command, &created.map_err(|e| with_causes(&e))?);
    }
    send_all(options, &repository, purses).await?;
    for number in 0..purses {
        check(&repository, purse(number)).await?;
    }
    let stats = repository.cache_stats();
    say(&json!({ "state": "done", "hits": stats.hits, "misses": stats.misses }));
    Ok(())
}

async fn send_all(options: &Options, repository: &Purses, purses: u32) -> Result<(), String> {
    let mut random = StdRng::seed_from_u64(options.seed);
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut sent = JoinSet::new();
    for number in 0..options.commands {
        // Each fourth is sent by every process.
        let order = if number % 4 == 0 {
            Order {
                command: CommandId::from_uuid(Uuid::from_u128(u128::from(number) + 1)),
                purse: purse(number / 4 % purses),
                cents: i64::from(number % 61) - 30,
            }
        } else {
            Order {
                command: CommandId::new(),
                purse: purse(random.random_range(0..purses)),
                cents: random.random_range(-40..40),
            }
        };
        let turn = room.clone().acquire_owned().await.map_err(|e| e.to_string())?;
        let repository = repository.clone();
        sent.spawn(async move {
            let done = send(&repository, order).await;
            drop(turn);
            done
        });
        while let Some(done) = sent.try_join_next() {
            done.map_err(|e| e.to_string())??;
        }
    }
    while let Some(done) = sent.join_next().await {
        done.map_err(|e| e.to_string())??;
    }
    Ok(())
}

/// Sends a command twice at once and once more; all must be told the same, unless it was refused.
async fn send(purses: &Purses, order: Order) -> Result<(), String> {
    let Order { command, purse, cents } = order;
    let send = || purses.execute_once(command, purse, move |purse| purse.change(cents));
    let (one, two) = tokio::join!(send(), send());
    let three = send().await;
    let mut told = BTreeMap::new();
    for answer in [one, two, three] {
        match answer {
            Ok(done) => {
                acknowledge(command, &done);
                told.insert(done.position(), done);
            }
            Err(ExecuteError::Domain(_)) => {}
            Err(error) => return Err(with_causes(&error)),
        }
    }
    if told.len() > 1 {
        return Err(format!("{command} was carried out more than once: {told:?}"));
    }
    Ok(())
}

/// What the cache holds must be what the log says at that version.
async fn check(purses: &Purses, purse: Uuid) -> Result<(), String> {
    let known = purses.load(purse).await.map_err(|e| with_causes(&e))?;
    let stored = purses.load_at(purse, known.version()).await.map_err(|e| with_causes(&e))?;
    if known.state() == stored.state() && known.position() == stored.position() {
        return Ok(());
    }
    Err(format!("{purse}: the cache holds {:?}, stored is {:?}", known.state(), stored.state()))
}

fn acknowledge(command: CommandId, done: &Committed) {
    say(&json!({
        "command": command,
        "stream": done.stream().id(),
        "events": done.events(),
        "version": done.version(),
        "position": done.position(),
    }));
}

/// The same purses in every process.
fn purse(number: u32) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, &number.to_be_bytes())
}
