//! What the memory store alone can be made to do.

use es_core::ExpectedVersion::NoStream;
use es_core::{ImportError, Invalid, Limits, MemoryStore, TransferError};

use crate::support::{append, copy, event, fill, log, stream};
use crate::whole;

#[tokio::test]
async fn what_the_target_does_not_take_is_named() {
    let (from, to) = (MemoryStore::new(), MemoryStore::new());
    fill(&from).await;
    let large = event("large", 1, &format!("\"{}\"", "x".repeat(500)));
    let id = large.id;
    append(&from, &stream("account"), NoStream, large).await.unwrap();
    let small = to.clone().limits(Limits::default().payload_bytes(500));
    let error = copy(&from, &small).await.unwrap_err();
    assert!(!error.is_transient());
    let TransferError::Import { after, cause } = error else { panic!("{error:?}") };
    assert_eq!(after.get(), 12);
    let ImportError::Invalid { event, cause: Invalid::TooLarge { .. } } = cause else {
        panic!("{cause:?}")
    };
    assert_eq!(event, id);
    assert_eq!(log(&to).await.len(), 12, "the chunks before stay");
    assert_eq!(copy(&from, &to).await.unwrap(), (4, 12));
}

#[tokio::test]
async fn a_store_is_a_copy_of_itself() {
    let store = MemoryStore::new();
    fill(&store).await;
    assert_eq!(copy(&store, &store).await.unwrap(), (0, 15));
}

#[tokio::test]
async fn many_events_are_read_as_few_are() {
    whole::many(100_000, MemoryStore::new(), MemoryStore::new()).await;
}
