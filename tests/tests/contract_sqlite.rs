//! The SQLite store keeps every promise of the store contract, in a file and in memory.

use es_sqlite::SqliteStore;
use es_tests::TestFile;

async fn store() -> (SqliteStore, TestFile) {
    let file = TestFile::create();
    (file.store().await, file)
}

es_core::store_contract!(store);
es_core::inline_store_contract!(store);
es_core::bulk_store_contract!(store);

/// As in a file, but for one promise.
mod in_memory {
    use std::panic::AssertUnwindSafe;
    use std::time::Duration;

    use es_sqlite::{SqliteConfig, SqliteStore};
    use futures_util::FutureExt as _;

    async fn store() -> (SqliteStore, ()) {
        (SqliteStore::in_memory().await.expect("a store in memory"), ())
    }

    es_core::store_contract!(store);
    es_core::inline_store_contract!(store);

    /// In memory nobody reads while a transaction writes, so who reads in the middle of an import is told that the store is
    /// unavailable.
    const NOT_KEPT: &str = "nobody_sees_a_part_of_an_import";

    macro_rules! kept_but_for_one {
        ($($module:ident::$promise:ident)*) => {$(
            #[tokio::test]
            async fn $promise() {
                let wanted = stringify!($promise) != NOT_KEPT;
                let patience = Duration::from_millis(if wanted { 10_000 } else { 300 });
                let config = SqliteConfig::new().patience(patience);
                let store = SqliteStore::in_memory_with(config).await.expect("a store in memory");
                let promise = AssertUnwindSafe(es_core::testing::contract::$promise(&store));
                assert_eq!(promise.catch_unwind().await.is_ok(), wanted);
            }
        )*};
    }

    es_core::__bulk_store_promises!(__promises_to!(kept_but_for_one));
}
