//! The memory store keeps every promise of the store contract.

use std::future::{Ready, ready};

use es_core::MemoryStore;

fn store() -> Ready<(MemoryStore, ())> {
    ready((MemoryStore::new(), ()))
}

es_core::store_contract!(store);
es_core::inline_store_contract!(store);
es_core::bulk_store_contract!(store);

/// A store behind an `Arc` is a store.
mod shared {
    use std::future::{Ready, ready};
    use std::sync::Arc;

    use es_core::MemoryStore;

    fn store() -> Ready<(Arc<MemoryStore>, ())> {
        ready((Arc::new(MemoryStore::new()), ()))
    }

    es_core::event_store_contract!(store);
    es_core::bulk_store_contract!(store);
}

/// No promise needs an empty store: here they share one, one after the other.
mod used {
    use es_core::MemoryStore;
    use tokio::sync::{Mutex, MutexGuard};

    static STORE: Mutex<Option<MemoryStore>> = Mutex::const_new(None);

    async fn store() -> (MemoryStore, MutexGuard<'static, Option<MemoryStore>>) {
        let mut store = STORE.lock().await;
        (store.get_or_insert_default().clone(), store)
    }

    es_core::store_contract!(store);
    es_core::inline_store_contract!(store);
    es_core::bulk_store_contract!(store);
}

/// The limits are those that were set, for each store its own.
mod limits {
    use es_core::{
        AppendError, Category, EventName, EventStore as _, ExpectedVersion, Invalid, Limits,
        MemoryStore, Metadata, NewEvent, Payload, SchemaVersion, StreamAppend, StreamId,
    };
    use uuid::Uuid;

    #[tokio::test]
    async fn limits_are_those_that_were_set() {
        let limits = Limits::default().payload_bytes(20).events(2);
        let (small, large) = (MemoryStore::new().limits(limits), MemoryStore::new());
        let event = |json: &str| {
            let name = EventName::new("measured").unwrap();
            NewEvent::raw(name, SchemaVersion::FIRST, Payload::from_json(json).unwrap())
        };
        let append = |events| {
            let stream = StreamId::new(Category::new("measure").unwrap(), Uuid::now_v7());
            StreamAppend::new(stream, ExpectedVersion::NoStream, events)
        };
        let long = format!("\"{}\"", "x".repeat(19));
        let noted = event("1").metadata(Metadata::new().actor("somebody with a name"));
        for (case, is_refused) in [
            (append(vec![event("1"), event(&long[1..20].replace('x', "1"))]), false),
            (append(vec![event(&long)]), true),
            (append(vec![event("1"), event("2"), event("3")]), true),
            (append(vec![noted]), true),
        ] {
            let refused = matches!(
                small.append(case.clone()).await,
                Err(AppendError::Invalid(Invalid::TooLarge { .. } | Invalid::TooManyEvents { .. }))
            );
            assert_eq!(refused, is_refused, "{case:?}");
            large.append(case).await.unwrap();
        }
    }
}
