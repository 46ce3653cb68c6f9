//! Which version of a projection serves.

use es_core::{MemoryStore, Promotion, StoreError, SubscriptionStore as _};

use crate::bite::{Bite, bite};
use crate::broken::{busy, now};
use crate::fault::Fault::{self, Counted, DropTable, Promote};

type Promoted = Result<(), StoreError>;

pub(crate) fn promotion_shows_the_new_table() -> Vec<Bite> {
    vec![
        bite(
            "a version that is promoted is not seen",
            Promote(shows_nothing),
            "the new version is seen",
        ),
        bite(
            "a table that is shown can be dropped",
            DropTable(|_, _| Ok(())),
            "a table that is shown is not dropped",
        ),
        bite(
            "no table can be dropped",
            DropTable(|_, _| Err(busy())),
            "a table that nobody sees is dropped",
        ),
        bite(
            "a table that is not there is empty",
            Fault::Found(|_, found| {
                if matches!(found, Err(StoreError::MissingTable { .. })) {
                    *found = Ok(Vec::new());
                }
            }),
            "the table was dropped: Ok",
        ),
    ]
}

pub(crate) fn a_table_comes_back_with_its_version() -> Vec<Bite> {
    vec![
        bite(
            "an earlier version does not come back",
            Promote(
                |store, name, version, tables| {
                    if version == 1 { Ok(()) } else { now(store.promote(name, version, tables)) }
                },
            ),
            "the first version is seen",
        ),
        bite(
            "a table that is not there can be shown",
            Promote(|store, name, version, tables| {
                match now(store.promote(name, version, tables)) {
                    Err(StoreError::MissingTable { .. }) => Ok(()),
                    done => done,
                }
            }),
            "a table that is not there",
        ),
    ]
}

pub(crate) fn a_name_that_is_new_is_shown() -> Vec<Bite> {
    vec![bite(
        "a version that is promoted is not seen",
        Promote(shows_nothing),
        "rows cannot be read",
    )]
}

pub(crate) fn an_earlier_version_is_superseded() -> Vec<Bite> {
    vec![
        bite(
            "promotion changes tables only",
            Promote(|store, _, version, tables| now(store.promote("another", version, tables))),
            "an earlier version commits nothing: expected `CheckpointMoved`, got Ok",
        ),
        bite(
            "an earlier version gets no lease, and no word",
            Fault::Leased(|leased| {
                if matches!(leased, Err(StoreError::Superseded { .. })) {
                    *leased = Ok(es_core::Leases::default());
                }
            }),
            "version 1 is superseded, but",
        ),
        bite(
            "promotion does not go back",
            Promote(
                |store, name, version, tables| {
                    if version == 2 { Ok(()) } else { now(store.promote(name, version, tables)) }
                },
            ),
            "it may be run: Superseded",
        ),
    ]
}

pub(crate) fn a_view_gets_the_columns_that_were_added() -> Vec<Bite> {
    vec![bite(
        "columns are added to no view",
        Fault::Found(|_, found| {
            super::fields(found, |name, value| {
                if name == "note" {
                    *value = serde_json::Value::Null;
                }
            });
        }),
        "its readers see the column that was added",
    )]
}

pub(crate) fn a_promotion_is_made_whole_or_not_at_all() -> Vec<Bite> {
    vec![bite(
        "tables are shown one by one",
        Promote(|store, name, version, tables| {
            tables.iter().try_for_each(|table| now(store.promote(name, version, &[*table])))
        }),
        "each table is as it was",
    )]
}

pub(crate) fn a_count_is_what_pages_give() -> Vec<Bite> {
    vec![
        bite("events are counted twice", Counted(|events| events * 2), "LogQuery"),
        bite(
            "a count does not look at the tenant",
            Fault::LogQuery(|query| query.tenant = None),
            "tenant: Some",
        ),
    ]
}

fn shows_nothing(store: &MemoryStore, name: &str, version: u32, _: &[Promotion]) -> Promoted {
    now(store.promote(name, version, &[]))
}
