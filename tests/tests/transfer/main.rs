//! A store is copied into another one: every promise between every two kinds of stores.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

mod lost;
mod memory;
mod odd;
mod postgres;
mod refused;
mod resumed;
mod support;
mod whole;

use std::future::{Ready, ready};

use es_core::MemoryStore;
use es_postgres::PgStore;
use es_tests::TestDatabase;

fn memory() -> Ready<(MemoryStore, ())> {
    ready((MemoryStore::new(), ()))
}

async fn postgres() -> (PgStore, TestDatabase) {
    let database = TestDatabase::create().await;
    (database.store().await, database)
}

macro_rules! tests {
    (($from:path, $to:path) $($module:ident::$promise:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $promise() {
            let (from, _from) = $from().await;
            let (to, _to) = $to().await;
            crate::$module::$promise(from, to).await;
        }
    )*};
}

/// A module of tests for each pair: what is copied from, and into.
macro_rules! pairs {
    ($($pair:ident: $from:path, $to:path;)*) => {$(
        mod $pair {
            tests! { ($from, $to)
                whole::everything_arrives_as_it_was
                whole::streams_go_on_in_the_target
                whole::an_empty_source_is_nothing
                whole::progress_is_told_chunk_by_chunk
                whole::no_more_than_a_chunk_is_read_ahead
                whole::what_is_appended_meanwhile_comes_with_the_next_call
                resumed::a_transfer_goes_on_where_its_source_broke_off
                resumed::a_dropped_transfer_is_taken_up_again
                resumed::a_complete_transfer_copies_nothing
                resumed::transfers_at_once_copy_each_event_once
                lost::a_chunk_whose_answer_is_lost_is_stored_once
                lost::a_target_that_settles_step_by_step_is_waited_for
                lost::a_copy_that_is_not_the_same_is_noticed
                lost::a_copy_that_is_missing_is_noticed
                lost::who_writes_to_the_target_meanwhile_is_noticed
                lost::who_writes_behind_the_copy_is_noticed
                refused::a_foreign_event_at_the_beginning_is_refused
                refused::a_foreign_event_in_the_middle_is_refused
                refused::a_target_that_is_longer_is_refused
                refused::an_empty_source_fills_no_target
                refused::every_field_that_differs_is_named
                refused::a_source_that_is_behind_is_not_called_different
            }
        }
    )*};
}

pairs! {
    memory_to_memory: crate::memory, crate::memory;
    memory_to_postgres: crate::memory, crate::postgres;
    postgres_to_memory: crate::postgres, crate::memory;
}
