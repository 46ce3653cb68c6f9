//! Files with odd names.

use es_sqlite::SqliteStore;
use es_tests::TestFile;

use crate::support::{add, ids, words};

#[tokio::test]
async fn odd_names_are_names_of_files() {
    let folder = TestFile::create();
    let folder = folder.path().parent().expect("a folder").to_owned();
    for name in [
        "with space.db",
        "file:bank.db",
        "bank.db?mode=memory&cache=shared",
        "50%25.db",
        "#.db",
        "Müller & Söhne – 銀行.db",
        "it's \"quoted\"; DROP TABLE es_events; --.db",
        "no-extension",
        &"n".repeat(200),
    ] {
        let path = folder.join(name);
        let store = SqliteStore::open(&path).await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        add(&store).await;
        store.close().await;
        assert!(path.is_file(), "{name} is the file's name");
        let again = SqliteStore::open(&path).await.expect("it is there");
        assert_eq!(ids(&again).await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn names_that_no_file_can_have_are_refused() {
    let folder = TestFile::create();
    let folder = folder.path().parent().expect("a folder").to_owned();
    for name in ["a\0b.db".to_owned(), "n".repeat(5_000)] {
        let error = SqliteStore::open(folder.join(&name)).await.expect_err("no file has that name");
        assert!(!error.is_transient(), "{error:?}");
        assert!(words(&error).contains("cannot be opened"), "{}", words(&error));
    }
}
