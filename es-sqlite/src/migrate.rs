//! Makes and upgrades the tables `es_…`: numbered scripts, in one transaction, one process at a time.

use es_core::StoreError;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::error::store_error;
use crate::writing::Writing;

/// One step from a version of the schema to the next.
struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

/// All steps, by rising version. A step that has been published is never changed.
const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "store", sql: include_str!("../migrations/0001_store.sql") }];

/// The version of the schema that this program was written for.
const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

/// Whether there is something to do. A file that is up to date is not written to: it may be one that cannot be.
pub(crate) async fn is_due(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let there: bool = sqlx::query_scalar(include_str!("sql/migrate_there.sql"))
        .fetch_one(&mut *connection)
        .await
        .map_err(|e| store_error(&e))?;
    if !there {
        return Ok(true);
    }
    let applied = applied(connection).await.map_err(|e| store_error(&e))?;
    check(&applied)?;
    Ok(newest(&applied) < NEWEST)
}

/// Brings the schema to [`NEWEST`], from whatever version it has; another process may just have done so.
pub(crate) async fn migrate(mut writing: Writing) -> Result<(), StoreError> {
    let done = steps(&mut writing).await;
    writing.end(done).await
}

async fn steps(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::raw_sql(include_str!("sql/migrate_table.sql"))
        .execute(&mut *connection)
        .await
        .map_err(|e| store_error(&e))?;
    let applied = applied(connection).await.map_err(|e| store_error(&e))?;
    check(&applied)?;
    for step in MIGRATIONS.iter().filter(|step| step.version > newest(&applied)) {
        apply(step, connection).await.map_err(|e| store_error(&e))?;
        tracing::info!(version = step.version, name = step.name, "the schema was upgraded");
    }
    Ok(())
}

/// Version and text of a step that was applied to this database.
type Applied = (i64, String);

fn newest(applied: &[Applied]) -> i64 {
    applied.last().map_or(0, |(version, _)| *version)
}

async fn applied(connection: &mut SqliteConnection) -> Result<Vec<Applied>, sqlx::Error> {
    sqlx::query_as("SELECT version, script FROM es_migrations ORDER BY version")
        .fetch_all(connection)
        .await
}

fn check(applied: &[Applied]) -> Result<(), StoreError> {
    let found = newest(applied);
    if found > NEWEST {
        let hint = "this program is older than the database: upgrade the program";
        return Err(StoreError::Schema { found, needed: NEWEST, hint });
    }
    for (version, script) in applied {
        let ours = MIGRATIONS.iter().find(|ours| ours.version == *version);
        if ours.is_none_or(|ours| text(ours) != *script) {
            let what = format!(
                "migration {version} was applied from another text than this program's: use the program that applied it"
            );
            return Err(StoreError::Unsafe { what });
        }
    }
    Ok(())
}

async fn apply(step: &Migration, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(step.sql)).execute(&mut *connection).await?;
    sqlx::query("INSERT INTO es_migrations (version, name, script) VALUES (?, ?, ?)")
        .bind(step.version)
        .bind(step.name)
        .bind(text(step))
        .execute(connection)
        .await
        .map(drop)
}

/// With one kind of line end, so that a checkout on another system makes no difference. SQLite keeps the text of its tables
/// anyway and has no hash function, so the script is kept whole.
fn text(step: &Migration) -> String {
    step.sql.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_rise_by_one_and_match_the_file_names() {
        let versions: Vec<_> = MIGRATIONS.iter().map(|step| step.version).collect();
        assert_eq!(versions, (1..=NEWEST).collect::<Vec<_>>());
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("the folder is there")
            .map(|file| file.expect("readable").file_name().into_string().expect("UTF-8"))
            .collect();
        files.sort();
        let named = |step: &Migration| format!("{:04}_{}.sql", step.version, step.name);
        assert_eq!(files, MIGRATIONS.iter().map(named).collect::<Vec<_>>());
    }
}
