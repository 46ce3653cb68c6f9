//! Files that cannot be opened, or not yet.

use std::fs;
use std::time::{Duration, Instant};

use es_core::prelude::*;
use es_core::{AppendError, StoreError};
use es_sqlite::{SqliteConfig, SqliteStore};
use es_tests::TestFile;

use crate::support::{add, ids, one, run, stranger, words};

fn impatient() -> SqliteConfig {
    SqliteConfig::new().patience(Duration::from_millis(300))
}

async fn refused(file: &TestFile, config: SqliteConfig) -> (StoreError, String) {
    let error = SqliteStore::open_with(file.path(), config).await.expect_err("it is refused");
    let words = words(&error);
    (error, words)
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_alone() {
    let file = TestFile::create();
    let text = "These are the accounts of the year 1987.\n".repeat(200);
    fs::write(file.path(), &text).expect("writable");
    let (error, words) = refused(&file, SqliteConfig::new()).await;
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    let name = file.path().display().to_string();
    assert!(words.contains(&name) && words.contains("not an SQLite database"), "{words}");
    assert_eq!(fs::read_to_string(file.path()).expect("readable"), text);
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_corrupt() {
    let file = TestFile::create();
    let store = file.store().await;
    for _ in 0..200 {
        add(&store).await;
    }
    store.close().await;
    let bytes = fs::read(file.path()).expect("readable");
    fs::write(file.path(), &bytes[..bytes.len() / 2]).expect("writable");
    let opened = SqliteStore::open(file.path()).await;
    let error = match opened {
        Err(error) => error,
        // The beginning is whole, and so are its tables; then it is noticed by whoever reads on.
        Ok(store) => {
            let read = store.read_log(es_core::LogQuery::default(), 1_000).await;
            read.expect_err("half of it is missing")
        }
    };
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn a_folder_is_no_file() {
    let file = TestFile::create();
    fs::create_dir(file.path()).expect("the folder can be made");
    let (error, words) = refused(&file, SqliteConfig::new()).await;
    assert!(!error.is_transient(), "{error:?}");
    assert!(words.contains(&file.path().display().to_string()), "{words}");
}

#[tokio::test]
async fn a_missing_folder_and_a_missing_file_are_named() {
    let file = TestFile::create();
    let missing = file.path().join("nowhere").join("bank.db");
    let error = SqliteStore::open(&missing).await.expect_err("there is no such folder");
    assert!(!error.is_transient(), "{error:?}");
    let said = words(&error);
    assert!(said.contains("nowhere") && said.contains("its folder must exist"), "{said}");

    let (error, said) = refused(&file, SqliteConfig::new().create(false)).await;
    assert!(!error.is_transient() && said.contains("store.db"), "{said}");
    assert!(!file.path().exists(), "nothing is made when that is not wanted");
    file.store().await.close().await;
    file.store_with(SqliteConfig::new().create(false)).await;
}

#[tokio::test]
async fn a_newer_schema_and_another_script_are_refused() {
    let file = TestFile::create();
    file.store().await.close().await;
    let mut stranger = stranger(&file).await;
    let newer = "INSERT INTO es_migrations (version, name, script) VALUES (99, 'later', '')";
    run(&mut stranger, newer).await.expect("it is only a table");
    let (error, words) = refused(&file, SqliteConfig::new()).await;
    assert!(matches!(error, StoreError::Schema { found: 99, .. }), "{error:?}");
    assert!(words.contains("upgrade the program"), "{words}");

    let other =
        "DELETE FROM es_migrations WHERE version = 99; UPDATE es_migrations SET script = 'x'";
    run(&mut stranger, other).await.expect("it is only a table");
    let (error, words) = refused(&file, SqliteConfig::new()).await;
    assert!(matches!(error, StoreError::Unsafe { .. }), "{error:?}");
    assert!(words.contains("migration 1"), "{words}");
}

#[tokio::test]
async fn a_file_that_another_process_keeps_locked_is_waited_for_and_then_unavailable() {
    let file = TestFile::create();
    let store = file.store_with(impatient()).await;
    add(&store).await;
    let mut stranger = stranger(&file).await;
    run(&mut stranger, "BEGIN IMMEDIATE").await.expect("nobody else writes");
    let begun = Instant::now();
    let error = store.append(one()).await.expect_err("somebody else writes");
    assert!(error.is_transient(), "{error:?}");
    assert!(words(&error).contains("another process"), "{}", words(&error));
    assert!(begun.elapsed() >= Duration::from_millis(250), "it waits before it gives up");
    assert_eq!(ids(&store).await.len(), 1, "readers wait for nobody");

    let patient = file.store().await;
    let (appended, ()) = tokio::join!(patient.append(one()), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        run(&mut stranger, "ROLLBACK").await.expect("it can be ended");
    });
    appended.expect("who waits gets through");
    store.append(one()).await.expect("so does who tries again");
    assert_eq!(ids(&store).await.len(), 3);
}

#[tokio::test]
async fn a_new_file_that_is_locked_is_unavailable() {
    let file = TestFile::create();
    fs::write(file.path(), "").expect("writable");
    let mut stranger = stranger(&file).await;
    run(&mut stranger, "BEGIN EXCLUSIVE").await.expect("nobody else has it open");
    let (error, words) = refused(&file, impatient()).await;
    assert!(error.is_transient(), "{error:?}");
    assert!(words.contains("store.db"), "{words}");
    run(&mut stranger, "ROLLBACK").await.expect("it can be ended");
    add(&file.store().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_make_a_file_at_once() {
    let file = TestFile::create();
    let opened = futures_util::future::join_all((0..8).map(|_| {
        let path = file.path();
        tokio::spawn(async move { SqliteStore::open(path).await })
    }));
    let mut stores = Vec::new();
    for opened in opened.await {
        stores.push(opened.expect("no panic").expect("each of them opens it"));
    }
    for store in &stores {
        add(store).await;
    }
    assert_eq!(ids(&stores[0]).await.len(), 8);
}

/// What cannot be written can still be read, and says so when it is written to.
#[tokio::test]
async fn a_closed_store_says_so() {
    let file = TestFile::create();
    let store = file.store().await;
    add(&store).await;
    store.close().await;
    let error = store.append(one()).await.expect_err("it is closed");
    assert!(matches!(error, AppendError::Store(StoreError::Unavailable(_))), "{error:?}");
    let left: Vec<_> =
        fs::read_dir(file.path().parent().expect("a folder")).expect("readable").collect();
    assert_eq!(left.len(), 1, "a file that was closed is one file: {left:?}");
}
