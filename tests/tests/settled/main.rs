//! Nobody misses an event: what may be in flight, and what a reader may see meanwhile.
//!
//! Each test holds writers at the step that matters and asks a reader after each: the reader never waits by
//! itself, so what it sees is decided, not raced for.

#![allow(clippy::unwrap_used, reason = "helpers of a test end it, as the test itself would")]

mod between;
mod stress;
mod support;

use std::collections::HashMap;

use support::{Log, Reader, Writer, eventually};

/// A log, two writers and a reader of it.
async fn scene(label: &str) -> (Log, Writer, Writer, Reader) {
    let log = Log::new(label).await;
    let (one, two) = (log.writer().await, log.writer().await);
    let reader = log.reader().await;
    (log, one, two, reader)
}

#[tokio::test]
async fn events_that_commit_out_of_order_are_read_in_order() {
    let (_log, mut one, mut two, mut reader) = scene("out_of_order").await;
    assert_eq!(two.append().await, 1);
    assert_eq!(one.begin_and_append().await, 2);
    assert_eq!(two.append().await, 3);
    assert_eq!(reader.poll().await, [1], "2 is on its way: 3 has to wait");
    assert_eq!(reader.settled().await, 1);
    one.run("COMMIT").await;
    assert_eq!(reader.poll().await, [1, 2, 3]);
}

#[tokio::test]
async fn the_isolation_level_that_sessions_begin_with_does_not_matter() {
    for level in ["repeatable read", "serializable"] {
        let log = Log::new("isolation").await;
        let name = &log.name;
        let set = format!("ALTER DATABASE {name} SET default_transaction_isolation = '{level}'");
        log.execute(&set).await;
        let (mut one, mut two) = (log.writer().await, log.writer().await);
        // A pool of the program's own, whose connections the store has not set up.
        let pool = sqlx::PgPool::connect(&log.url).await.unwrap();
        let mut reader = Reader::new(es_postgres::PgStore::from_pool(pool));
        one.begin_and_append().await;
        two.append().await;
        assert_eq!(reader.poll().await, [0; 0], "{level}");
        one.run("COMMIT").await;
        assert_eq!(reader.poll().await, [1, 2], "{level}");
    }
}

#[tokio::test]
async fn a_gap_that_was_rolled_back_is_passed_at_once() {
    let (_log, mut one, mut two, mut reader) = scene("gap").await;
    one.append_and_roll_back().await;
    two.append().await;
    assert_eq!(reader.poll().await, [2], "rolled back before the reader looked");

    one.begin_and_append().await;
    two.append().await;
    assert_eq!(reader.poll().await, [2], "3 may still come");
    one.run("ROLLBACK").await;
    assert_eq!(reader.poll().await, [2, 4], "rolled back between two looks");
}

#[tokio::test]
async fn a_gap_at_the_head_holds_nothing_up() {
    let (_log, mut one, mut two, mut reader) = scene("head").await;
    two.append().await;
    one.append_and_roll_back().await;
    assert_eq!(reader.poll().await, [1]);
    assert_eq!(reader.settled().await, 1, "nothing is visible behind it");
    assert_eq!(one.begin_and_append().await, 3);
    assert_eq!(reader.poll().await, [1]);
    assert_eq!(reader.settled().await, 1, "3 is in flight");
    two.append().await;
    assert_eq!(reader.poll().await, [1]);
    one.run("COMMIT").await;
    assert_eq!(reader.poll().await, [1, 3, 4]);
}

#[tokio::test]
async fn long_transactions_that_write_elsewhere_hold_nothing_up() {
    let log = Log::new("unrelated").await;
    // In the copy the events table has the same object id: only the database tells the two apart.
    let copy = log.copy().await;
    log.execute("CREATE TABLE note (text text)").await;
    let (mut same, mut other) = (log.writer().await, copy.writer().await);
    same.run("BEGIN").await;
    same.run("INSERT INTO note VALUES ('a long one'); SELECT count(*) FROM es.events").await;
    other.begin_and_append().await;

    let (mut one, mut two) = (log.writer().await, log.writer().await);
    one.append_and_roll_back().await;
    two.append().await;
    assert_eq!(log.reader().await.poll().await, [2]);
}

#[tokio::test]
async fn a_writer_who_waits_for_the_table_is_not_waited_for() {
    let (log, mut one, mut two, mut reader) = scene("queue").await;
    one.append_and_roll_back().await;
    two.append().await;
    let mut locker = log.writer().await;
    locker.run("BEGIN; LOCK TABLE es.events IN SHARE MODE").await;
    let waits = tokio::spawn(async move { one.append().await });
    eventually("a writer queues for the table", async || {
        log.holds("SELECT count(*) = 1 FROM pg_locks WHERE relation = 'es.events'::regclass AND NOT granted")
            .await
    })
    .await;
    assert_eq!(reader.poll().await, [2], "it has drawn no position yet");
    locker.run("COMMIT").await;
    assert_eq!(waits.await.unwrap(), 3);
    assert_eq!(reader.poll().await, [2, 3]);
}

#[tokio::test]
async fn a_prepared_transaction_is_waited_for() {
    let (log, mut one, mut two, mut reader) = scene("prepared").await;
    one.begin_and_append().await;
    one.run(&format!("PREPARE TRANSACTION '{}'", log.name)).await;
    two.append().await;
    assert_eq!(reader.poll().await, [0; 0]);
    one.run(&format!("COMMIT PREPARED '{}'", log.name)).await;
    assert_eq!(reader.poll().await, [1, 2]);

    one.begin_and_append().await;
    one.run(&format!("PREPARE TRANSACTION '{}'", log.name)).await;
    two.append().await;
    assert_eq!(reader.poll().await, [1, 2]);
    two.run(&format!("ROLLBACK PREPARED '{}'", log.name)).await;
    assert_eq!(reader.poll().await, [1, 2, 4]);
}

#[tokio::test]
async fn a_transaction_that_is_prepared_between_two_looks_is_still_waited_for() {
    let (log, mut one, mut two, mut reader) = scene("prepared_between").await;
    one.begin_and_append().await;
    two.append().await;
    assert_eq!(reader.poll().await, [0; 0]);
    one.run(&format!("PREPARE TRANSACTION '{}'", log.name)).await;
    assert_eq!(reader.poll().await, [0; 0]);
    two.run(&format!("COMMIT PREPARED '{}'", log.name)).await;
    assert_eq!(reader.poll().await, [1, 2]);
}

#[tokio::test]
async fn a_prepared_transaction_is_waited_for_over_a_crash_of_the_server() {
    let mut server = xtask::pg::Cluster::start(&[]).unwrap();
    let log = Log::on(server.url(), "crash").await;
    let (mut one, mut two) = (log.writer().await, log.writer().await);
    let mut reader = log.reader().await;
    one.begin_and_append().await;
    two.append().await;
    assert_eq!(reader.poll().await, [0; 0]);
    one.run("PREPARE TRANSACTION 'crash'").await;
    server.stop_immediately().unwrap();
    server.restart().unwrap();
    // Its lock is back, under another name, and the reader goes on with what it knew before.
    eventually("the server answers", async || reader.page().await.is_ok()).await;
    assert_eq!(reader.poll().await, [0; 0]);
    log.execute("COMMIT PREPARED 'crash'").await;
    assert_eq!(reader.poll().await, [1, 2]);
}

#[tokio::test]
async fn an_append_rolled_back_to_a_savepoint_is_not_waited_for() {
    let (_log, mut one, mut two, mut reader) = scene("savepoint").await;
    one.run("BEGIN; SAVEPOINT before").await;
    assert_eq!(one.append().await, 1);
    two.append().await;
    assert_eq!(reader.poll().await, [0; 0]);
    one.run("ROLLBACK TO before").await;
    assert_eq!(reader.poll().await, [2], "the transaction is open, but has nothing in flight");
    assert_eq!(one.append().await, 3);
    assert_eq!(two.append().await, 4);
    assert_eq!(reader.poll().await, [2]);
    one.run("COMMIT").await;
    assert_eq!(reader.poll().await, [2, 3, 4]);
}

#[tokio::test]
async fn a_second_append_after_a_savepoint_is_waited_for() {
    let (_log, mut one, mut two, mut reader) = scene("second_append").await;
    one.run("BEGIN; SAVEPOINT before").await;
    assert_eq!(one.append().await, 1);
    two.append().await;
    assert_eq!(reader.poll().await, [0; 0]);
    one.run("ROLLBACK TO before").await;
    assert_eq!(one.append().await, 3);
    assert_eq!(two.append().await, 4);
    // The lock was given up and taken again between two looks: 2 may be read already, 4 may not.
    assert!(matches!(reader.poll().await, [] | [2]), "{:?}", reader.seen);
    one.run("COMMIT").await;
    assert_eq!(reader.poll().await, [2, 3, 4]);
}

#[tokio::test]
async fn the_first_append_is_waited_for_when_only_the_second_is_rolled_back() {
    let (_log, mut one, mut two, mut reader) = scene("kept_append").await;
    assert_eq!(one.begin_and_append().await, 1);
    one.run("SAVEPOINT between").await;
    assert_eq!(one.append().await, 2);
    two.append().await;
    one.run("ROLLBACK TO between").await;
    assert_eq!(reader.poll().await, [0; 0]);
    one.run("COMMIT").await;
    assert_eq!(reader.poll().await, [1, 3]);
}

#[tokio::test]
async fn a_writer_whose_session_is_killed_is_not_waited_for() {
    let (log, mut one, mut two, mut reader) = scene("killed").await;
    one.begin_and_append().await;
    two.append().await;
    assert_eq!(reader.poll().await, [0; 0]);
    let pid = one.pid().await;
    two.run(&format!("SELECT pg_terminate_backend({pid})")).await;
    eventually("the session has ended", async || {
        log.holds(
            "SELECT count(*) = 0 FROM pg_locks
             WHERE relation = 'es.events'::regclass AND mode = 'RowExclusiveLock'",
        )
        .await
    })
    .await;
    assert_eq!(reader.poll().await, [2], "one look is enough");
}

#[tokio::test]
async fn a_store_that_starts_while_a_writer_is_open_waits_for_it() {
    for (end, came) in [("COMMIT", true), ("ROLLBACK", false)] {
        let (log, mut one, mut two, _) = scene("cold_start").await;
        assert_eq!(one.begin_and_append().await, 1);
        assert_eq!(two.append().await, 2);
        let mut fresh = log.reader().await;
        assert_eq!(fresh.poll().await, [0; 0], "nothing is known but that 1 may come");
        one.run(end).await;
        assert_eq!(fresh.poll().await, if came { &[1, 2][..] } else { &[2] }, "{end}");
    }
}

#[tokio::test]
async fn a_store_that_starts_while_a_writer_is_open_gives_what_lies_before_the_hole() {
    let (log, mut one, mut two, _) = scene("cold_prefix").await;
    two.append_many(2).await;
    assert_eq!(one.begin_and_append().await, 3);
    assert_eq!(two.append().await, 4);
    let mut fresh = log.reader().await;
    assert_eq!(fresh.poll().await, [1, 2]);
    one.run("COMMIT").await;
    assert_eq!(fresh.poll().await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_store_that_starts_on_a_long_log_knows_its_end_at_once() {
    let log = Log::new("long").await;
    let mut writer = log.writer().await;
    writer.append_and_roll_back().await;
    writer.append_many(12_000).await;
    writer.append_and_roll_back().await;
    let last = writer.append_many(12_000).await;
    assert_eq!(last, 24_002);
    assert_eq!(log.reader().await.settled().await, last, "two holes, and more than one page");
}

#[tokio::test]
async fn a_long_log_is_settled_page_by_page_while_a_writer_is_open() {
    let (log, mut one, mut two, _) = scene("pages").await;
    let before = two.append_many(24_000).await;
    assert_eq!(one.begin_and_append().await, before + 1);
    let last = two.append().await;
    let fresh = log.reader().await;
    let mut looks = vec![fresh.settled().await, fresh.settled().await, fresh.settled().await];
    looks.push(fresh.settled().await);
    assert!(looks[0] > 0 && looks[0] < looks[1], "each look goes on: {looks:?}");
    assert_eq!(looks[2..], [before; 2], "not beyond the hole");
    one.run("COMMIT").await;
    assert_eq!(fresh.settled().await, last);
}

#[tokio::test]
async fn a_stream_of_new_writers_does_not_starve_the_reader() {
    const ROUNDS: usize = 20;
    let (log, mut gaps, mut commits, mut reader) = scene("starvation").await;
    let mut open = log.writer().await;
    open.begin_and_append().await;
    let mut visible_at = HashMap::new();
    for round in 0..ROUNDS {
        gaps.append_and_roll_back().await;
        visible_at.insert(round, commits.append().await);
        reader.poll().await;
        // The next writer is there, and seen, before this one goes: there is always somebody who holds the lock.
        let mut next = log.writer().await;
        next.begin_and_append().await;
        reader.poll().await;
        open.run("COMMIT").await;
        open = next;
        reader.poll().await;
        let newest = reader.seen.last().copied().unwrap_or(0);
        let lag = (0..=round).filter(|past| visible_at[past] > newest).count();
        assert!(lag <= 2, "after round {round} the reader is {lag} rounds behind");
    }
    open.run("COMMIT").await;
    let seen = reader.poll().await.len();
    assert_eq!(seen, 2 * ROUNDS + 1, "every event but the gaps");
}
