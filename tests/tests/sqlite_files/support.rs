//! Files, and what is written to them.

use std::error::Error;

use es_core::prelude::*;
use es_core::{Appended, LogQuery, StreamAppend};
use es_tests::TestFile;
use es_tests::log::{events, stream as fresh};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

/// An error and all its causes, as a user would see them.
pub(crate) fn words(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (**error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// One event in a stream of its own.
pub(crate) fn one() -> StreamAppend {
    StreamAppend::new(fresh(), ExpectedVersion::NoStream, events(1))
}

pub(crate) async fn add(store: &impl EventStore) -> Appended {
    store.append(one()).await.expect("nothing is wrong")
}

/// The ids of all events, in order.
pub(crate) async fn ids(store: &impl EventStore) -> Vec<EventId> {
    let page = store.read_log(LogQuery::default(), 1_000_000).await.expect("the log can be read");
    page.events.iter().map(|event| event.id).collect()
}

/// A connection that no store knows of, as that of another program.
pub(crate) async fn stranger(file: &TestFile) -> SqliteConnection {
    let url = format!("sqlite:{}", file.path().display());
    SqliteConnection::connect(&url).await.expect("the file is there")
}

pub(crate) async fn run(connection: &mut SqliteConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}
