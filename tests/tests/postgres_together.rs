//! Appends and loads of one process share statements: each still gets its own answer, and nobody suffers for another one.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use es_core::ExpectedVersion::{Any, Exact, NoStream, StreamExists};
use es_core::{
    AppendError, Appended, Category, EventStore as _, Payload, StoreError, StreamAppend, StreamId,
    StreamQuery, Version,
};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::log::{entry, read, stream, until};
use es_tests::proxy::behind_proxy;
use futures_util::future::join_all;
use futures_util::{FutureExt as _, TryStreamExt as _};
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinHandle;

type Answer = JoinHandle<Result<Appended, AppendError>>;

fn spawn(store: &PgStore, append: StreamAppend) -> Answer {
    let store = store.clone();
    tokio::spawn(async move { store.append(append).await })
}

async fn answers(spawned: Vec<Answer>) -> Vec<Result<Appended, AppendError>> {
    join_all(spawned).await.into_iter().map(Result::unwrap).collect()
}

fn is_stored(answer: &Result<Appended, AppendError>) -> bool {
    answer.as_ref().is_ok_and(|appended| appended.version.get() == 2)
}

/// Keeps the only lane of a store busy: all other appends wait, and then go together.
struct Busy {
    holder: PgConnection,
    append: Answer,
}

impl Busy {
    async fn make(database: &TestDatabase, store: &PgStore) -> Self {
        let stream = stream();
        store.append(entry(&stream, NoStream, 1)).await.unwrap();
        let mut holder = database.connect().await;
        sqlx::raw_sql("BEGIN").execute(&mut holder).await.unwrap();
        let lock = "SELECT FROM es.streams WHERE stream_id = $1 FOR UPDATE";
        sqlx::query(lock).bind(stream.id()).execute(&mut holder).await.unwrap();
        let append = spawn(store, entry(&stream, Any, 1));
        until("the lane is busy", || async { waiting(database).await.len() == 1 }).await;
        Self { holder, append }
    }

    async fn end(mut self) {
        sqlx::raw_sql("COMMIT").execute(&mut self.holder).await.unwrap();
        self.append.await.unwrap().unwrap();
    }
}

/// The sessions that wait for a lock with an append.
async fn waiting(database: &TestDatabase) -> Vec<i32> {
    let mut connection = database.connect().await;
    let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                   AND datname = current_database() AND query LIKE '-- es.append%'";
    sqlx::query_scalar(waiting).fetch_all(&mut connection).await.unwrap()
}

fn one_lane() -> PgConfig {
    PgConfig::new().append_lanes(1).load_lanes(1)
}

/// Until all who were spawned have had their turn.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn appends_that_wait_go_as_one_statement() {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database, one_lane()).await;
    // Both statements are prepared.
    let two = vec![entry(&stream(), NoStream, 1), entry(&stream(), NoStream, 1)];
    store.append_many(two).await;
    let busy = Busy::make(&database, &store).await;
    let streams: Vec<_> = (0..50).map(|_| stream()).collect();
    let spawned = streams.iter().map(|stream| spawn(&store, entry(stream, NoStream, 2))).collect();
    settle().await;
    let before = proxy.turns("es");
    busy.end().await;
    let answers = answers(spawned).await;
    assert!(answers.iter().all(is_stored), "{answers:?}");
    let turns = proxy.turns("es") - before;
    assert!(turns <= 3, "one statement, and connections that came back: {turns}");
    let positions: Vec<_> =
        answers.iter().map(|answer| answer.as_ref().unwrap().position).collect();
    assert!(positions.is_sorted(), "they go in the order in which they came: {positions:?}");
    for stream in &streams {
        assert_eq!(read(&store, stream).await.len(), 2);
    }
}

#[tokio::test]
async fn each_gets_his_own_answer() {
    let database = TestDatabase::create().await;
    let store = database.store_with(one_lane()).await;
    let there = entry(&stream(), NoStream, 3);
    store.append(there.clone()).await.unwrap();
    let moved = stream();
    store.append(entry(&moved, NoStream, 1)).await.unwrap();
    let other = StreamId::new(Category::new("another").unwrap(), moved.id());
    let busy = Busy::make(&database, &store).await;
    let mut all = vec![
        entry(&stream(), NoStream, 2),
        entry(&moved, Exact(Version::new(7)), 2),
        entry(&stream(), StreamExists, 2),
        entry(&stream(), NoStream, 2),
        entry(&stream(), Any, 2),
        entry(&there.stream, NoStream, 2),
        entry(&stream(), Any, 2),
    ];
    // Two that bring a stored id, and one of them has lost anyway.
    all[3].events[1].id = there.events[2].id;
    all[5].events[0].id = there.events[0].id;
    all.push(entry(&other, Any, 2));
    let spawned = all.iter().map(|append| spawn(&store, append.clone())).collect();
    settle().await;
    busy.end().await;
    let answers = answers(spawned).await;
    for at in [0, 4, 6] {
        assert!(is_stored(&answers[at]), "{at}: {answers:?}");
        assert_eq!(read(&store, &all[at].stream).await.len(), 2);
    }
    let conflict = |at: usize, version| match &answers[at] {
        Err(AppendError::Conflict { actual, .. }) => assert_eq!(actual.get(), version),
        answer => panic!("{at}: {answer:?}"),
    };
    conflict(1, 1);
    conflict(2, 0);
    conflict(5, 3);
    match &answers[3] {
        Err(AppendError::DuplicateEvent { event }) => assert_eq!(*event, there.events[2].id),
        answer => panic!("{answer:?}"),
    }
    let wrong = matches!(&answers[7], Err(AppendError::Store(StoreError::WrongCategory { .. })));
    assert!(wrong, "{answers:?}");
}

#[tokio::test]
async fn who_is_refused_by_the_server_is_refused_alone() {
    refuse_some("P0001").await;
}

/// A deadlock or a serialisation failure that does not pass: those who are not to blame are not kept by it.
#[tokio::test]
async fn who_always_collides_fails_alone() {
    for code in ["40P01", "40001"] {
        refuse_some(code).await;
    }
}

async fn refuse_some(code: &str) {
    let database = TestDatabase::create().await;
    let store = database.store_with(one_lane()).await;
    let mut connection = database.connect().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION 'poison' USING ERRCODE = '{code}'; END $$; \
         CREATE TRIGGER refuse BEFORE INSERT ON es.events FOR EACH ROW \
         WHEN (new.payload->>'n' = '666') EXECUTE FUNCTION refuse()",
    )))
    .execute(&mut connection)
    .await
    .unwrap();
    let busy = Busy::make(&database, &store).await;
    let guilty = [3, 11, 12];
    let mut all: Vec<_> = (0..20).map(|_| entry(&stream(), NoStream, 2)).collect();
    for at in guilty {
        all[at].events[1].payload = Payload::from_json(r#"{"n":666}"#).unwrap();
    }
    let spawned = all.iter().map(|append| spawn(&store, append.clone())).collect();
    settle().await;
    busy.end().await;
    for (at, answer) in answers(spawned).await.into_iter().enumerate() {
        let stored = read(&store, &all[at].stream).await.len();
        if guilty.contains(&at) {
            let refused = match &answer {
                Err(AppendError::Store(error)) => error.is_transient() == code.starts_with("40"),
                _ => false,
            };
            assert!(refused && stored == 0, "{at}: {answer:?}");
        } else {
            assert!(is_stored(&answer) && stored == 2, "{at}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn two_who_bring_the_same_event_do_not_share_a_statement() {
    let database = TestDatabase::create().await;
    let store = database.store_with(one_lane()).await;
    let busy = Busy::make(&database, &store).await;
    let first = entry(&stream(), NoStream, 2);
    let mut second = entry(&stream(), NoStream, 2);
    second.events[1].id = first.events[0].id;
    let third = entry(&stream(), NoStream, 2);
    let spawned = [&first, &second, &third].map(|append| spawn(&store, append.clone())).into();
    settle().await;
    busy.end().await;
    let answers = answers(spawned).await;
    assert!(is_stored(&answers[0]) && is_stored(&answers[2]), "{answers:?}");
    match &answers[1] {
        Err(AppendError::DuplicateEvent { event }) => assert_eq!(*event, first.events[0].id),
        answer => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn who_is_dropped_takes_nobody_along() {
    let database = TestDatabase::create().await;
    let store = database.store_with(one_lane()).await;
    let busy = Busy::make(&database, &store).await;
    let all: Vec<_> = (0..20).map(|_| entry(&stream(), NoStream, 2)).collect();
    let mut spawned: Vec<_> = all.iter().map(|append| spawn(&store, append.clone())).collect();
    settle().await;
    // These have not been sent.
    let (dropped, rest) = spawned.split_at_mut(5);
    dropped.iter().for_each(JoinHandle::abort);
    for task in dropped {
        assert!(task.await.unwrap_err().is_cancelled());
    }
    // These will be, and are dropped at any moment.
    rest[..5].iter().for_each(JoinHandle::abort);
    busy.end().await;
    let stayed = answers(spawned.split_off(10)).await;
    assert!(stayed.iter().all(is_stored), "{stayed:?}");
    for (at, append) in all.iter().enumerate() {
        let stored = read(&store, &append.stream).await.len();
        match at {
            0..5 => assert_eq!(stored, 0, "{at} was never sent"),
            5..10 => assert!(stored == 0 || stored == 2, "{at}: half an append is stored"),
            _ => assert_eq!(stored, 2, "{at}"),
        }
    }
}

#[tokio::test]
async fn when_the_session_ends_each_learns_what_became_of_him() {
    let database = TestDatabase::create().await;
    let store = database.store_with(one_lane()).await;
    let held = entry(&stream(), NoStream, 1);
    store.append(held.clone()).await.unwrap();
    let busy = Busy::make(&database, &store).await;
    let mut all: Vec<_> = (0..12).map(|_| entry(&stream(), NoStream, 2)).collect();
    // One of them makes the statement wait, so that it can be ended.
    let mut holder = database.connect().await;
    let mut transaction = holder.begin().await.unwrap();
    store.append_in(&mut transaction, entry(&held.stream, Any, 1)).await.unwrap();
    all.push(entry(&held.stream, Exact(Version::new(1)), 2));
    let spawned = all.iter().map(|append| spawn(&store, append.clone())).collect();
    settle().await;
    busy.end().await;
    let shared = || async { waiting(&database).await.len() == 1 };
    until("the shared statement waits", shared).await;
    let end = "SELECT pg_terminate_backend($1)";
    let session = waiting(&database).await[0];
    sqlx::query(end).bind(session).execute(&mut database.connect().await).await.unwrap();
    until("its outcome is looked for", || async {
        waiting(&database).await.iter().any(|other| *other != session)
    })
    .await;
    transaction.commit().await.unwrap();
    let mut answers = answers(spawned).await;
    match answers.pop() {
        Some(Err(AppendError::Conflict { actual, .. })) => assert_eq!(actual.get(), 2),
        answer => panic!("{answer:?}"),
    }
    assert!(answers.iter().all(is_stored), "{answers:?}");
    for append in &all[..12] {
        assert_eq!(read(&store, &append.stream).await.len(), 2, "stored once");
    }
}

#[tokio::test]
async fn an_append_that_nobody_polls_holds_up_no_other() {
    let database = TestDatabase::create().await;
    let store = database.store_with(one_lane()).await;
    let there = stream();
    store.append(entry(&there, NoStream, 1)).await.unwrap();
    // It is on its way, and then its caller has something else to do: append to the same stream. A server that answers before
    // the first wait gives no such caller.
    let mut before = 1;
    let idle = loop {
        let mut idle = Box::pin(store.append(entry(&there, Any, 1)));
        if (&mut idle).now_or_never().is_none() {
            break idle;
        }
        before += 1;
    };
    store.append(entry(&there, Any, 1)).await.unwrap();
    store.append(entry(&stream(), Any, 1)).await.unwrap();
    assert!(idle.await.unwrap().version.get() > before);
    assert_eq!(read(&store, &there).await.len() as u64, before + 2);
}

/// One of several streams, with what is asked of it and how many events that should give; `None` for the wrong category.
fn asked(streams: &[(StreamId, u64)], at: usize) -> (StreamId, StreamQuery, Option<u64>) {
    let (stream, length) = &streams[at % streams.len()];
    let half = Version::new(length / 2);
    match at % 5 {
        0 => (stream.clone(), StreamQuery::after(half), Some(length - length / 2)),
        1 => (stream.clone(), StreamQuery::ALL.up_to(half), Some(length / 2)),
        2 => (stream.clone(), StreamQuery::after(Version::new(*length)), Some(0)),
        3 if *length > 0 => {
            let other = StreamId::new(Category::new("another").unwrap(), stream.id());
            (other, StreamQuery::after(Version::new(*length)), None)
        }
        _ => (stream.clone(), StreamQuery::ALL, Some(*length)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_that_go_together_give_what_each_alone_would_give() {
    let database = TestDatabase::create().await;
    let store = database.store_with(one_lane()).await;
    let mut streams = Vec::new();
    for length in [0, 1, 2, 127, 128, 129, 300] {
        let stream = stream();
        if length > 0 {
            let count = usize::try_from(length).unwrap();
            store.append(entry(&stream, NoStream, count)).await.unwrap();
        }
        streams.push((stream, length));
    }
    let loads = (0..350).map(|at| {
        let (store, (stream, query, wanted)) = (store.clone(), asked(&streams, at));
        tokio::spawn(async move {
            let events = store.read_stream(&stream, query).try_collect::<Vec<_>>().await;
            match (events, wanted) {
                (Ok(events), Some(wanted)) => {
                    let versions: Vec<_> = events.iter().map(|event| event.version.get()).collect();
                    let first = query.after.get() + 1;
                    assert_eq!(versions, (first..first + wanted).collect::<Vec<_>>(), "{at}");
                    assert!(events.iter().all(|event| event.stream == stream));
                }
                (Err(StoreError::WrongCategory { .. }), None) => {}
                (events, wanted) => panic!("{at}: {events:?} and not {wanted:?}"),
            }
        })
    });
    for load in join_all(loads.collect::<Vec<_>>()).await {
        load.unwrap();
    }
}

#[tokio::test]
async fn loads_that_wait_go_as_one_statement() {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database, one_lane()).await;
    let streams: Vec<_> = (0..50).map(|_| stream()).collect();
    let all = streams.iter().map(|stream| entry(stream, NoStream, 3)).collect();
    store.append_many(all).await;
    let load = |stream: &StreamId| {
        let (store, stream) = (store.clone(), stream.clone());
        tokio::spawn(async move { read(&store, &stream).await.len() })
    };
    // Each of the two ways once, with its connection opened and its statement prepared.
    let mut holder = database.connect().await;
    let lock = "BEGIN; LOCK TABLE es.events IN ACCESS EXCLUSIVE MODE";
    for round in 0..2 {
        sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
        let loads: Vec<_> = streams.iter().map(load).collect();
        let both = "SELECT count(*) = 2 FROM pg_locks WHERE NOT granted \
                    AND relation = 'es.events'::regclass";
        until("one waits alone and one with others", || async {
            sqlx::query_scalar(both).fetch_one(&mut database.connect().await).await.unwrap()
        })
        .await;
        settle().await;
        let before = proxy.turns("es");
        sqlx::raw_sql("COMMIT").execute(&mut holder).await.unwrap();
        assert!(join_all(loads).await.into_iter().all(|events| events.unwrap() == 3));
        let turns = proxy.turns("es") - before;
        assert!(round == 0 || turns <= 3, "one statement, and connections that came back: {turns}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_within_loads_come_to_an_end() {
    let database = TestDatabase::create().await;
    let store = database.store_with(one_lane()).await;
    let streams: Vec<_> = (0..6).map(|_| stream()).collect();
    for stream in &streams {
        store.append(entry(stream, NoStream, 3)).await.unwrap();
    }
    // Each is left open while the next one is read.
    let mut open = Vec::new();
    for stream in &streams {
        let mut events = store.read_stream(stream, StreamQuery::ALL);
        assert_eq!(events.try_next().await.unwrap().unwrap().version.get(), 1);
        open.push(events);
    }
    for events in open {
        assert_eq!(events.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    }
}

/// Two streams are locked for long: who wants these waits, and nobody else does, whether he goes alone or with them.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_locked_stream_holds_up_no_other() {
    let database = TestDatabase::create().await;
    let store = database.store_with(PgConfig::new()).await;
    let streams: Vec<_> = (0..60).map(|_| stream()).collect();
    for stream in &streams {
        store.append(entry(stream, NoStream, 1)).await.unwrap();
    }
    let mut transaction = store.transaction().await.unwrap();
    for locked in &streams[..2] {
        store.append_in(&mut transaction, entry(locked, Any, 1)).await.unwrap();
    }
    let held: Vec<_> = streams[..2]
        .iter()
        .map(|locked| spawn(&store, entry(locked, Exact(Version::new(1)), 1)))
        .collect();
    // Some together with others, at all of the lanes.
    let more =
        (0..3).flat_map(|_| &streams[2..]).map(|stream| spawn(&store, entry(stream, Any, 1)));
    let also = streams[..2].iter().map(|locked| spawn(&store, entry(locked, Any, 1)));
    let (more, also): (Vec<_>, Vec<_>) = (more.collect(), also.collect());
    let more = tokio::time::timeout(std::time::Duration::from_secs(8), answers(more));
    assert!(more.await.expect("nobody waits for them").iter().all(Result::is_ok));
    // And the one who has locked them can append elsewhere before he ends.
    store.append(entry(&streams[5], Any, 1)).await.unwrap();
    transaction.commit().await.unwrap();
    for answer in answers(held).await {
        assert!(matches!(answer, Err(AppendError::Conflict { .. })), "{answer:?}");
    }
    assert!(answers(also).await.iter().all(Result::is_ok));
    for locked in &streams[..2] {
        assert_eq!(read(&store, locked).await.len(), 3);
    }
}

/// A statement for many passes a locked stream over: those who go with it are answered, and its own append waits by itself.
#[tokio::test]
async fn who_shares_a_statement_with_a_locked_stream_does_not_wait_for_it() {
    let database = TestDatabase::create().await;
    // So few connections that no lane is given back: what helps here must be the statement.
    let store = database.store_with(one_lane().max_connections(2)).await;
    let (locked, free) = (stream(), stream());
    for stream in [&locked, &free] {
        store.append(entry(stream, NoStream, 1)).await.unwrap();
    }
    let mut holder = database.connect().await;
    let mut transaction = holder.begin().await.unwrap();
    store.append_in(&mut transaction, entry(&locked, Any, 1)).await.unwrap();
    let busy = Busy::make(&database, &store).await;
    let waits = spawn(&store, entry(&locked, Any, 1));
    let beside = [spawn(&store, entry(&free, Any, 1)), spawn(&store, entry(&stream(), Any, 1))];
    settle().await;
    busy.end().await;
    let beside = tokio::time::timeout(std::time::Duration::from_secs(8), answers(beside.into()));
    assert!(beside.await.expect("they do not wait for it").iter().all(Result::is_ok));
    assert!(!waits.is_finished());
    transaction.commit().await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap().version.get(), 3);
}
