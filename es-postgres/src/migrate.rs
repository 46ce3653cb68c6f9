//! Makes and upgrades the schema `es`: numbered scripts, in one transaction, one process at a time.

use es_core::StoreError;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};

use crate::error::store_error;

/// One step from a version of the schema to the next.
struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

/// All steps, by rising version. A step that has been published is never changed.
const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "log", sql: include_str!("../migrations/0001_log.sql") },
    Migration {
        version: 2,
        name: "subscriptions",
        sql: include_str!("../migrations/0002_subscriptions.sql"),
    },
    Migration {
        version: 3,
        name: "snapshots",
        sql: include_str!("../migrations/0003_snapshots.sql"),
    },
];

/// The version of the schema that this program was written for.
pub(crate) const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

/// Brings the schema to [`NEWEST`], from whatever version it has.
pub(crate) async fn migrate(
    mut transaction: Transaction<'static, Postgres>,
) -> Result<(), StoreError> {
    prepare(&mut transaction).await.map_err(|e| store_error(&e))?;
    let applied = applied(&mut transaction).await.map_err(|e| store_error(&e))?;
    let found = applied.last().map_or(0, |(version, _)| *version);
    if found > NEWEST {
        return Err(newer(found));
    }
    for step in &applied {
        check(step, &mut transaction).await?;
    }
    for step in MIGRATIONS.iter().filter(|step| step.version > found) {
        apply(step, &mut transaction).await.map_err(|e| store_error(&e))?;
        tracing::info!(version = step.version, name = step.name, "the schema was upgraded");
    }
    transaction.commit().await.map_err(|e| store_error(&e))
}

/// The error for a schema that a newer program has made.
pub(crate) fn newer(found: i64) -> StoreError {
    let hint = "this program is older than the database: upgrade the program";
    StoreError::Schema { found, needed: NEWEST, hint }
}

/// Version and checksum of a step that was applied to this database.
type Applied = (i64, String);

/// Waits for other processes that migrate, then makes sure that there is a place to note what has been applied.
/// Each statement has a snapshot of its own, taken after the lock is held, so it sees what they have done.
async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    for statement in [
        include_str!("sql/migrate_lock.sql"),
        include_str!("sql/migrate_schema.sql"),
        include_str!("sql/migrate_table.sql"),
    ] {
        sqlx::raw_sql(statement).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn applied(connection: &mut PgConnection) -> Result<Vec<Applied>, sqlx::Error> {
    sqlx::query_as("SELECT version, checksum FROM es.migrations ORDER BY version")
        .fetch_all(connection)
        .await
}

async fn check(
    (version, applied): &Applied,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    let ours = MIGRATIONS.iter().find(|ours| ours.version == *version);
    let checksum = match ours {
        Some(ours) => checksum(ours, connection).await.map_err(|e| store_error(&e))?,
        None => String::new(),
    };
    if checksum == *applied {
        return Ok(());
    }
    let what = format!(
        "migration {version} was applied from another text than this program's: use the program that applied it"
    );
    Err(StoreError::Unsafe { what })
}

async fn apply(step: &Migration, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let checksum = checksum(step, connection).await?;
    sqlx::raw_sql(AssertSqlSafe(step.sql)).execute(&mut *connection).await?;
    sqlx::query("INSERT INTO es.migrations (version, name, checksum) VALUES ($1, $2, $3)")
        .bind(step.version)
        .bind(step.name)
        .bind(checksum)
        .execute(connection)
        .await?;
    Ok(())
}

/// Of the text with one kind of line end, so that a checkout on another system makes no difference.
async fn checksum(step: &Migration, connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')")
        .bind(step.sql.replace("\r\n", "\n"))
        .fetch_one(connection)
        .await
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
