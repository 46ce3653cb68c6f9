//! A log in a database of its own.

use es_postgres::PgStore;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::{Reader, Writer};

/// The URL of a database with an empty log in it.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) url: String,
    pub(crate) name: String,
}

impl Log {
    /// On the server that all tests share.
    pub(crate) async fn new(label: &str) -> Self {
        Self::on(xtask::pg::url().unwrap(), label).await
    }

    /// On the server at `url`.
    pub(crate) async fn on(url: &str, label: &str) -> Self {
        let name = xtask::pg::fresh_name(label);
        execute(url, &format!("CREATE DATABASE {name}")).await;
        let url = xtask::pg::with_database(url, &name).unwrap();
        let store = PgStore::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        store.pool().close().await;
        Self { url, name }
    }

    /// A byte for byte copy of this log in another database. Nobody may be connected to this one.
    pub(crate) async fn copy(&self) -> Self {
        let name = format!("{}_copy", self.name);
        let server = xtask::pg::with_database(&self.url, "postgres").unwrap();
        execute(&server, &format!("CREATE DATABASE {name} TEMPLATE {}", self.name)).await;
        Self { url: xtask::pg::with_database(&self.url, &name).unwrap(), name }
    }

    /// A connection that writes.
    pub(crate) async fn writer(&self) -> Writer {
        Writer::connect(&self.url).await
    }

    /// A new process, as it were: a store that knows nothing yet, read from the beginning.
    pub(crate) async fn reader(&self) -> Reader {
        Reader::new(PgStore::connect(&self.url).await.unwrap())
    }

    /// Runs one statement on a connection of its own.
    pub(crate) async fn execute(&self, sql: &str) {
        execute(&self.url, sql).await;
    }

    /// Whether `sql`, one boolean, is true now.
    pub(crate) async fn holds(&self, sql: &'static str) -> bool {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    }
}

async fn execute(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
