//! Files that are made, and files that are not.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::error::Error as _;
use std::path::{Path, PathBuf};

use es_core::prelude::*;
use es_core::{
    Category, EventName, NewEvent, Payload, Position, SchemaVersion, StoreError, StreamAppend,
};
use example_stores::{OpenError, Store, StoreArgument, on_store};

fn file(path: impl Into<PathBuf>) -> StoreArgument {
    StoreArgument::Sqlite(path.into())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn append(store: &Store) {
    let stream = StreamId::new(Category::new("account").unwrap(), Uuid::now_v7());
    let (name, payload) = (EventName::new("opened"), Payload::from_json("{}"));
    let opened = NewEvent::raw(name.unwrap(), SchemaVersion::FIRST, payload.unwrap());
    let append = StreamAppend::new(stream, ExpectedVersion::NoStream, vec![opened]);
    on_store!(store, |store| store.append(append).await).unwrap();
}

async fn settled(store: &Store) -> Position {
    on_store!(store, |store| store.settled().await).unwrap()
}

#[tokio::test]
async fn a_file_and_its_folders_are_made_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a/b/store.db", "ü mit Leerzeichen/?mode=memory#%20.db", "file::memory:"] {
        let argument = file(folder.path().join(name));
        let store = argument.open().await.unwrap();
        append(&store).await;
        store.close().await;
        let again = argument.open().await.unwrap();
        assert_eq!(settled(&again).await, Position::new(1), "{name}");
        again.close().await;
        let existing = argument.open_existing().await.unwrap();
        assert_eq!(settled(&existing).await, Position::new(1), "{name}");
        existing.close().await;
    }
    assert_eq!(names(&folder.path().join("a/b")), ["store.db"], "one file when it is closed");
    assert_eq!(names(folder.path()), ["a", "file::memory:", "ü mit Leerzeichen"]);
}

#[tokio::test]
async fn what_must_be_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["store.db", "data/store.db"] {
        let path = folder.path().join(name);
        let missing = file(&path).open_existing().await.unwrap_err();
        assert_eq!(missing.to_string(), format!("there is no file `{}`", path.display()));
    }
    assert_eq!(names(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_place_that_cannot_be_a_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "no database, and long enough to be seen as none").unwrap();

    let below = file(text.join("store.db")).open().await.unwrap_err();
    assert_eq!(below.to_string(), format!("the folder `{}` cannot be made", text.display()));

    let store = file(&text).open().await.unwrap_err();
    assert_eq!(store.to_string(), format!("the store sqlite:{} cannot be used", text.display()));
    let OpenError::Store { cause: StoreError::Corrupt { what }, .. } = &store else {
        panic!("{store:?}")
    };
    assert!(what.ends_with("the file is not an SQLite database"), "{what}");

    let store = file(folder.path()).open().await.unwrap_err();
    assert!(store.source().unwrap().source().is_some(), "{store:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_a_password() {
    let argument: StoreArgument = "postgres://nobody:secret@127.0.0.1:1/none".parse().unwrap();
    for opened in [argument.open().await, argument.open_existing().await] {
        let error = opened.unwrap_err();
        assert_eq!(error.to_string(), "the store postgres://… cannot be used");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}
