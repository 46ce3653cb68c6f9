//! Values that not every store could keep: refused by all, before anything is written.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::support::unique;
use super::tables::{made, rows};
use super::units::Unit;
use crate::column::{Column, Table};
use crate::projection::ProjectionError;
use crate::projection_store::ProjectionStore;
use crate::read_model::ReadModel;

/// A row with a value that not every store could keep is refused with an error that names its table, and nothing of its
/// batch is written. Values at the limit come back.
pub async fn a_value_that_cannot_be_kept_is_refused<S: ProjectionStore>(store: &S) {
    made(store, Values::TABLE).await;
    let id = unique("value");
    let good = Values { id: id.clone(), ..Values::default() };
    let with = |change: fn(&mut Values)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed
    };
    for (what, bad) in [
        ("a number above 2^63 - 1", with(|row| row.n = Some(1 << 63))),
        ("NaN", with(|row| row.real = f64::NAN)),
        ("infinity", with(|row| row.real = f64::NEG_INFINITY)),
        ("NaN where nothing may be", with(|row| row.maybe = Some(f64::NAN))),
        ("NUL in text", with(|row| row.text.push_str("a\0b"))),
        ("NUL in the key", with(|row| row.id.push('\0'))),
        ("NUL in JSON", with(|row| row.json = Value::from("\0"))),
        ("a year above 9999", with(|row| row.time = Some(DateTime::<Utc>::MAX_UTC))),
        ("the year 0", with(|row| row.day = NaiveDate::from_ymd_opt(0, 12, 31))),
        ("a year before 0", with(|row| row.day = Some(NaiveDate::MIN))),
    ] {
        match save(store, &good, &bad).await {
            Err(ProjectionError::Row { table, .. }) => assert_eq!(table, Values::TABLE.name),
            answer => panic!("{what} must be refused with `Row`, not {answer:?}"),
        }
        assert_eq!(of(store, &id).await, [] as [Value; 0], "a batch with {what} leaves no rows");
    }
    let last = Values {
        n: Some(i64::MAX.cast_unsigned()),
        real: f64::MAX,
        maybe: Some(f64::MIN_POSITIVE),
        text: "\u{1}".to_owned(),
        json: Value::from(u64::MAX),
        time: "9999-12-31T23:59:59.999999Z".parse().ok(),
        day: NaiveDate::from_ymd_opt(1, 1, 1),
        id: id.clone(),
    };
    save(store, &last, &last).await.expect("values at the limit can be kept");
    let found = of(store, &id).await.pop().expect("the row is there");
    let found: Values = serde_json::from_value(found).expect("a row is what was written");
    assert_eq!(found, last, "values at the limit come back");
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Values {
    id: String,
    n: Option<u64>,
    real: f64,
    maybe: Option<f64>,
    text: String,
    json: Value,
    time: Option<DateTime<Utc>>,
    day: Option<NaiveDate>,
}

impl ReadModel for Values {
    type Key = String;
    const TABLE: &'static Table = &Table::new(
        "contract_values",
        "id",
        &[
            Column::of::<String>("id"),
            Column::of::<Option<u64>>("n"),
            Column::of::<f64>("real"),
            Column::of::<Option<f64>>("maybe"),
            Column::of::<String>("text"),
            Column::json("json", false),
            Column::of::<Option<DateTime<Utc>>>("time"),
            Column::of::<Option<NaiveDate>>("day"),
        ],
    );
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// Saves both in a batch of their own, as a handler does.
async fn save<S: ProjectionStore>(
    store: &S,
    one: &Values,
    other: &Values,
) -> Result<(), ProjectionError> {
    let mut unit = Unit::begin(store, &[Values::TABLE]).await;
    let saved = unit.handle(async |cx| cx.rows().save_many([one.clone(), other.clone()]).await);
    saved.await?;
    unit.commit().await.map(drop)
}

async fn of<S: ProjectionStore>(store: &S, id: &str) -> Vec<Value> {
    let all = rows(store, Values::TABLE).await;
    all.into_iter().filter(|row| row["id"].as_str().is_some_and(|it| it.starts_with(id))).collect()
}
