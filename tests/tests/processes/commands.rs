//! Processes that send commands to the same streams, each with a cache of its own.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Bank, Worker};

const STREAMS: usize = 100;

/// Of a row of the log: its stream, version, position and command, and the sum of its stream up to there.
type Row = (Uuid, i64, i64, Uuid, i64);

/// Its id and its stream.
type Command = (Uuid, Uuid);

/// Version, position and number of events.
type Answer = (i64, i64, usize);

/// The log, folded by the server: nothing of ours has a hand in it.
async fn log(bank: &Bank) -> Vec<Row> {
    sqlx::query_as(
        "SELECT stream_id, version, position, (metadata->>'causation')::uuid AS command,
             sum(CASE type WHEN 'Filled' THEN 1 ELSE -1 END * (payload->>'cents')::bigint)
                 OVER (PARTITION BY stream_id ORDER BY version)::bigint AS cents
         FROM es.events ORDER BY stream_id, version",
    )
    .fetch_all(bank.store.pool())
    .await
    .unwrap()
}

/// Commands that were answered: where they ended in the log, and how many events they had.
fn acknowledged(workers: &[Worker]) -> BTreeMap<Command, BTreeSet<Answer>> {
    let mut all: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for line in workers.iter().flat_map(Worker::said) {
        let id = |name: &str| line.get(name).and_then(Value::as_str).and_then(|id| id.parse().ok());
        let Some(command) = id("command") else { continue };
        let of = |name: &str| line.get(name).and_then(Value::as_i64).unwrap();
        let answer = (of("version"), of("position"), usize::try_from(of("events")).unwrap());
        all.entry((command, id("stream").unwrap())).or_default().insert(answer);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn caches_of_several_processes_lose_nothing_and_repeat_nothing() {
    let bank = Bank::new().await;
    let start = |seed: u32, commands: u32| {
        bank.worker(&format!("--commander {STREAMS} --commands {commands} --seed {seed}"))
    };
    let (mut one, mut two, mut killed) = (start(1, 250), start(2, 250), start(3, 100_000));
    let (first, second) = join(one.ended(), two.ended()).await;
    for (status, errors) in [first, second] {
        assert!(status.success(), "{status}: {errors}");
    }
    assert!(killed.is_running(), "it is killed at work");
    killed.kill_now();

    let (mut versions, mut commands) = (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
    for (stream, version, position, command, cents) in log(&bank).await {
        assert!(cents >= 0, "decided on a wrong state: {stream} at {version}");
        assert_eq!(version, versions.insert(stream, version).unwrap_or(0) + 1);
        commands.entry((command, stream)).or_default().push((version, position));
    }
    assert_eq!(versions.len(), STREAMS);
    for (command, stored) in &commands {
        let [first, last] = [stored.first(), stored.last()].map(|event| event.unwrap().0);
        let span = usize::try_from(last - first + 1).unwrap();
        assert_eq!(span, stored.len(), "stored twice: {command:?} {stored:?}");
    }
    let answers = acknowledged(&[one, two, killed]);
    assert!(answers.len() > 400, "{}", answers.len());
    for (command, told) in answers {
        let told: Vec<_> = told.into_iter().collect();
        let [(version, position, events)] = told[..] else { panic!("{command:?}: {told:?}") };
        let stored = &commands[&command];
        let last = stored.last().copied();
        assert_eq!((last, stored.len()), (Some((version, position)), events), "{command:?}");
    }
}
