//! Disks that are full or may only be read.
//!
//! Such a disk is made in memory, in a world of mounts that only the test sees: the test runs itself again there, by
//! `unshare`, which Debian always has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use es_core::prelude::*;
use es_core::{AppendError, LogQuery, StoreError, StreamAppend};
use es_sqlite::SqliteStore;
use es_tests::log::{events, stream as fresh};

use crate::support::{add, ids, one, words};

const INSIDE: &str = "ES_TEST_DISK";

/// The folder that is a disk of its own, when this is the run inside; else runs the test there and gives nothing.
fn disk(test: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(INSIDE) {
        let folder = PathBuf::from(folder);
        mount(&["-t", "tmpfs", "-o", "size=3m", "tmpfs"], &folder);
        return Some(folder);
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    // Who is not root may be so in a world of his own.
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let become_root: &[&str] = if root { &[] } else { &["--user", "--map-root-user"] };
    let inside = Command::new("unshare")
        .args(become_root)
        .args(["--mount", "--"])
        .arg(std::env::current_exe().expect("this program has a file"))
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, folder.path())
        .output()
        .expect("`unshare` of util-linux is there");
    let said = String::from_utf8_lossy(&inside.stdout) + String::from_utf8_lossy(&inside.stderr);
    assert!(inside.status.success() && said.contains("1 passed"), "{said}");
    None
}

fn mount(arguments: &[&str], folder: &Path) {
    let mounted = Command::new("mount").args(arguments).arg(folder).status();
    let at = folder.display();
    assert!(mounted.is_ok_and(|status| status.success()), "mount {arguments:?} {at}");
}

/// About 100 KB.
fn large() -> StreamAppend {
    let mut append = StreamAppend::new(fresh(), ExpectedVersion::NoStream, events(1));
    let payload = format!("{{\"n\":\"{}\"}}", "x".repeat(100_000));
    append.events[0].payload = es_core::Payload::from_json(payload).expect("JSON");
    append
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let Some(folder) = disk("disk::a_full_disk_refuses_and_loses_nothing") else { return };
    let path = folder.join("store.db");
    let store = SqliteStore::open(&path).await.expect("there is room");
    let ballast = folder.join("ballast");
    fs::write(&ballast, vec![1; 500_000]).expect("there is room");
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    while refused.len() < 5 {
        let append = large();
        let id = append.events[0].id;
        match store.append(append).await {
            Ok(_) => kept.push(id),
            Err(error) => {
                assert!(
                    matches!(error, AppendError::Store(StoreError::Unavailable(_))),
                    "{error:?}"
                );
                assert!(words(&error).contains("the disk is full"), "{}", words(&error));
                refused.push(id);
            }
        }
        assert!(kept.len() < 100, "a disk of 3 MB cannot hold so much");
    }
    assert!(kept.len() > 3, "some fit");
    assert_eq!(ids(&store).await, kept, "what was answered is there, and nothing else");

    // A call of several is refused as a whole.
    let several = store.append_many((0..3).map(|_| large()).collect()).await;
    assert!(several.iter().all(Result::is_err), "{several:?}");
    // As it is found by whoever opens it now.
    store.close().await;
    let store = SqliteStore::open(&path).await.expect("it can be opened");
    assert_eq!(ids(&store).await, kept);
    assert_eq!(store.locate(&refused).await.expect("readable"), []);

    fs::remove_file(ballast).expect("it is there");
    let again = large();
    kept.push(again.events[0].id);
    store.append(again).await.expect("there is room again");
    assert_eq!(ids(&store).await, kept);
}

#[tokio::test]
async fn a_full_disk_takes_no_new_store() {
    let Some(folder) = disk("disk::a_full_disk_takes_no_new_store") else { return };
    let filled = fs::write(folder.join("ballast"), vec![1; 4_000_000]);
    filled.expect_err("there is not so much room");
    let error = SqliteStore::open(folder.join("store.db")).await.expect_err("the disk is full");
    assert!(words(&error).contains("store.db"), "{}", words(&error));
    fs::remove_file(folder.join("ballast")).expect("it is there");
    let store = SqliteStore::open(folder.join("store.db")).await.expect("there is room again");
    add(&store).await;
}

#[tokio::test]
async fn a_disk_that_may_only_be_read_says_so() {
    let Some(folder) = disk("disk::a_disk_that_may_only_be_read_says_so") else { return };
    let path = folder.join("store.db");
    let store = SqliteStore::open(&path).await.expect("it can be written yet");
    add(&store).await;
    store.close().await;
    mount(&["-o", "remount,ro"], &folder);
    match SqliteStore::open(&path).await {
        Err(error) => {
            assert!(!error.is_transient(), "{error:?}");
            let said = words(&error);
            assert!(said.contains("store.db") && said.contains("read"), "{said}");
        }
        Ok(store) => {
            let error = store.append(one()).await.expect_err("it may only be read");
            assert!(!error.is_transient(), "{error:?}");
            assert!(words(&error).contains("may only be read"), "{}", words(&error));
            store.read_log(LogQuery::default(), 10).await.expect("it may be read");
        }
    }
    let error = SqliteStore::open(folder.join("new.db")).await.expect_err("no file can be made");
    assert!(words(&error).contains("new.db"), "{}", words(&error));
    mount(&["-o", "remount,rw"], &folder);
    add(&SqliteStore::open(&path).await.expect("it can be written again")).await;
}
