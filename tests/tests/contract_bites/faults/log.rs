//! Reading the log.

use es_core::{EventStore as _, EventStream, LogPage, LogQuery, MemoryStore, Position, Version};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::matching;
use crate::bite::{Bite, bite};
use crate::broken::now;
use crate::fault::Fault::{self, Located, Page, Settled, StreamLog, Streamed};

pub(crate) fn pages_of_every_size_give_each_event_once_in_order() -> Vec<Bite> {
    vec![
        bite(
            "a full page lacks its last event",
            Page(|_, _, limit, page| {
                if page.events.len() == limit {
                    page.events.pop();
                }
            }),
            "pages of 1 give each event once, in order",
        ),
        bite(
            "a page begins with the last event of the one before",
            Fault::LogQuery(before),
            "a page goes on",
        ),
        bite(
            "pages are in falling order",
            Page(|_, _, _, page| page.events.reverse()),
            "pages of 2 give each event once, in order",
        ),
        bite(
            "a page holds one event too many",
            Page(|store, query, limit, page| {
                *page = now(store.read_log(query, limit.saturating_add(1))).expect("readable");
            }),
            "a page holds at most 1 events, this one 2",
        ),
    ]
}

pub(crate) fn the_log_is_read_after_any_position() -> Vec<Bite> {
    vec![
        bite(
            "the event at the position comes too",
            Fault::LogQuery(before),
            "after the 1. event come the others",
        ),
        bite(
            "whoever is beyond the end is sent back",
            Page(|store, _, _, page| {
                page.through = page.through.min(now(store.settled()).expect("readable"));
            }),
            "a page never goes back",
        ),
    ]
}

pub(crate) fn a_filter_gives_exactly_the_named_events() -> Vec<Bite> {
    vec![
        bite("names are ignored", Fault::LogQuery(|query| query.names = None), "only ["),
        bite(
            "names are compared without case",
            Page(|store, query, limit, page| {
                if let Some(names) = query.names {
                    let mut all = query;
                    all.names = None;
                    *page = matching(store, all, limit, |event| {
                        names.iter().any(|name| name.eq_ignore_ascii_case(event.name.as_str()))
                    });
                }
            }),
            "only [",
        ),
        bite(
            "a name that is given twice gives its events twice",
            Page(|_, query, _, page| {
                if let Some([one, other]) = query.names
                    && one == other
                {
                    let twice = page.events.iter().flat_map(|event| [event.clone(), event.clone()]);
                    page.events = twice.collect();
                }
            }),
            "a page holds at most 1 events",
        ),
    ]
}

pub(crate) fn a_page_that_is_not_full_skips_ahead() -> Vec<Bite> {
    vec![
        bite(
            "a page is through at its last event",
            Page(|_, query, _, page| {
                page.through = page.events.last().map_or(query.after, |last| last.position);
            }),
            "one name: a page that is not full is through at",
        ),
        bite(
            "a page is through beyond what is settled",
            Page(|_, _, _, page| page.through = Position::new(page.through.get() + 1)),
            "all events: a page is never through beyond what is settled",
        ),
    ]
}

pub(crate) fn no_names_match_no_events() -> Vec<Bite> {
    fn none_is_all(query: &mut LogQuery<'_>) {
        query.names = query.names.filter(|names| !names.is_empty());
    }
    vec![
        bite(
            "no names are taken for all",
            Fault::LogQuery(none_is_all),
            "an empty list of names matches no event",
        ),
        bite(
            "no names are taken for all when the log is streamed",
            StreamLog(|store, mut query| {
                none_is_all(&mut query);
                store.stream_log(query)
            }),
            "an empty list of names matches no streamed event",
        ),
    ]
}

pub(crate) fn the_streamed_log_is_what_its_pages_are() -> Vec<Bite> {
    const SAYS: &str = "the streamed log is what its pages are";
    vec![
        bite("the streamed log lacks its last event", Streamed(|events| drop(events.pop())), SAYS),
        bite(
            "the streamed log begins at the beginning",
            StreamLog(|store, mut query| {
                query.after = Position::START;
                store.stream_log(query)
            }),
            SAYS,
        ),
        bite(
            "the streamed log is not filtered",
            StreamLog(|store, query| store.stream_log(LogQuery::after(query.after))),
            SAYS,
        ),
    ]
}

pub(crate) fn the_streamed_log_ends_where_it_was_settled_at_first() -> Vec<Bite> {
    fn from_the_call<'a>(store: &'a MemoryStore, query: LogQuery<'a>) -> EventStream<'a> {
        let events: Vec<_> = now(store.stream_log(query).try_collect()).expect("readable");
        stream::iter(events.into_iter().map(Ok)).boxed()
    }
    fn to_the_head<'a>(store: &'a MemoryStore, query: LogQuery<'a>) -> EventStream<'a> {
        let pages = stream::try_unfold(query, move |query| async move {
            let LogPage { events, through, .. } = store.read_log(query, 100).await?;
            let mut next = query;
            next.after = through;
            let page = stream::iter(events.clone().into_iter().map(Ok));
            Ok((!events.is_empty()).then_some((page, next)))
        });
        pages.try_flatten().boxed()
    }
    vec![
        bite(
            "the log is streamed up to what is settled at the call",
            StreamLog(from_the_call),
            "asked for when first polled",
        ),
        bite(
            "the log is streamed up to what is settled at the end",
            StreamLog(to_the_head),
            "the streamed log ends where it was settled when first polled",
        ),
    ]
}

pub(crate) fn a_long_log_comes_whole() -> Vec<Bite> {
    vec![
        bite(
            "the log is streamed up to its thousandth event",
            Streamed(|events| events.truncate(1000)),
            "a long log comes whole, streamed",
        ),
        bite(
            "a page is cut after 256 events, and is through at the end",
            Page(|_, _, _, page| page.events.truncate(256)),
            "a long log comes whole, in pages of 499",
        ),
    ]
}

pub(crate) fn locate_finds_what_is_stored() -> Vec<Bite> {
    vec![
        bite(
            "versions are counted from 0",
            Located(|_, found| {
                for address in found {
                    address.version = Version::new(address.version.get() - 1);
                }
            }),
            "locate finds what is stored",
        ),
        bite(
            "no more than 1,000 ids can be asked for",
            Located(|asked, found| {
                if asked > 1000 {
                    found.clear();
                }
            }),
            "locate finds what is stored, however many ids are asked for",
        ),
    ]
}

pub(crate) fn settled_is_the_head_when_nothing_is_in_flight() -> Vec<Bite> {
    vec![
        bite(
            "more is settled than there is",
            Settled(|settled| Position::new(settled.get() + 1)),
            "settled is the head when nothing is in flight",
        ),
        bite(
            "nothing becomes settled",
            Settled(|_| Position::START),
            "an append that was answered becomes settled",
        ),
    ]
}

fn before(query: &mut LogQuery<'_>) {
    query.after = Position::new(query.after.get().saturating_sub(1));
}
