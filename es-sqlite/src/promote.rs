//! Which version of a projection serves: the names that readers know are views of its tables.
//!
//! A view shows all columns of its table, those too that it is given later. Views of the program's own that read a serving name
//! go on reading that name, whatever has it: SQLite would otherwise have them follow the table that had it.

use chrono::Utc;
use es_core::{Cause, Promotion, StoreError};
use sqlx::{AssertSqlSafe, Executor as _, SqliteConnection};

use crate::error::{is_missing_table, store_error};
use crate::row::micros;
use crate::store::SqliteStore;
use crate::table::quoted;
use crate::writing::Writing;

/// What has a name, and the statement that made it.
enum Relation {
    Table,
    View(String),
}

impl SqliteStore {
    pub(crate) async fn serve(
        &self,
        name: &str,
        version: u32,
        tables: &[Promotion],
    ) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        let done = serve(&mut writing, name, version, tables).await;
        writing.end(done).await
    }

    pub(crate) async fn drop_read_model(&self, table: &str) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        let done = drop_table(&mut writing, table).await;
        writing.end(done).await
    }
}

async fn serve(
    writing: &mut Writing,
    name: &str,
    version: u32,
    tables: &[Promotion],
) -> Result<(), StoreError> {
    let before: Option<i64> = sqlx::query_scalar(include_str!("sql/promote_serving.sql"))
        .bind(name.to_owned())
        .fetch_optional(&mut **writing)
        .await
        .map_err(|e| store_error(&e))?;
    for promotion in tables {
        show(writing, promotion, before.unwrap_or(1), version.into()).await?;
    }
    let note = sqlx::query(include_str!("sql/promote_note.sql")).bind(name.to_owned());
    writing.run(note.bind(i64::from(version)).bind(micros(Utc::now()))).await?;
    let fence = sqlx::query(include_str!("sql/promote_fence.sql")).bind(name.to_owned());
    writing.run(fence.bind(i64::from(version))).await.map(drop)
}

async fn show(
    connection: &mut SqliteConnection,
    promotion: &Promotion,
    before: i64,
    version: i64,
) -> Result<(), StoreError> {
    let (serving, built) = (promotion.serving.name, promotion.built.name);
    let missing = StoreError::MissingTable { table: built };
    let found = relation(connection, serving).await?;
    let unshow = format!("DROP VIEW {}", quoted(serving));
    if serving == built {
        // Its own table, which had made room for that of a later version.
        if let Some(Relation::View(_)) = found {
            run(connection, unshow).await.map_err(|e| store_error(&e))?;
            let back = rename(connection, &format!("{serving}_v{version}"), serving).await;
            back.map_err(|e| if is_missing_table(&e) { missing } else { store_error(&e) })?;
        }
        return Ok(());
    }
    if !matches!(relation(connection, built).await?, Some(Relation::Table)) {
        return Err(missing);
    }
    let show = format!("CREATE VIEW {} AS SELECT * FROM {}", quoted(serving), quoted(built));
    let room = match found {
        Some(Relation::View(shown)) if shown == show => return Ok(()),
        Some(Relation::View(_)) => run(connection, unshow).await,
        Some(Relation::Table) => rename(connection, serving, &format!("{serving}_v{before}")).await,
        None => Ok(()),
    };
    room.map_err(|e| store_error(&e))?;
    run(connection, show).await.map_err(|e| store_error(&e))
}

async fn relation(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Option<Relation>, StoreError> {
    let found: Option<(String, String)> = sqlx::query_as(include_str!("sql/promote_relation.sql"))
        .bind(name.to_owned())
        .fetch_optional(connection)
        .await
        .map_err(|e| store_error(&e))?;
    let found = found.map(|(kind, sql)| match kind.as_str() {
        "view" => Relation::View(sql),
        _ => Relation::Table,
    });
    Ok(found)
}

/// What reads the old name is left as it is, and is not looked at either: it may read the new owner of the name soon.
async fn rename(
    connection: &mut SqliteConnection,
    from: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    connection.execute("PRAGMA legacy_alter_table = ON").await?;
    let rename = format!("ALTER TABLE {} RENAME TO {}", quoted(from), quoted(to));
    let renamed = run(connection, rename).await;
    connection.execute("PRAGMA legacy_alter_table = OFF").await?;
    renamed
}

/// SQLite drops a table whatever reads it: a view that can be read only as long as the table is there shows it.
async fn drop_table(connection: &mut SqliteConnection, table: &str) -> Result<(), StoreError> {
    let Some(Relation::Table) = relation(connection, table).await? else { return Ok(()) };
    let views: Vec<String> = sqlx::query_scalar(include_str!("sql/promote_views.sql"))
        .fetch_all(&mut *connection)
        .await
        .map_err(|e| store_error(&e))?;
    let mut readable = Vec::new();
    for view in views {
        if is_readable(connection, &view).await {
            readable.push(view);
        }
    }
    let drop = format!("DROP TABLE {}", quoted(table));
    run(connection, drop).await.map_err(|e| store_error(&e))?;
    for view in readable {
        if !is_readable(connection, &view).await {
            let what = format!("the table `{table}` is seen as `{view}`");
            return Err(StoreError::Other(Cause::new(what)));
        }
    }
    Ok(())
}

async fn is_readable(connection: &mut SqliteConnection, view: &str) -> bool {
    run(connection, format!("SELECT 1 FROM {} LIMIT 0", quoted(view))).await.is_ok()
}

async fn run(connection: &mut SqliteConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use es_core::{Column, Table};

    use super::*;

    const COLUMNS: &[Column] = &[Column::of::<String>("id")];
    static FIRST: Table = Table::new("names", "id", COLUMNS);

    async fn read(store: &SqliteStore, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(store.pool()).await.expect("it can be read")
    }

    async fn scene(store: &SqliteStore) -> &'static Table {
        let second = FIRST.of_version(2);
        let mut writing = store.write().await.expect("it can be written");
        for (table, name) in [(&FIRST, "first"), (second, "second")] {
            let sql = format!(
                "CREATE TABLE {0} (id TEXT PRIMARY KEY); INSERT INTO {0} VALUES ('{name}')",
                table.name
            );
            run(&mut writing, sql).await.expect("a table");
        }
        let sql = "CREATE VIEW shouted AS SELECT upper(id) AS id FROM names;
                   CREATE VIEW broken AS SELECT id FROM gone";
        run(&mut writing, sql.to_owned()).await.expect("views");
        writing.commit().await.expect("committed");
        second
    }

    #[tokio::test]
    async fn what_reads_a_serving_name_goes_on_reading_it() {
        let store = SqliteStore::in_memory().await.expect("a store in memory");
        let second = scene(&store).await;
        for _ in 0..2 {
            let promotion = [Promotion::new(&FIRST, second)];
            store.serve("sums", 2, &promotion).await.expect("it can serve");
            assert_eq!(read(&store, "SELECT id FROM shouted").await, ["SECOND"]);
            let promotion = [Promotion::new(&FIRST, &FIRST)];
            store.serve("sums", 1, &promotion).await.expect("it can serve");
            assert_eq!(read(&store, "SELECT id FROM shouted").await, ["FIRST"]);
        }
        let refused = store.drop_read_model("names").await.expect_err("it is read");
        let cause = std::error::Error::source(&refused).expect("a cause").to_string();
        assert_eq!(cause, "the table `names` is seen as `shouted`");
        assert_eq!(read(&store, "SELECT id FROM names").await, ["first"]);
        store.drop_read_model("names_v2").await.expect("nobody reads it");
    }

    #[tokio::test]
    async fn a_view_has_columns_that_its_table_is_given_later() {
        let store = SqliteStore::in_memory().await.expect("a store in memory");
        let second = scene(&store).await;
        let promotion = [Promotion::new(&FIRST, second)];
        store.serve("sums", 2, &promotion).await.expect("it can serve");
        assert_eq!(read(&store, "SELECT id FROM names").await, ["second"]);
        let mut writing = store.write().await.expect("it can be written");
        let add = "ALTER TABLE names_v2 ADD COLUMN more TEXT DEFAULT 'more'".to_owned();
        run(&mut writing, add).await.expect("a column");
        writing.commit().await.expect("committed");
        assert_eq!(read(&store, "SELECT more FROM names").await, ["more"]);
    }
}
