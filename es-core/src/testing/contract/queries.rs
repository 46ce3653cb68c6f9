//! Questions to read models: the same answers on every store, inside a batch and outside.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::support::unique;
use super::tables::{made, time, write};
use super::units::{ITEMS, Item, Shop, Unit, batch};
use crate::cell::Cell;
use crate::column::{Column, SqlType, Table};
use crate::filter::Filter;
use crate::projection::ProjectionError;
use crate::projection_store::ProjectionStore;
use crate::read_model::{ReadModel, ReadModelQuery as _};
use crate::row_query::RowQuery;

/// Filters find the rows that match, and count them. A column that is empty is neither less nor greater than a value, and
/// differs from it.
pub async fn filters_find_the_rows_that_match<S: ProjectionStore>(store: &S) {
    let shop = Shop::open(store).await;
    let item = |name: &str, count, note: Option<&str>| Item {
        note: note.map(str::to_owned),
        ..shop.item(name, count)
    };
    let items = [
        item("a", -1, None),
        item("b", 0, Some("")),
        item("c", 2, Some("x")),
        item("d", 10, Some("x%_")),
        item("e", 10, Some("Xy")),
        item("f", i64::MAX, Some("größe")),
    ];
    batch(store, 0, async |cx| cx.rows().save_many(items).await).await;
    let note = |value: Option<&str>| Filter::eq("note", value);
    let cases = [
        (Filter::all(), "abcdef"),
        (Filter::eq("count", 10), "de"),
        (Filter::ne("count", 10), "abcf"),
        (Filter::lt("count", 2), "ab"),
        (Filter::le("count", 2_u8), "abc"),
        (Filter::gt("count", 10_i64), "f"),
        (Filter::ge("count", 10_u64), "def"),
        (Filter::eq("note", "x"), "c"),
        (note(Some("x")), "c"),
        (note(None), "a"),
        (Filter::is_null("note"), "a"),
        (!Filter::is_null("note"), "bcdef"),
        (Filter::ne("note", "x"), "abdef"),
        (Filter::ne("note", None::<&str>), "bcdef"),
        (Filter::lt("note", "x"), "bef"),
        (!Filter::lt("note", "x"), "acd"),
        (Filter::ge("note", "x"), "cd"),
        (Filter::in_list("count", [2, 10, 99]), "cde"),
        (!Filter::in_list("note", ["x", "Xy"]), "abdf"),
        (Filter::in_list("count", [] as [i64; 0]), ""),
        (Filter::starts_with("note", "x"), "cd"),
        (Filter::starts_with("note", ""), "bcdef"),
        (Filter::contains("note", "%"), "d"),
        (Filter::contains("note", "ö"), "f"),
        (!Filter::contains("note", "x"), "abef"),
        (Filter::gt("count", 0).and(Filter::lt("count", 11)).and(note(Some("x"))), "c"),
        (Filter::eq("count", 2).or(Filter::is_null("note")).or(Filter::eq("count", 0)), "abc"),
        (!Filter::eq("count", 10).or(Filter::lt("note", "x")), "ac"),
        (!(!Filter::lt("note", "x")), "bef"),
    ];
    for (filter, wanted) in cases {
        let wanted: Vec<_> = wanted.chars().map(String::from).collect();
        let filter = Filter::eq("shop", shop.0.as_str()).and(filter);
        let found = store.find::<Item>(filter.clone()).await.expect("readable");
        assert_eq!(shop.names(&found), wanted, "by {filter:?}");
        let count = store.count::<Item>(filter.clone()).await.expect("readable");
        assert_eq!(count, wanted.len() as u64, "counted by {filter:?}");
        let mut unit = Unit::begin(store, ITEMS).await;
        let inside = unit.handle(async |cx| {
            let mut rows = cx.rows::<Item>();
            Ok((rows.find(filter.clone()).await?, rows.count(filter.clone()).await?))
        });
        let (found, count) = inside.await.expect("readable");
        assert_eq!(
            (shop.names(&found), count),
            (wanted.clone(), wanted.len() as u64),
            "in a batch"
        );
    }
}

/// Every type of column but JSON can be compared, with a value of its type and with its text.
pub async fn every_type_of_column_is_compared<S: ProjectionStore>(store: &S) {
    made(store, Kinds::TABLE).await;
    let group = unique("kinds");
    let row = |n: u8, decimal: &str| {
        let (id, real) = (format!("{group}/{n}"), f64::from(n) / 10.0);
        let uuid = Uuid::from_u128(u128::from(n) << 100);
        json!(Kinds {
            id,
            group: group.clone(),
            real,
            decimal: decimal.to_owned(),
            boolean: n > 1,
            uuid,
            timestamp: time(n.into()),
            date: NaiveDate::from_ymd_opt(2024, 2, n.into()).unwrap_or_default(),
        })
    };
    write(store, Kinds::TABLE, &[row(1, "-2.50"), row(2, "9.0"), row(3, "10.00")]).await;
    let day = NaiveDate::from_ymd_opt(2024, 2, 2).unwrap_or_default();
    let cases: [(&str, Cell); 11] = [
        ("real", 0.2.into()),
        ("decimal", Cell::Decimal("9".to_owned())),
        ("decimal", 9.into()),
        ("decimal", "9.000".into()),
        ("uuid", Uuid::from_u128(2 << 100).into()),
        ("uuid", Uuid::from_u128(2 << 100).to_string().into()),
        ("timestamp", time(2).into()),
        ("timestamp", (time(2) + chrono::Duration::nanoseconds(1)).into()),
        ("timestamp", time(2).to_rfc3339().into()),
        ("date", day.into()),
        ("date", day.to_string().into()),
    ];
    for (column, value) in cases {
        for (filter, wanted) in [
            (Filter::eq(column, value.clone()), vec!["2"]),
            (Filter::lt(column, value.clone()), vec!["1"]),
            (Filter::ge(column, value.clone()), vec!["2", "3"]),
            (Filter::in_list(column, [value.clone()]), vec!["2"]),
        ] {
            assert_eq!(kinds(store, &group, filter.clone()).await, wanted, "by {filter:?}");
        }
    }
    let found = kinds(store, &group, Filter::eq("boolean", false)).await;
    assert_eq!(found, ["1"], "booleans are compared");
    let by_decimal = RowQuery::new(Filter::eq("group", group.as_str())).descending("decimal");
    let found = store.find::<Kinds>(by_decimal).await.expect("readable");
    let found: Vec<_> = found.iter().map(|row| row.decimal.as_str()).collect();
    assert_eq!(found, ["10.00", "9.0", "-2.50"], "decimals sort by value");
}

/// Rows come in the order that was asked for, and last by key: text by its bytes, an empty column after all others where the order
/// rises and before them where it falls. Limit and offset count in that order, and not for the count.
pub async fn rows_come_in_the_order_asked_for<S: ProjectionStore>(store: &S) {
    let shop = Shop::open(store).await;
    let item = |name: &str, count, note: Option<&str>| Item {
        note: note.map(str::to_owned),
        ..shop.item(name, count)
    };
    let items = [
        item("a", 2, None),
        item("b", 1, Some("b")),
        item("c", 2, Some("B")),
        item("d", 1, Some("ä")),
        item("e", 2, Some("b")),
    ];
    batch(store, 0, async |cx| cx.rows().save_many(items).await).await;
    let all = || RowQuery::new(Filter::eq("shop", shop.0.as_str()));
    let cases = [
        (all(), "abcde"),
        (all().descending("item"), "edcba"),
        (all().ascending("count"), "bdace"),
        (all().ascending("note"), "cbeda"),
        (all().descending("note"), "adbec"),
        (all().descending("count").ascending("note"), "ceabd"),
        (all().limit(2), "ab"),
        (all().limit(0), ""),
        (all().offset(3), "de"),
        (all().ascending("count").offset(1).limit(3), "dac"),
        (all().offset(9), ""),
        (all().limit(u64::MAX).offset(4), "e"),
    ];
    for (query, wanted) in cases {
        let wanted: Vec<_> = wanted.chars().map(String::from).collect();
        let found = store.find::<Item>(query.clone()).await.expect("readable");
        assert_eq!(shop.names(&found), wanted, "by {query:?}");
        let mut unit = Unit::begin(store, ITEMS).await;
        let inside = unit.handle(async |cx| cx.rows::<Item>().find(query.clone()).await).await;
        assert_eq!(shop.names(&inside.expect("readable")), wanted, "in a batch by {query:?}");
        let count = store.count::<Item>(query.clone()).await.expect("readable");
        assert_eq!(count, 5, "counted without limit and offset");
    }
}

/// A query inside a batch finds what the batch has changed and not yet written; others do not see it before the commit.
pub async fn a_query_finds_what_its_batch_has_changed<S: ProjectionStore>(store: &S) {
    let shop = Shop::open(store).await;
    batch(store, 0, async |cx| {
        cx.rows().save_many([shop.item("a", 1), shop.item("b", 1), shop.item("c", 1)]).await
    })
    .await;
    let ones = || Filter::eq("shop", shop.0.as_str()).and(Filter::eq("count", 1));
    let mut unit = Unit::begin(store, ITEMS).await;
    let handled = unit.at(1).handle(async |cx| {
        let mut rows = cx.rows::<Item>();
        rows.update(&shop.id("a"), |item| item.count = 2).await?;
        rows.delete(&shop.id("b")).await?;
        rows.save_many([shop.item("d", 1), shop.item("e", 1)]).await?;
        assert_eq!(shop.names(&rows.find(ones()).await?), ["c", "d", "e"], "its own changes");
        rows.soft_delete(&shop.id("c")).await?;
        rows.save(shop.item("b", 1)).await?;
        rows.update(&shop.id("e"), |item| item.count = 2).await?;
        assert_eq!(rows.count(ones()).await?, 2, "and those after a query");
        assert_eq!(shop.names(&rows.find(ones()).await?), ["b", "d"]);
        assert_eq!(rows.get(&shop.id("e")).await?, Some(shop.item("e", 2)));
        Ok(())
    });
    handled.await.expect("the rows fit");
    let outside = store.find::<Item>(ones()).await.expect("readable");
    assert_eq!(shop.names(&outside), ["a", "b", "c"], "others do not see it before the commit");
    unit.commit().await.expect("the rows fit");
    let outside = store.find::<Item>(ones()).await.expect("readable");
    assert_eq!(shop.names(&outside), ["b", "d"], "and do after it");
    let versions = store.find_stored::<Item>(RowQuery::new(Filter::eq("shop", shop.0.as_str())));
    let versions = versions.await.expect("readable");
    let versions: Vec<_> = versions.iter().map(|stored| stored.info.version).collect();
    assert_eq!(versions, [2, 1, 1, 2], "changes are counted across what was written between");
}

/// The columns that every row has besides its own can be asked for too.
pub async fn times_and_versions_can_be_asked_for<S: ProjectionStore>(store: &S) {
    let shop = Shop::open(store).await;
    for (seconds, name) in [(0, "a"), (5, "b"), (10, "c"), (20, "a")] {
        batch(store, seconds, async |cx| cx.rows().save(shop.item(name, 1)).await).await;
    }
    let own = |filter| Filter::eq("shop", shop.0.as_str()).and(filter);
    for (filter, wanted) in [
        (Filter::ge("es_updated_at", time(10)), vec!["a", "c"]),
        (Filter::lt("es_created_at", time(10)), vec!["a", "b"]),
        (Filter::eq("es_version", 2), vec!["a"]),
    ] {
        let found = store.find::<Item>(own(filter)).await.expect("readable");
        assert_eq!(shop.names(&found), wanted, "a row is found by its times and version");
    }
    let latest = RowQuery::new(own(Filter::all())).descending("es_updated_at").limit(2);
    let found = store.find::<Item>(latest).await.expect("readable");
    assert_eq!(shop.names(&found), ["a", "c"], "they have an order");
}

/// A query that names a column which the table does not have, or compares one with what it cannot hold, is refused by
/// the column's name. Whatever a value says, it is only compared.
pub async fn a_query_that_does_not_fit_is_refused<S: ProjectionStore>(store: &S) {
    let shop = Shop::open(store).await;
    batch(store, 0, async |cx| cx.rows().save(shop.item("a", 1)).await).await;
    let refused: [(RowQuery, &str); 12] = [
        (Filter::eq("price", 1).into(), "price"),
        (Filter::eq("id", "a").into(), "id"),
        (Filter::eq("count\" = 1 OR \"count", 1).into(), "count\" = 1 OR \"count"),
        (Filter::eq("count", "one").into(), "count"),
        (Filter::eq("count", u64::MAX).into(), "count"),
        (Filter::eq("note", 1).into(), "note"),
        (Filter::eq("note", "a\0b").into(), "note"),
        (Filter::lt("note", None::<&str>).into(), "note"),
        (Filter::in_list("note", [Some("x"), None]).into(), "note"),
        (Filter::starts_with("count", "1").into(), "count"),
        ((!Filter::all().or(Filter::is_null("nil"))).into(), "nil"),
        (RowQuery::all().ascending("price"), "price"),
    ];
    for (query, wanted) in refused {
        let mut unit = Unit::begin(store, ITEMS).await;
        let inside = unit.handle(async |cx| cx.rows::<Item>().find(query.clone()).await).await;
        let counted = unit.handle(async |cx| cx.rows::<Item>().count(query.clone()).await).await;
        let outside = store.find::<Item>(query.clone()).await;
        let others = [counted.map(drop), store.count::<Item>(query.clone()).await.map(drop)];
        for answer in [inside.map(drop), outside.map(drop)].into_iter().chain(others) {
            match answer {
                Err(ProjectionError::Query { table, column, .. }) => {
                    let named = (table, column.as_str());
                    assert_eq!(named, (Item::TABLE.name, wanted), "the error names the column");
                }
                answer => panic!("{query:?} must be refused with `Query`, not {answer:?}"),
            }
        }
        assert_eq!(unit.calls, [] as [&str; 0], "the store is not asked");
    }
    let sly = Filter::eq("note", "' OR TRUE --").or(Filter::contains("item", "'\"; DROP TABLE x"));
    let found = store.find::<Item>(Filter::eq("shop", shop.0.as_str()).and(sly)).await;
    assert_eq!(found.expect("readable"), [], "a value is only compared");
}

async fn kinds<S: ProjectionStore>(store: &S, group: &str, filter: Filter) -> Vec<String> {
    let found = store.find::<Kinds>(Filter::eq("group", group).and(filter)).await;
    let found = found.unwrap_or_else(|error| panic!("rows cannot be found: {error:?}"));
    found.iter().map(|row| row.id[group.len() + 1..].to_owned()).collect()
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kinds {
    id: String,
    group: String,
    real: f64,
    decimal: String,
    boolean: bool,
    uuid: Uuid,
    timestamp: DateTime<Utc>,
    date: NaiveDate,
}

impl ReadModel for Kinds {
    type Key = String;
    const TABLE: &'static Table = &Table::new(
        "contract_kinds",
        "id",
        &[
            Column::of::<String>("id"),
            Column::of::<String>("group"),
            Column::of::<f64>("real"),
            Column { sql_type: SqlType::Decimal, ..Column::of::<String>("decimal") },
            Column::of::<bool>("boolean"),
            Column::of::<Uuid>("uuid"),
            Column::of::<DateTime<Utc>>("timestamp"),
            Column::of::<NaiveDate>("date"),
        ],
    );
    fn key(&self) -> String {
        self.id.clone()
    }
}
