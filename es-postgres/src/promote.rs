//! Which version of a projection serves: the names that readers know are views of its tables.

use std::time::Duration;

use es_core::{Promotion, StoreError, Table};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::error::{cause, has_waited_in_vain, is_denied, is_missing_table, store_error};
use crate::projection::integer;
use crate::store::{By, PgStore};
use crate::table::quoted;
use crate::transaction::Silence;

/// How long to wait for a table at the first try, and at most: twice as long at each further one.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(250));

/// Readers that have one table and want another may be in the way at any single try, however short they are.
const TRIES: u32 = 12;

impl PgStore {
    /// What cannot be locked soon is tried again, with ever more patience, and is a transient error in the end. Between two
    /// tries those who wait behind us come to their turn.
    pub(crate) async fn serve(
        &self,
        name: &str,
        version: u32,
        tables: &[Promotion],
    ) -> Result<(), StoreError> {
        self.ready().await?;
        let mut patience = PATIENCE.0;
        for _ in 1..TRIES {
            match self.try_to_serve(name, version, tables, patience).await {
                Err(error) if has_waited_in_vain(&error) => tokio::time::sleep(patience).await,
                done => return done,
            }
            patience = (patience * 2).min(PATIENCE.1);
        }
        self.try_to_serve(name, version, tables, patience).await
    }

    /// One transaction. The tables come first, then the rows of the leases: a batch locks in this order too.
    async fn try_to_serve(
        &self,
        name: &str,
        version: u32,
        tables: &[Promotion],
        patience: Duration,
    ) -> Result<(), StoreError> {
        let mut transaction = self.transaction_within(By::Subscription, Silence::AsSet).await?;
        let lock = sqlx::raw_sql(include_str!("sql/table_lock.sql"));
        lock.execute(&mut *transaction).await.map_err(|e| store_error(&e))?;
        sqlx::query(include_str!("sql/promote_patience.sql"))
            .bind(i64::try_from(tables.len()).unwrap_or(i64::MAX))
            .bind(i64::try_from(patience.as_millis()).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await
            .map_err(|e| store_error(&e))?;
        let before: Option<i32> = sqlx::query_scalar(include_str!("sql/promote_serving.sql"))
            .bind(name)
            .bind(integer(version)?)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(|e| store_error(&e))?;
        for promotion in tables {
            show(&mut transaction, promotion, before.unwrap_or(1), integer(version)?).await?;
        }
        sqlx::query(include_str!("sql/promote_fence.sql"))
            .bind(name)
            .bind(integer(version)?)
            .execute(&mut *transaction)
            .await
            .map_err(|e| store_error(&e))?;
        transaction.commit().await.map_err(|e| store_error(&e))
    }

    pub(crate) async fn drop_read_model(&self, table: &str) -> Result<(), StoreError> {
        let mut connection = self.acquire(By::Subscription).await?;
        let drop = format!("DROP TABLE IF EXISTS {}", quoted(table));
        let dropped = sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *connection).await;
        dropped.map(|_| ()).map_err(|e| store_error(&e))
    }
}

/// Readers who come meanwhile wait; each finds the table or the view, and may read it if he might before.
async fn show(
    connection: &mut PgConnection,
    promotion: &Promotion,
    before: i32,
    version: i32,
) -> Result<(), StoreError> {
    let (serving, built) = (promotion.serving, promotion.built);
    let name = quoted(serving.name);
    let found: Option<(String, bool, Vec<String>)> =
        sqlx::query_as(include_str!("sql/promote_relation.sql"))
            .bind(&name)
            .bind(quoted(built.name))
            .fetch_optional(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
    let kept = |version| quoted(&format!("{}_v{version}", serving.name));
    let drop = format!("DROP VIEW {name}");
    let show = format!("CREATE VIEW {name} AS SELECT * FROM {}", quoted(built.name));
    let (statements, grants) = match found {
        // Its own table, which had made room for that of a later version.
        Some((kind, _, grants)) if serving.name == built.name => match kind.as_str() {
            "v" => (vec![drop, format!("ALTER TABLE {} RENAME TO {name}", kept(version))], grants),
            _ => return Ok(()),
        },
        None if serving.name == built.name => return Ok(()),
        None => (vec![show], Vec::new()),
        Some((_, true, _)) => return Ok(()),
        Some((kind, _, grants)) if kind == "v" => (vec![drop, show], grants),
        Some((_, _, grants)) => {
            (vec![format!("ALTER TABLE {name} RENAME TO {}", kept(before)), show], grants)
        }
    };
    for statement in statements.into_iter().chain(grants) {
        run(connection, built, statement).await?;
    }
    Ok(())
}

async fn run(
    connection: &mut PgConnection,
    table: &'static Table,
    statement: String,
) -> Result<(), StoreError> {
    match sqlx::raw_sql(AssertSqlSafe(statement.as_str())).execute(connection).await {
        Ok(_) => Ok(()),
        Err(error) if is_missing_table(&error) => {
            Err(StoreError::MissingTable { table: table.name })
        }
        Err(error) if is_denied(&error) => {
            Err(StoreError::TableDenied { table: table.name, statement, cause: cause(&error) })
        }
        Err(error) => Err(store_error(&error)),
    }
}
