//! A connection whose transactions are held open at will.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Inserts `$1` events into a new stream, as an append does. Gives the last position.
const APPEND: &str = "
    WITH head AS (
        INSERT INTO es.streams (stream_id, category, version)
        VALUES (gen_random_uuid(), 'note', $1) RETURNING stream_id, category
    ), event AS (
        INSERT INTO es.events
            (stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at)
        SELECT stream_id, version, gen_random_uuid(), category, 'note-taken', 1, '{}', '{}', now()
        FROM head, generate_series(1, $1) AS version ORDER BY version
        RETURNING position
    )
    SELECT max(position) FROM event";

/// One session of a writer.
#[derive(Debug)]
pub(crate) struct Writer {
    connection: PgConnection,
}

impl Writer {
    pub(crate) async fn connect(url: &str) -> Self {
        Self { connection: PgConnection::connect(url).await.unwrap() }
    }

    /// Runs `sql` as it is: BEGIN, SAVEPOINT, PREPARE TRANSACTION …
    pub(crate) async fn run(&mut self, sql: &str) {
        self.try_run(sql).await.unwrap();
    }

    pub(crate) async fn try_run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await.map(drop)
    }

    /// Appends one event, in the open transaction if there is one. Gives its position.
    pub(crate) async fn append(&mut self) -> u64 {
        self.append_many(1).await
    }

    /// Appends `count` events. Gives the last position.
    pub(crate) async fn append_many(&mut self, count: i64) -> u64 {
        let last: i64 =
            sqlx::query_scalar(APPEND).bind(count).fetch_one(&mut self.connection).await.unwrap();
        u64::try_from(last).unwrap()
    }

    /// BEGIN, and one event.
    pub(crate) async fn begin_and_append(&mut self) -> u64 {
        self.run("BEGIN").await;
        self.append().await
    }

    /// An append whose position is drawn and rolled back.
    pub(crate) async fn append_and_roll_back(&mut self) -> u64 {
        let position = self.begin_and_append().await;
        self.run("ROLLBACK").await;
        position
    }

    /// The process of the server that serves this session.
    pub(crate) async fn pid(&mut self) -> i32 {
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut self.connection).await.unwrap()
    }
}
