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

/// As in a file.
mod in_memory {
    use es_sqlite::SqliteStore;

    async fn store() -> (SqliteStore, ()) {
        (SqliteStore::in_memory().await.expect("a store in memory"), ())
    }

    es_core::store_contract!(store);
    es_core::inline_store_contract!(store);
    es_core::bulk_store_contract!(store);
}
