//! Imports.

use chrono::DateTime;
use es_core::{ExistingStreams, ImportError, Metadata, Position};

use crate::bite::{Bite, bite};
use crate::broken::busy;
use crate::fault::Fault::{
    self, ImportAnswer, Imported, ImportsOnly, ImportsPiecemeal, Options, Page,
};

const PIECEMEAL: &str = "each event is stored when it comes";

pub(crate) fn an_import_keeps_everything_in_the_order_it_comes() -> Vec<Bite> {
    vec![
        bite(
            "metadata is lost",
            Imported(|imported| imported.event.metadata = Metadata::new()),
            "an import keeps what it is given",
        ),
        bite(
            "it is not told where the last event is",
            ImportAnswer(|answer| told(answer, |it| it.position = Some(Position::START))),
            "an import says what it has stored",
        ),
        bite(
            "events are not counted",
            ImportAnswer(|answer| told(answer, |it| it.events = 0)),
            "an import says what it has stored",
        ),
        bite(
            "the log has the order of the streams",
            Fault::Streamed(|events| events.sort_by_key(|event| event.stream.id())),
            "the log has the order in which the events came",
        ),
    ]
}

pub(crate) fn an_import_keeps_when_an_event_was_recorded() -> Vec<Bite> {
    vec![
        bite(
            "every event is recorded anew",
            Imported(|imported| imported.recorded_at = None),
            "recorded at 2012-03-01",
        ),
        bite(
            "an event that is new was recorded long ago",
            Imported(|imported| {
                imported.recorded_at = imported.recorded_at.or(Some(DateTime::UNIX_EPOCH));
            }),
            "recorded now, not 1970-01-01",
        ),
    ]
}

pub(crate) fn an_import_of_nothing_is_nothing() -> Vec<Bite> {
    vec![bite(
        "an import of nothing has a position",
        ImportAnswer(|answer| told(answer, |it| it.position = Some(Position::START))),
        "an import of nothing is nothing",
    )]
}

pub(crate) fn an_import_refuses_a_stream_that_exists() -> Vec<Bite> {
    vec![
        bite(PIECEMEAL, ImportsPiecemeal, "what is refused is not stored in part"),
        bite("every stream is continued", CONTINUES, "the import must be refused"),
        bite(
            "every refusal is a failure of the store",
            FAILS,
            "must be refused with `StreamExists`",
        ),
    ]
}

pub(crate) fn an_import_continues_a_stream_when_asked() -> Vec<Bite> {
    vec![
        bite(
            "no stream is continued",
            Options(|options| options.existing(ExistingStreams::Refuse)),
            "it is asked to",
        ),
        bite("an import stores ten events", ImportsOnly(10), "events are counted"),
    ]
}

pub(crate) fn an_import_gives_the_versions_that_are_demanded() -> Vec<Bite> {
    vec![
        bite(
            "versions that are demanded are ignored",
            Imported(|imported| imported.version = None),
            "the import must be refused",
        ),
        bite(PIECEMEAL, ImportsPiecemeal, "what is refused is not stored in part"),
        bite("every refusal is a failure of the store", FAILS, "must be refused with `Conflict`"),
    ]
}

pub(crate) fn an_import_refuses_what_an_append_refuses() -> Vec<Bite> {
    let limits = es_core::Limits::default();
    vec![
        bite(PIECEMEAL, ImportsPiecemeal, "what is refused is not stored in part"),
        bite(
            "payloads may be one byte too long",
            Fault::Limits(limits.payload_bytes(limits.payload_bytes + 1)),
            "the import must be refused",
        ),
        bite(
            "payloads of the limit are refused",
            Fault::Limits(limits.payload_bytes(limits.payload_bytes - 1)),
            "was refused: Invalid",
        ),
        bite(
            "metadata is cut to what can be kept",
            Imported(|imported| imported.event.metadata = Metadata::new()),
            "the import must be refused",
        ),
        bite("every refusal is a failure of the store", FAILS, "must be refused with `Invalid`"),
    ]
}

pub(crate) fn an_event_id_is_imported_once() -> Vec<Bite> {
    vec![
        bite(
            "ids are made anew",
            Imported(|imported| imported.event.id = es_core::EventId::new()),
            "the import must be refused",
        ),
        bite(PIECEMEAL, ImportsPiecemeal, "what is refused is not stored in part"),
        bite(
            "every refusal is a failure of the store",
            FAILS,
            "must be refused with `DuplicateEvent`",
        ),
    ]
}

pub(crate) fn an_import_keeps_categories() -> Vec<Bite> {
    vec![
        bite(
            "an import does not look at the category",
            Imported(|imported| imported.stream = super::under(&imported.stream, "contract")),
            "the import must be refused",
        ),
        bite(PIECEMEAL, ImportsPiecemeal, "what is refused is not stored in part"),
        bite(
            "every refusal is a failure of the store",
            FAILS,
            "must be refused with `WrongCategory`",
        ),
    ]
}

pub(crate) fn an_import_whose_source_breaks_off_leaves_nothing() -> Vec<Bite> {
    vec![
        bite(PIECEMEAL, ImportsPiecemeal, "a broken source leaves nothing"),
        bite(
            "a source that breaks off is taken for its end",
            ImportsOnly(8),
            "a broken source must be passed on as `Source`",
        ),
        bite("every refusal is a failure of the store", FAILS, "must be passed on as `Source`"),
    ]
}

pub(crate) fn a_dropped_import_leaves_nothing() -> Vec<Bite> {
    vec![
        bite(PIECEMEAL, ImportsPiecemeal, "a dropped import leaves nothing"),
        bite(
            "a source that waits is taken for its end",
            ImportsOnly(3),
            "an import ends with its source",
        ),
    ]
}

pub(crate) fn progress_is_told_of_every_chunk() -> Vec<Bite> {
    vec![
        bite(
            "the size of chunks is ignored",
            Options(|options| options.chunk(1)),
            "the progress of 6 events",
        ),
        bite(
            "the progress of the last chunk is not told",
            ImportsPiecemeal,
            "the progress of 1 events",
        ),
    ]
}

pub(crate) fn of_imports_at_once_that_begin_a_stream_one_wins() -> Vec<Bite> {
    vec![
        bite("every stream is continued", CONTINUES, "one wins"),
        bite(PIECEMEAL, ImportsPiecemeal, "who loses stores nothing"),
    ]
}

pub(crate) fn a_reader_that_follows_an_import_misses_nothing() -> Vec<Bite> {
    vec![
        bite(
            "the newest event is passed before it is seen",
            Page(|_, _, limit, page| {
                if page.events.len() < limit {
                    page.events.pop();
                }
            }),
            "every event is seen once",
        ),
        bite(
            "the last event of a page comes again",
            Fault::LogQuery(|query| {
                query.after = Position::new(query.after.get().saturating_sub(1));
            }),
            "positions rise",
        ),
    ]
}

fn told(answer: &mut Result<es_core::Imported, ImportError>, change: fn(&mut es_core::Imported)) {
    answer.iter_mut().for_each(change);
}

/// Whatever is wrong, the store has failed.
const FAILS: Fault = ImportAnswer(|answer| {
    if answer.is_err() {
        *answer = Err(busy().into());
    }
});

const CONTINUES: Fault = Options(|options| options.existing(ExistingStreams::Continue));
