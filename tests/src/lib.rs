//! What the tests of this crate share.

pub mod balances;
pub mod crash;
pub mod dropped;
mod file;
pub mod log;
pub mod pace;
pub mod proxy;
mod turns;
pub mod worker;

pub use file::TestFile;

use es_postgres::{PgConfig, PgStore};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// A database of one's own on the server of the test run, removed when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
}

impl TestDatabase {
    /// An empty database: no schema, no tables.
    ///
    /// # Panics
    /// When there is no server, with what to install, or it makes no database.
    pub async fn create() -> Self {
        let name = xtask::pg::fresh_name("es");
        // Blocks: it may have to start a server.
        let url = tokio::task::spawn_blocking({
            let name = name.clone();
            move || xtask::pg::url_of(&name)
        });
        let url = url.await.expect("finding a server does not panic");
        let url = url.unwrap_or_else(|error| panic!("no PostgreSQL to test with: {error}"));
        admin(&format!(r#"CREATE DATABASE "{name}" TEMPLATE template0 ENCODING 'UTF8'"#)).await;
        Self { name, url }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A store on it, with its schema made.
    ///
    /// # Panics
    /// When the schema cannot be made.
    pub async fn store(&self) -> PgStore {
        self.store_with(PgConfig::new()).await
    }

    /// As [`store`](Self::store), connected as `config` says.
    ///
    /// # Panics
    /// When the schema cannot be made.
    pub async fn store_with(&self, config: PgConfig) -> PgStore {
        let store = PgStore::connect_with(&self.url, config).await.expect("the database is there");
        store.migrate().await.expect("an empty database can be migrated");
        store
    }

    /// A connection that no store knows of.
    ///
    /// # Panics
    /// When the server takes no connection.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("the database is there")
    }
}

impl Drop for TestDatabase {
    /// In a thread with a runtime of its own, as the test's runtime cannot wait here. A shared server is left as it was.
    fn drop(&mut self) {
        let drop = format!(r#"DROP DATABASE IF EXISTS "{}" WITH (FORCE)"#, self.name);
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(admin(&drop));
        });
        // A failure is printed by the thread itself; a test that has passed does not fail for it.
        let _ = dropped.join();
    }
}

/// One statement as the administrator of the server.
async fn admin(statement: &str) {
    let url = xtask::pg::url().expect("there was a server a moment ago");
    let mut connection = PgConnection::connect(url).await.expect("the server takes connections");
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await;
    done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    connection.close().await.expect("a connection can be closed");
}

/// The examples of the repository's front page, run as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct FrontPage;
