//! Tables of read models, and their rows.

use es_core::{
    FoundRow, MemoryStore, ProjectionStore as _, ReadModelBackend, RowChange, StoreError, Table,
};
use serde_json::{Value, json};

use super::{fields, keys_of};
use crate::bite::{Bite, bite};
use crate::broken::{at_once, now};
use crate::fault::Fault::{Ensure, Found, Keys, ReadsPastItself, Upsert};

pub(crate) fn making_a_table_twice_is_making_it_once() -> Vec<Bite> {
    vec![bite(
        "a table that is made again is made anew",
        Ensure(makes_anew),
        "making a table twice keeps its rows",
    )]
}

pub(crate) fn a_table_of_another_shape_is_refused() -> Vec<Bite> {
    vec![
        bite(
            "a table that is there is good enough",
            Ensure(is_content),
            "another type must be refused with `TableDiffers`",
        ),
        bite(
            "the difference is not told",
            Ensure(|store, table| {
                now(store.ensure_table(table)).map_err(|error| match error {
                    StoreError::TableDiffers { table, .. } => {
                        StoreError::TableDiffers { table, difference: String::new() }
                    }
                    other => other,
                })
            }),
            "the error names the difference",
        ),
        bite(
            "a table that differs is emptied",
            Ensure(|store, table| {
                let made = now(store.ensure_table(table));
                if made.is_err() {
                    at_once(store, |backend| drop(now(backend.truncate(table))));
                }
                made
            }),
            "a refused shape changes nothing",
        ),
    ]
}

pub(crate) fn a_missing_table_is_named() -> Vec<Bite> {
    vec![
        bite(
            "a missing table is empty",
            Found(|_, found| {
                if matches!(found, Err(StoreError::MissingTable { .. })) {
                    *found = Ok(Vec::new());
                }
            }),
            "reading all rows must fail with `MissingTable`",
        ),
        bite(
            "rows for a missing table are lost",
            crate::fault::Fault::Written(|done| *done = Ok(())),
            "writing must fail with `MissingTable`",
        ),
    ]
}

pub(crate) fn writing_a_row_replaces_it() -> Vec<Bite> {
    fn keeps_the_first(
        backend: &mut dyn ReadModelBackend,
        table: &'static Table,
        rows: &mut Vec<RowChange>,
    ) {
        rows.retain(|row| {
            let there = now(backend.fetch(table, &keys_of(table, std::slice::from_ref(row))));
            there.is_ok_and(|there| there.is_empty())
        });
    }
    vec![bite(
        "the row that is there stays",
        Upsert(keeps_the_first),
        "a later batch replaces rows",
    )]
}

pub(crate) fn a_batch_reads_its_own_rows() -> Vec<Bite> {
    vec![bite(
        "a batch reads what is committed only",
        ReadsPastItself,
        "a batch reads its own rows",
    )]
}

pub(crate) fn absent_keys_are_left_out() -> Vec<Bite> {
    vec![
        bite(
            "keys are trimmed",
            Keys(|keys| keys.iter_mut().for_each(|key| *key = key.trim().to_owned())),
            "read outside a batch",
        ),
        bite(
            "the case of keys does not count",
            Keys(|keys| keys.iter_mut().for_each(|key| *key = key.to_lowercase())),
            "read outside a batch",
        ),
        bite(
            "an empty key is none",
            Keys(|keys| keys.retain(|key| !key.is_empty())),
            "read outside a batch: [\"\"]",
        ),
    ]
}

pub(crate) fn rows_come_by_rising_key() -> Vec<Bite> {
    /// Sorts by what `order` makes of the key.
    fn sorted(found: &mut Result<Vec<FoundRow>, StoreError>, order: fn(&Value) -> String) {
        if let Ok(rows) = found {
            rows.sort_by_key(|row| {
                let row: Value = serde_json::from_str(&row.json).expect("a row is JSON");
                order(&row["id"])
            });
        }
    }
    vec![
        bite(
            "text is sorted without case",
            Found(|_, found| sorted(found, |id| id.to_string().to_lowercase())),
            "rows come by rising key (Text)",
        ),
        bite(
            "numbers are sorted as text",
            Found(|_, found| {
                sorted(found, |id| if id.is_number() { id.to_string() } else { String::new() });
            }),
            "rows come by rising key (Integer)",
        ),
        bite(
            "rows come as they were written",
            Found(|_, found| found.iter_mut().for_each(|rows| rows.reverse())),
            "rows come by rising key",
        ),
    ]
}

pub(crate) fn every_type_of_column_comes_back() -> Vec<Bite> {
    const SAYS: &str = "every type of column comes back";
    vec![
        bite(
            "numbers have 32 bits",
            Found(|_, found| {
                fields(found, |_, value| {
                    if let Some(n) = value.as_i64() {
                        *value = json!(n.clamp(i32::MIN.into(), i32::MAX.into()));
                    }
                });
            }),
            SAYS,
        ),
        bite(
            "decimals are numbers",
            Found(|_, found| {
                fields(found, |name, value| {
                    if name == "decimal"
                        && let Some(text) = value.as_str()
                    {
                        *value = json!(text.trim_end_matches('0'));
                    }
                });
            }),
            SAYS,
        ),
        bite(
            "times are cut to the millisecond",
            Found(|_, found| {
                fields(found, |name, value| {
                    if name == "timestamp"
                        && let Some(time) = value.as_str()
                    {
                        *value = json!(format!("{}Z", &time[..23]));
                    }
                });
            }),
            SAYS,
        ),
        bite(
            "empty text is none",
            Found(|_, found| {
                fields(found, |_, value| {
                    if value.as_str() == Some("") {
                        *value = Value::Null;
                    }
                });
            }),
            SAYS,
        ),
    ]
}

pub(crate) fn json_comes_back() -> Vec<Bite> {
    const SAYS: &str = "what serde writes comes back";
    vec![
        bite(
            "numbers in JSON are floating-point numbers",
            Found(|_, found| {
                fields(found, |name, value| {
                    if name == "json" && value.is_number() {
                        *value = json!(value.as_f64());
                    }
                });
            }),
            SAYS,
        ),
        bite(
            "JSON null is a null",
            Found(|_, found| {
                fields(found, |name, value| {
                    if name == "json" && value.is_null() {
                        *value = json!({});
                    }
                });
            }),
            SAYS,
        ),
    ]
}

pub(crate) fn many_rows_are_written_and_read_at_once() -> Vec<Bite> {
    vec![
        bite(
            "a batch writes 1,000 rows at most",
            Upsert(|_, _, rows| rows.truncate(1000)),
            "all rows are written",
        ),
        bite(
            "1,000 keys can be asked for at most",
            Keys(|keys| keys.truncate(1000)),
            "all rows are found by their keys",
        ),
    ]
}

/// As if it were not there.
pub(super) fn makes_anew(store: &MemoryStore, table: &'static Table) -> Result<(), StoreError> {
    let made = now(store.ensure_table(table));
    at_once(store, |backend| drop(now(backend.truncate(table))));
    made
}

/// A table of that name is good enough.
pub(super) fn is_content(store: &MemoryStore, table: &'static Table) -> Result<(), StoreError> {
    match now(store.ensure_table(table)) {
        Err(StoreError::TableDiffers { .. }) => Ok(()),
        made => made,
    }
}
