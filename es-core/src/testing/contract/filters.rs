//! Which events of the log a reader asks for, besides by name.

use futures_util::future::join_all;
use uuid::Uuid;

use super::support::{add, category, ids, named, pages, settle, settled, streamed, unique};
use crate::checkpoint::Part;
use crate::id::StreamId;
use crate::metadata::Metadata;
use crate::record::StoredEvent;
use crate::store::{EventStore, LogQuery};
use crate::version::Position;

/// Streams of three categories, with events of two tenants, of none, and of one whose name is a matter of quotes.
pub(super) struct Log {
    pub(super) start: Position,
    pub(super) end: Position,
    pub(super) tenant: String,
    pub(super) odd: String,
}

impl Log {
    pub(super) async fn write<S: EventStore>(store: &S) -> Self {
        let (tenant, odd) = (unique("tenant"), unique("it's \"odd\" %é"));
        let (start, mut end) = (settled(store).await, Position::START);
        for round in 0..3 {
            for category_name in ["contract", "contract-filter", "filter"] {
                // Both ends of a UUID count, and neither varies in all of its versions.
                let id = Uuid::now_v7();
                let id = if round == 0 { id } else { Uuid::from_u128(id.as_u128().reverse_bits()) };
                let stream = StreamId::new(category(category_name), id);
                let events = [None, Some(&tenant), Some(&odd)].map(|tenant| {
                    let metadata = Metadata::new().actor("a");
                    let tenant = tenant.map(String::as_str);
                    named("sifted", "{}").metadata(match tenant {
                        Some(tenant) => metadata.tenant(tenant),
                        None => metadata,
                    })
                });
                add(store, &stream, events.into()).await;
                end = add(store, &stream, vec![named("other", "{}")]).await.position;
            }
        }
        settle(store, end).await;
        Self { start, end, tenant, odd }
    }

    pub(super) async fn all<S: EventStore>(&self, store: &S) -> Vec<StoredEvent> {
        pages(store, LogQuery::after(self.start), 100, self.end).await
    }

    pub(super) fn queries(&self) -> Vec<LogQuery<'_>> {
        let all = LogQuery::after(self.start);
        let third = Part::new(1, 3).expect("1 is below 3");
        let filter = all.category("filter");
        vec![
            filter,
            all.category("contract"),
            all.category("Filter"),
            all.category("%"),
            all.tenant(&self.tenant),
            all.tenant(&self.odd),
            all.tenant(""),
            all.part(third),
            all.part(Part::WHOLE),
            filter.tenant(&self.tenant),
            filter.names(&["other"]),
            filter.names(&["other"]).tenant(&self.tenant),
            filter.names(&["sifted", "other"]).part(third),
            filter.names(&["sifted"]).tenant(&self.odd).part(third),
        ]
    }
}

/// A filter by category, tenant or part gives exactly the events that it selects, and so do several at once, whether the
/// log is read by pages or streamed.
pub async fn filters_by_category_tenant_and_part<S: EventStore>(store: &S) {
    let log = Log::write(store).await;
    let all = log.all(store).await;
    for query in log.queries() {
        let wanted: Vec<_> = all.iter().filter(|event| query.selects(event)).cloned().collect();
        for limit in [1, 2, wanted.len().max(1), 100] {
            let found = pages(store, query, limit, log.end).await;
            assert_eq!(ids(&found), ids(&wanted), "pages of {limit}: {query:?}");
        }
        let mut found = streamed(store, query).await;
        found.retain(|event| event.position <= log.end);
        assert_eq!(ids(&found), ids(&wanted), "streamed: {query:?}");
    }
}

/// Into however many parts the streams are shared out, each event is in one of them, with all others of its stream.
pub async fn parts_cover_every_stream_once<S: EventStore>(store: &S) {
    let start = settled(store).await;
    let edges = [0, 1, u128::MAX, u128::MAX - 1, 1 << 127, 0xffff_ffff, 0xffff_ffff << 96];
    // Edges of the bits that count; in a shared store these streams may be there already.
    let edges = edges.map(|bits| Uuid::from_u128(bits ^ (u128::from(rand_middle()) << 40)));
    let streams = edges.into_iter().chain((0..20).map(|_| Uuid::now_v7()));
    let streams: Vec<_> = streams.map(|id| StreamId::new(category("contract"), id)).collect();
    let appends = streams.iter().map(|stream| add(store, stream, super::support::events(2)));
    let end = join_all(appends).await.into_iter().map(|done| done.position).max();
    let end = end.expect("there are streams");
    settle(store, end).await;
    let all = pages(store, LogQuery::after(start), 1000, end).await;
    for of in [1, 2, 3, 7, 64, u32::MAX] {
        let mut found = Vec::new();
        let parts = if of > 64 {
            // Too many to ask for; those of the edges are enough.
            let mut numbers: Vec<_> =
                all.iter().map(|event| number(event.stream.id(), of)).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        } else {
            (0..of).collect()
        };
        for number in parts {
            let part = Part::new(number, of).expect("numbers are below their count");
            let query = LogQuery::after(start).part(part);
            let events = pages(store, query, 7, end).await;
            for event in &events {
                let stream = event.stream.id();
                assert!(part.has(stream), "{stream} is not in part {number} of {of}");
            }
            found.extend(events);
        }
        found.sort_by_key(|event| event.position);
        assert_eq!(ids(&found), ids(&all), "{of} parts have all events, each once");
    }
}

/// The bits in the middle of a UUID, which no part looks at.
fn rand_middle() -> u32 {
    u32::try_from(Uuid::now_v7().as_u128() & 0xffff_ffff).expect("32 bits")
}

fn number(stream: Uuid, of: u32) -> u32 {
    let bits = stream.as_u128();
    let hash = (bits >> 96) ^ (bits & 0xffff_ffff);
    u32::try_from(hash % u128::from(of)).expect("less than a number of parts")
}
