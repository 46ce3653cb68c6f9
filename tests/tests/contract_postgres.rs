//! The PostgreSQL store keeps every promise of the store contract.

use es_postgres::PgStore;
use es_tests::TestDatabase;

async fn store() -> (PgStore, TestDatabase) {
    let database = TestDatabase::create().await;
    (database.store().await, database)
}

es_core::store_contract!(store);
es_core::inline_store_contract!(store);
es_core::bulk_store_contract!(store);
