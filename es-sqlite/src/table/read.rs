//! How rows of read models are read.

use es_core::{
    Cause, Cell, Column, Comparison, Condition, Direction, ResolvedQuery, RowSelection, SqlType,
    StoreError, Table, TextMatch,
};
use sqlx::{AssertSqlSafe, SqliteConnection};
use uuid::Uuid;

use super::cells::{Row, row};
use super::ddl::{collation, quoted};
use super::parameters::Parameters;
use super::table_error;
use crate::read::bigint;

/// The rows. Keys are looked up by the primary key; a query uses whatever indexes the table was given.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    table: &'static Table,
    select: RowSelection<'_>,
) -> Result<Vec<Row>, StoreError> {
    let mut parameters = Parameters::default();
    let rows = rows(table, select, &mut parameters)?;
    let sql = format!("{} {rows}", select_from(table));
    let found = sqlx::query_with(AssertSqlSafe(sql), parameters.into_arguments())
        .fetch_all(connection)
        .await
        .map_err(|e| table_error(&e, table))?;
    found.iter().map(|found| row(found, table)).collect()
}

/// How many rows match. As [`read`].
pub(crate) async fn count(
    connection: &mut SqliteConnection,
    table: &'static Table,
    query: &ResolvedQuery,
) -> Result<u64, StoreError> {
    let mut parameters = Parameters::default();
    let condition = condition(&query.condition, &mut parameters)?;
    let name = quoted(table.name);
    let sql = format!("SELECT count(*) FROM {name} AS target WHERE {condition}");
    let count: i64 = sqlx::query_scalar_with(AssertSqlSafe(sql), parameters.into_arguments())
        .fetch_one(connection)
        .await
        .map_err(|e| table_error(&e, table))?;
    Ok(count.cast_unsigned())
}

/// The keys as the key's column holds them, without those that it cannot hold.
pub(crate) fn key_cells(table: &Table, keys: &[String]) -> Vec<Cell> {
    let cell = |key: &String| match table.key_column().sql_type {
        SqlType::Integer => key.parse().ok().map(Cell::Integer),
        SqlType::Uuid => Uuid::parse_str(key).ok().map(Cell::Uuid),
        _ => Some(Cell::Text(key.clone())),
    };
    keys.iter().filter_map(cell).collect()
}

fn select_from(table: &Table) -> String {
    let columns = table.columns.iter().chain(Table::BOOKKEEPING).map(target);
    let columns = columns.collect::<Vec<_>>().join(", ");
    format!("SELECT {columns} FROM {} AS target", quoted(table.name))
}

fn rows(
    table: &Table,
    select: RowSelection<'_>,
    parameters: &mut Parameters,
) -> Result<String, StoreError> {
    let key = table.key_column();
    match select {
        RowSelection::All => Ok(format!("ORDER BY {}", target(key))),
        RowSelection::Keys(keys) => {
            let keys = parameters.list(key, key_cells(table, keys).iter())?;
            Ok(format!("WHERE {} IN ({keys})", target(key)))
        }
        RowSelection::Query(query) => {
            let condition = condition(&query.condition, parameters)?;
            let order = query.order.iter().map(order).collect::<Vec<_>>().join(", ");
            let sql = format!("WHERE {condition} ORDER BY {order}");
            if query.limit.is_none() && query.offset == 0 {
                return Ok(sql);
            }
            // SQLite has no offset without a limit.
            let limit = parameters.number(bigint(query.limit.unwrap_or(u64::MAX)))?;
            let offset = parameters.number(bigint(query.offset))?;
            Ok(format!("{sql} LIMIT {limit} OFFSET {offset}"))
        }
        _ => Err(StoreError::Other(Cause::new("an unknown selection of rows"))),
    }
}

/// An empty column is after all others where its order rises, and before them where it falls.
fn order((column, direction): &(&'static Column, Direction)) -> String {
    let way = if *direction == Direction::Rising { "ASC" } else { "DESC" };
    let nulls = match (column.nullable, direction) {
        (false, _) => "",
        (true, Direction::Rising) => " NULLS LAST",
        (true, Direction::Falling) => " NULLS FIRST",
    };
    format!("{} {way}{nulls}", compared(column))
}

/// True where the condition is. Where it is not, it may be NULL instead of false: only a NOT can tell, and that asks for truth.
fn condition(asked: &Condition, parameters: &mut Parameters) -> Result<String, StoreError> {
    Ok(match asked {
        Condition::Compare(column, comparison, cell) => {
            let sign = match comparison {
                Comparison::Equal => "=",
                Comparison::Less => "<",
                Comparison::AtMost => "<=",
                Comparison::Greater => ">",
                Comparison::AtLeast => ">=",
            };
            format!("{} {sign} {}", compared(column), parameters.cell(column, cell)?)
        }
        Condition::IsNull(column) => format!("{} IS NULL", target(column)),
        Condition::In(column, cells) => {
            format!("{} IN ({})", compared(column), parameters.list(column, cells.iter())?)
        }
        // LIKE and GLOB would read signs in the text, and LIKE takes small letters for great ones.
        Condition::Match(column, place, text) => {
            let characters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            let parameter = parameters.text(text.clone())?;
            match place {
                TextMatch::Start => {
                    let characters = parameters.number(characters)?;
                    format!("substr({}, 1, {characters}) = {parameter}", target(column))
                }
                TextMatch::Anywhere => format!("instr({}, {parameter}) > 0", target(column)),
            }
        }
        Condition::All(each) => joined(each, " AND ", "1", parameters)?,
        Condition::Any(each) => joined(each, " OR ", "0", parameters)?,
        Condition::Not(inner) => format!("({}) IS NOT TRUE", condition(inner, parameters)?),
        _ => return Err(StoreError::Other(Cause::new("an unknown condition on rows"))),
    })
}

fn joined(
    conditions: &[Condition],
    word: &str,
    none: &str,
    parameters: &mut Parameters,
) -> Result<String, StoreError> {
    if conditions.is_empty() {
        return Ok(none.to_owned());
    }
    let each = conditions.iter().map(|each| condition(each, parameters));
    let each = each.collect::<Result<Vec<_>, _>>()?;
    Ok(format!("({})", each.join(word)))
}

/// The column as it is compared and sorted, also in a table that somebody else has made.
fn compared(column: &Column) -> String {
    format!("{}{}", target(column), collation(column))
}

fn target(column: &Column) -> String {
    format!("target.{}", quoted(column.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_names_of_columns() {
        const COLUMNS: &[Column] =
            &[Column::of::<String>("id").named("key"), Column::of::<Option<i64>>("n")];
        let table = Table::new("sums", "key", COLUMNS);
        assert_eq!(
            select_from(&table),
            r#"SELECT target."key", target."n", target."es_created_at", target."es_updated_at", target."es_version", target."es_deleted_at" FROM "sums" AS target"#
        );
        let mut parameters = Parameters::default();
        assert_eq!(
            rows(&table, RowSelection::Keys(&["a".to_owned()]), &mut parameters).expect("known"),
            r#"WHERE target."key" IN (SELECT value FROM json_each(?1))"#
        );
    }

    #[test]
    fn not_asks_for_truth() {
        const N: &Column = &Column::of::<Option<i64>>("n");
        let small = Condition::Compare(N, Comparison::Less, 3.into());
        let all = [Condition::Not(Box::new(small)), Condition::Any(Vec::new())];
        let sql = condition(&Condition::All(all.to_vec()), &mut Parameters::default());
        assert_eq!(sql.expect("known"), r#"((target."n" < ?1) IS NOT TRUE AND 0)"#);
    }
}
