//! How rows of read models are read.

use chrono::{DateTime, Utc};
use es_core::{
    Cause, Column, Comparison, Condition, Direction, FoundRow, ResolvedQuery, RowInfo,
    RowSelection, SqlType, StoreError, Table, TextMatch,
};
use sqlx::{AssertSqlSafe, PgConnection};

use super::cells::Parameters;
use super::ddl::{list, quoted};
use super::table_error;

/// The rows, as JSON objects. No lock but ACCESS SHARE. Keys are looked up by the primary key; a query uses whatever
/// indexes the table was given.
pub(crate) async fn read(
    connection: &mut PgConnection,
    table: &'static Table,
    select: RowSelection<'_>,
) -> Result<Vec<FoundRow>, StoreError> {
    let mut parameters = Parameters::default();
    let rows = rows(table, select, &mut parameters)?;
    let sql = format!("{} {rows}", select_from(table));
    let found: Vec<Found> = sqlx::query_as_with(AssertSqlSafe(sql), parameters.into_arguments())
        .fetch_all(connection)
        .await
        .map_err(|e| table_error(&e, table))?;
    Ok(found.into_iter().map(found_row).collect())
}

/// How many rows match. As [`read`].
pub(crate) async fn count(
    connection: &mut PgConnection,
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

/// A row's JSON, and what is kept with it.
type Found = (String, DateTime<Utc>, DateTime<Utc>, i64, Option<DateTime<Utc>>);

fn found_row((json, created_at, updated_at, version, deleted_at): Found) -> FoundRow {
    let version = version.cast_unsigned();
    FoundRow::new(json, RowInfo::new(created_at, updated_at, version, deleted_at))
}

/// Exact numbers travel as text; everything else is in JSON what serde makes of it. A column is named like its field
/// in JSON, and only there: the field may have the name of another column.
fn select_from(table: &Table) -> String {
    let fields = list(table, |column| {
        let cast = if column.sql_type == SqlType::Decimal { "::text" } else { "" };
        format!("{}{cast} AS {}", target(column), quoted(column.field))
    });
    let own = Table::BOOKKEEPING.iter().map(target).collect::<Vec<_>>().join(", ");
    let name = quoted(table.name);
    format!(
        "SELECT row_to_json(fields)::text, {own} FROM {name} AS target, LATERAL (SELECT {fields}) AS fields"
    )
}

fn rows(
    table: &Table,
    select: RowSelection<'_>,
    parameters: &mut Parameters,
) -> Result<String, StoreError> {
    let key = target(table.key_column());
    match select {
        RowSelection::All => Ok(format!("ORDER BY {key}")),
        RowSelection::Keys(keys) => {
            let keys = parameters.texts(keys, table.key_column().sql_type)?;
            Ok(format!("WHERE {key} = ANY ({keys})"))
        }
        RowSelection::Query(query) => {
            let condition = condition(&query.condition, parameters)?;
            let order = query.order.iter().map(order).collect::<Vec<_>>().join(", ");
            let mut sql = format!("WHERE {condition} ORDER BY {order}");
            let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            for (word, n) in [("LIMIT", query.limit), ("OFFSET", Some(query.offset))] {
                if let Some(n) = n.filter(|n| word == "LIMIT" || *n > 0) {
                    sql += &[" ", word, " ", &parameters.number(number(n))?].concat();
                }
            }
            Ok(sql)
        }
        _ => Err(StoreError::Other(Cause::new("an unknown selection of rows"))),
    }
}

/// An empty column is after all others where its order rises, as PostgreSQL has it by itself.
fn order((column, direction): &(&'static Column, Direction)) -> String {
    let way = if *direction == Direction::Rising { "" } else { " DESC" };
    format!("{}{way}", target(column))
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
            format!("{} {sign} {}", target(column), parameters.cell(column, cell)?)
        }
        Condition::IsNull(column) => format!("{} IS NULL", target(column)),
        Condition::In(column, cells) => {
            format!("{} = ANY ({})", target(column), parameters.cells(column, cells.iter())?)
        }
        Condition::Match(column, place, text) => {
            let text = parameters.cell(column, &text.as_str().into())?;
            match place {
                TextMatch::Start => format!("starts_with({}, {text})", target(column)),
                TextMatch::Anywhere => format!("strpos({}, {text}) > 0", target(column)),
            }
        }
        Condition::All(each) => joined(each, " AND ", "true", parameters)?,
        Condition::Any(each) => joined(each, " OR ", "false", parameters)?,
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

fn target(column: &Column) -> String {
    format!("target.{}", quoted(column.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_names_of_fields_and_tables_those_of_columns() {
        const COLUMNS: &[Column] =
            &[Column::of::<String>("id").named("key"), Column::of::<Option<i64>>("n")];
        let table = Table::new("sums", "key", COLUMNS);
        assert_eq!(
            select_from(&table),
            r#"SELECT row_to_json(fields)::text, target."es_created_at", target."es_updated_at", target."es_version", target."es_deleted_at" FROM "sums" AS target, LATERAL (SELECT target."key" AS "id", target."n" AS "n") AS fields"#
        );
        let mut parameters = Parameters::default();
        assert_eq!(
            rows(&table, RowSelection::Keys(&["a".to_owned()]), &mut parameters).expect("known"),
            r#"WHERE target."key" = ANY ($1::text[]::text[])"#
        );
    }

    #[test]
    fn not_asks_for_truth() {
        const N: &Column = &Column::of::<Option<i64>>("n");
        let small = Condition::Compare(N, Comparison::Less, 3.into());
        let all = [Condition::Not(Box::new(small)), Condition::Any(Vec::new())];
        let sql = condition(&Condition::All(all.to_vec()), &mut Parameters::default());
        assert_eq!(
            sql.expect("known"),
            r#"((target."n" < ($1::bigint[])[1]) IS NOT TRUE AND false)"#
        );
    }
}
