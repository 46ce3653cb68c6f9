//! All promises, by the trait that makes them. Each list gives them to a macro of this crate, so that what is made of one
//! (its export, its test) is made of all.

/// The promises of [`EventStore`](crate::EventStore). One that is missing here is not exported, so the compiler tells.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_store_promises {
    ($do:ident!($($with:tt)*)) => {
        $crate::$do! { ($($with)*)
            appends::versions_count_from_one_without_holes
            appends::positions_rise_with_versions
            appends::positions_rise_from_answer_to_answer
            appends::an_append_answers_where_its_last_event_is
            appends::an_answered_append_is_visible_at_once
            appends::any_is_accepted_by_every_stream
            appends::no_stream_is_accepted_only_by_a_missing_stream
            appends::stream_exists_is_accepted_only_by_an_existing_stream
            appends::exact_is_accepted_only_at_that_version
            appends::a_conflict_writes_nothing
            appends::a_stream_keeps_its_category
            appends::an_event_id_is_taken_once
            calls::outcomes_come_one_per_entry_in_order
            calls::entries_of_one_call_are_independent
            calls::positions_follow_the_order_of_the_entries
            calls::a_stream_twice_in_one_call_is_refused_the_second_time
            calls::an_event_id_twice_in_one_call_is_refused_where_it_repeats
            calls::calls_follow_each_other
            refusals::an_empty_append_is_refused
            refusals::a_payload_over_the_limit_is_refused
            refusals::too_many_events_are_refused
            refusals::metadata_that_cannot_be_kept_is_refused
            refusals::times_out_of_range_are_refused
            fidelity::payloads_come_back_byte_for_byte
            fidelity::metadata_comes_back_as_written
            fidelity::names_come_back_verbatim
            fidelity::times_come_back_cut_to_the_microsecond
            fidelity::identities_and_schema_versions_come_back
            fidelity::recorded_at_is_the_time_of_storing
            fidelity::the_log_gives_what_the_stream_gives
            streams::a_missing_stream_is_empty
            streams::a_stream_is_read_after_and_up_to
            streams::a_long_stream_comes_whole
            streams::a_read_may_stop_early
            streams::streams_do_not_mix
            snapshots::without_a_snapshot_all_events_come
            snapshots::a_snapshot_comes_back_with_the_events_after_it
            snapshots::the_newest_snapshot_wins
            snapshots::shapes_have_snapshots_of_their_own
            snapshots::a_snapshot_beyond_the_version_asked_for_is_not_used
            snapshots::a_snapshot_of_what_is_not_stored_is_not_kept
            snapshots::a_snapshot_keeps_the_category_of_its_stream
            snapshots::a_refused_append_leaves_a_snapshot_as_it_was
            snapshots::of_many_savers_the_newest_wins
            log::pages_of_every_size_give_each_event_once_in_order
            log::the_log_is_read_after_any_position
            log::a_filter_gives_exactly_the_named_events
            log::a_page_that_is_not_full_skips_ahead
            log::no_names_match_no_events
            filters::filters_by_category_tenant_and_part
            filters::parts_cover_every_stream_once
            log::the_streamed_log_is_what_its_pages_are
            log::the_streamed_log_ends_where_it_was_settled_at_first
            log::a_long_log_comes_whole
            log::locate_finds_what_is_stored
            log::settled_is_the_head_when_nothing_is_in_flight
            races::one_of_many_creators_wins
            races::one_of_many_writers_at_a_version_wins
            races::appends_without_a_belief_all_succeed
            races::callers_at_once_see_their_own_appends
            races::an_event_id_in_many_appends_at_once_is_stored_once
            races::calls_for_the_same_streams_at_once_all_succeed
            races::a_race_leaves_a_stream_in_one_category
            races::a_reader_that_follows_writers_misses_nothing
            races::a_dropped_append_is_stored_whole_or_not_at_all
        }
    };
}

/// The promises of [`ProjectionStore`](crate::ProjectionStore).
#[doc(hidden)]
#[macro_export]
macro_rules! __projection_store_promises {
    ($do:ident!($($with:tt)*)) => {
        $crate::$do! { ($($with)*)
            tables::making_a_table_twice_is_making_it_once
            tables::a_table_of_another_shape_is_refused
            tables::a_missing_table_is_named
            tables::writing_a_row_replaces_it
            tables::a_batch_reads_its_own_rows
            tables::many_rows_are_written_and_read_at_once
            tables::absent_keys_are_left_out
            tables::rows_come_by_rising_key
            tables::every_type_of_column_comes_back
            tables::json_comes_back
            changes::a_renamed_field_keeps_its_column
            changes::a_column_that_may_be_empty_is_added
            changes::a_column_that_must_be_filled_in_is_added_without_rows_only
            changes::an_older_program_runs_beside_a_newer_one
            changes::a_batch_reads_the_columns_that_its_writer_does_not_know
            changes::a_column_that_nobody_fills_in_is_refused
            changes::a_row_without_a_column_that_must_be_filled_in_is_refused
            changes::many_may_change_a_table_at_once
            changes::a_missing_column_is_named
            rows::a_row_that_cannot_be_read_is_not_absent
            rows::fetching_keeps_what_was_saved
            rows::a_row_is_asked_for_once
            rows::a_batch_writes_a_table_at_once
            rows::each_version_has_a_table_of_its_own
            rows::an_undeclared_read_model_is_refused
            operations::a_row_is_kept_with_its_times_and_version
            operations::a_deleted_row_is_gone
            operations::a_soft_deleted_row_is_hidden_until_it_is_restored
            operations::saving_shows_a_soft_deleted_row
            operations::an_update_does_not_change_the_key
            operations::emptying_a_table_removes_all_rows
            queries::filters_find_the_rows_that_match
            queries::every_type_of_column_is_compared
            queries::rows_come_in_the_order_asked_for
            queries::a_query_finds_what_its_batch_has_changed
            queries::times_and_versions_can_be_asked_for
            queries::a_query_that_does_not_fit_is_refused
            values::a_value_that_cannot_be_kept_is_refused
            batches::a_new_projection_starts_at_the_beginning
            batches::a_checkpoint_comes_back
            batches::each_version_of_a_projection_has_its_own_checkpoint
            batches::rows_and_checkpoint_appear_together
            batches::a_dropped_batch_leaves_nothing
            batches::a_batch_with_a_bad_row_leaves_nothing
            batches::of_two_batches_from_one_checkpoint_one_commits
            batches::batches_of_different_projections_are_independent
            batches::a_checkpoint_of_this_log_fits
            batches::a_checkpoint_beyond_the_log_does_not_fit
            batches::a_checkpoint_of_an_unknown_event_does_not_fit
        }
    };
}

/// The promises of [`SubscriptionStore`](crate::SubscriptionStore).
#[doc(hidden)]
#[macro_export]
macro_rules! __subscription_store_promises {
    ($do:ident!($($with:tt)*)) => {
        $crate::$do! { ($($with)*)
            leases::a_lease_is_given_to_one_owner_at_a_time
            leases::a_lease_that_ran_out_is_taken_over_with_a_higher_epoch
            leases::a_lease_that_nobody_took_over_is_extended
            leases::an_earlier_owner_commits_nothing
            leases::a_lease_given_back_is_free_at_once_and_clean
            leases::a_commit_extends_the_lease
            leases::shares_are_fair
            leases::a_silent_worker_has_no_share
            leases::parts_stand_for_themselves
            leases::another_number_of_parts_is_refused_once_begun
            attempts::attempts_are_counted_before_they_are_made
            attempts::attempts_at_another_event_begin_anew
            attempts::a_commit_forgets_attempts
            attempts::attempts_can_be_looked_up
            attempts::an_earlier_owner_counts_no_attempts
            resets::a_reset_fences_every_owner
            resets::a_reset_sets_everything_back
            resets::a_dropped_reset_changes_nothing
            resets::a_part_has_begun_when_it_was_put_somewhere
            letters::letters_keep_order_and_state
            letters::letters_appear_with_their_batch
            letters::a_letter_is_there_once
            letters::a_discarded_letter_keeps_its_reason
            letters::a_letter_is_taken_out_once
            letters::a_retry_is_asked_for_and_noted
            promotions::promotion_shows_the_new_table
            promotions::a_table_comes_back_with_its_version
            promotions::a_name_that_is_new_is_shown
            promotions::a_view_gets_the_columns_that_were_added
            promotions::a_promotion_is_made_whole_or_not_at_all
            promotions::an_earlier_version_is_superseded
            promotions::a_count_is_what_pages_give
            wakes::an_append_wakes_who_follows
            wakes::a_retry_wakes_who_follows
        }
    };
}

/// The promises of [`InlineStore`](crate::InlineStore).
#[doc(hidden)]
#[macro_export]
macro_rules! __inline_store_promises {
    ($do:ident!($($with:tt)*)) => {
        $crate::$do! { ($($with)*)
            inline::events_and_inline_rows_appear_together
            inline::inline_handlers_see_events_as_they_are_stored
            inline::what_an_inline_handler_refuses_is_not_stored
            inline::a_refused_append_leaves_no_inline_rows
            inline::inline_appends_at_once_lose_no_update
            inline::inline_appends_run_beside_others
            inline::a_dropped_inline_append_is_stored_whole_or_not_at_all
        }
    };
}

/// The promises of [`BulkStore`](crate::BulkStore).
#[doc(hidden)]
#[macro_export]
macro_rules! __bulk_store_promises {
    ($do:ident!($($with:tt)*)) => {
        $crate::$do! { ($($with)*)
            imports::an_import_keeps_everything_in_the_order_it_comes
            imports::an_import_keeps_when_an_event_was_recorded
            imports::an_import_of_nothing_is_nothing
            imports::an_import_refuses_a_stream_that_exists
            imports::an_import_continues_a_stream_when_asked
            imports::an_import_gives_the_versions_that_are_demanded
            imports::an_import_refuses_what_an_append_refuses
            imports::an_event_id_is_imported_once
            imports::an_import_keeps_categories
            imports::an_import_whose_source_breaks_off_leaves_nothing
            imports::a_dropped_import_leaves_nothing
            imports::progress_is_told_of_every_chunk
            imports::of_imports_at_once_that_begin_a_stream_one_wins
            imports::a_reader_that_follows_an_import_misses_nothing
            chunks::an_import_has_no_limit
            chunks::nobody_sees_a_part_of_an_import
        }
    };
}
