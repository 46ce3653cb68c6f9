//! Which events of the log are given.

use es_core::{EventStore as _, LogQuery};

use super::matching;
use crate::bite::{Bite, bite};
use crate::fault::Fault::{self, Page, StreamLog};

pub(crate) fn filters_by_category_tenant_and_part() -> Vec<Bite> {
    vec![
        bite(
            "categories are ignored",
            Fault::LogQuery(|query| query.category = None),
            "pages of 1: LogQuery",
        ),
        bite(
            "tenants are ignored",
            Fault::LogQuery(|query| query.tenant = None),
            "pages of 1: LogQuery",
        ),
        bite(
            "parts are ignored",
            Fault::LogQuery(|query| query.part = None),
            "pages of 1: LogQuery",
        ),
        bite(
            "the streamed log is not filtered",
            StreamLog(|store, query| store.stream_log(LogQuery::after(query.after))),
            "streamed: LogQuery",
        ),
    ]
}

pub(crate) fn parts_cover_every_stream_once() -> Vec<Bite> {
    vec![
        bite(
            "parts are shared out by the last bits of a UUID",
            Page(|store, query, limit, page| {
                if let Some(part) = query.part {
                    let mut all = query;
                    all.part = None;
                    *page = matching(store, all, limit, |event| {
                        let bits = event.stream.id().as_u128() & 0xffff_ffff;
                        bits % u128::from(part.of()) == u128::from(part.number())
                    });
                }
            }),
            "is not in part",
        ),
        bite(
            "the last part is nobody's",
            Fault::LogQuery(|query| {
                if query.part.is_some_and(|part| part.of() > 1 && part.number() + 1 == part.of()) {
                    query.names = Some(&[]);
                }
            }),
            "parts have all events, each once",
        ),
    ]
}
