//! Questions to read models.

use es_core::{Cell, Comparison, Condition, FoundRow, RowSelection};
use serde_json::Value;

use crate::bite::{Bite, bite};
use crate::fault::Fault::{self, Asked, Counted, Found, ReadsPastItself, WritesThrough};

pub(crate) fn filters_find_the_rows_that_match() -> Vec<Bite> {
    vec![
        bite(
            "conditions are ignored but for the first",
            Asked(|query| {
                if let Condition::All(all) = &mut query.condition {
                    all.truncate(1);
                }
            }),
            "by ",
        ),
        bite("less is taken for at most", LESS_IS_AT_MOST, "by "),
        bite(
            "nothing matches no condition, nor its opposite",
            Found(|asked, found| {
                let RowSelection::Query(query) = asked else { return };
                if format!("{:?}", query.condition).contains("Not(")
                    && let Ok(rows) = found
                {
                    rows.retain(|row| !parsed(row)["note"].is_null());
                }
            }),
            "by ",
        ),
        bite(
            "text is matched as a pattern",
            Asked(|query| {
                matched(&mut query.condition, |text| {
                    if text == "%" {
                        text.clear();
                    }
                });
            }),
            "by ",
        ),
        bite("rows are counted from 0", Counted(|rows| rows.saturating_sub(1)), "counted by "),
    ]
}

pub(crate) fn every_type_of_column_is_compared() -> Vec<Bite> {
    vec![
        bite(
            "decimals are sorted as text",
            Found(|_, found| {
                for rows in found.iter_mut().filter(|rows| rows.len() == 3) {
                    rows.sort_by_key(|row| parsed(row)["decimal"].to_string());
                    rows.reverse();
                }
            }),
            "decimals sort by value",
        ),
        bite("less is taken for at most", LESS_IS_AT_MOST, "by "),
        bite(
            "times are compared by the second",
            Asked(|query| {
                compare(&mut query.condition, |_, value| {
                    if let Cell::Timestamp(time) = value {
                        *time = chrono::SubsecRound::trunc_subsecs(*time, 0);
                    }
                });
            }),
            "by ",
        ),
        bite(
            "every boolean is true",
            Asked(|query| {
                compare(&mut query.condition, |_, value| {
                    if let Cell::Boolean(is) = value {
                        *is = true;
                    }
                });
            }),
            "booleans are compared",
        ),
    ]
}

pub(crate) fn rows_come_in_the_order_asked_for() -> Vec<Bite> {
    vec![
        bite(
            "rows come by key only",
            Asked(|query| drop(query.order.drain(..query.order.len() - 1))),
            "by RowQuery",
        ),
        bite("the limit is ignored", Asked(|query| query.limit = None), "by RowQuery"),
        bite("the offset is ignored", Asked(|query| query.offset = 0), "by RowQuery"),
        bite(
            "empty columns come first",
            Found(|asked, found| {
                let RowSelection::Query(query) = asked else { return };
                if query.order[0].0.name == "note"
                    && let Ok(rows) = found
                {
                    rows.sort_by_key(|row| !parsed(row)["note"].is_null());
                }
            }),
            "by RowQuery",
        ),
        bite("what is counted is limited", Counted(|rows| rows.min(2)), "counted without limit"),
    ]
}

pub(crate) fn a_query_finds_what_its_batch_has_changed() -> Vec<Bite> {
    vec![
        bite("a batch asks for what is committed only", ReadsPastItself, "its own changes"),
        bite(
            "what a batch writes is there at once",
            WritesThrough,
            "others do not see it before the commit",
        ),
    ]
}

pub(crate) fn times_and_versions_can_be_asked_for() -> Vec<Bite> {
    vec![
        bite(
            "rows come by key only",
            Asked(|query| drop(query.order.drain(..query.order.len() - 1))),
            "they have an order",
        ),
        bite(
            "versions and times match whatever is asked",
            Asked(|query| {
                let Condition::All(all) = &mut query.condition else { return };
                let Some(Condition::All(own)) = all.last_mut() else { return };
                own.retain(|own| !format!("{own:?}").contains("es_"));
            }),
            "a row is found by its times and version",
        ),
    ]
}

pub(crate) fn a_query_that_does_not_fit_is_refused() -> Vec<Bite> {
    vec![bite(
        "values are taken for conditions",
        Asked(|query| query.condition = Condition::All(Vec::new())),
        "a value is only compared",
    )]
}

const LESS_IS_AT_MOST: Fault = Asked(|query| {
    compare(&mut query.condition, |comparison, _| {
        if *comparison == Comparison::Less {
            *comparison = Comparison::AtMost;
        }
    });
});

fn parsed(row: &FoundRow) -> Value {
    serde_json::from_str(&row.json).expect("a row is JSON")
}

/// Changes every comparison in a condition.
fn compare(condition: &mut Condition, change: fn(&mut Comparison, &mut Cell)) {
    match condition {
        Condition::Compare(_, comparison, value) => change(comparison, value),
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                compare(part, change);
            }
        }
        Condition::Not(part) => compare(part, change),
        _ => {}
    }
}

/// Changes every text that is looked for in a column's.
fn matched(condition: &mut Condition, change: fn(&mut String)) {
    match condition {
        Condition::Match(_, _, text) => change(text),
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                matched(part, change);
            }
        }
        Condition::Not(part) => matched(part, change),
        _ => {}
    }
}
