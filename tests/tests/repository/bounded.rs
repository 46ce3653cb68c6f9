//! How many states a cache keeps alive.

use std::convert::Infallible;
use std::sync::atomic::{AtomicIsize, Ordering};

use es_core::prelude::*;

static ALIVE: AtomicIsize = AtomicIsize::new(0);

/// Counts itself.
struct Token(());

impl Default for Token {
    fn default() -> Self {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Clone for Token {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(name = "noted")]
struct Noted {}

#[derive(Clone, Default)]
struct Notes {
    _token: Token,
    events: u64,
}

#[aggregate(name = "notes", id = Uuid)]
impl Notes {
    #[handles(Noted)]
    fn noted(&mut self, _: &Noted) {
        self.events += 1;
    }
}

#[tokio::test]
async fn a_cache_keeps_no_more_states_than_it_was_made_for() {
    let notes = Repository::<Notes, _>::new(MemoryStore::new()).cached(20);
    for nth in 1..=500 {
        let id = Uuid::now_v7();
        notes.create(id, Noted {}).await.unwrap();
        notes.execute(id, |_| Ok::<_, Infallible>(Noted {})).await.unwrap();
        assert_eq!(notes.load(id).await.unwrap().state().events, 2);
        let alive = ALIVE.load(Ordering::SeqCst);
        assert!((1..=25).contains(&alive), "{alive} states after {nth} aggregates");
    }
    drop(notes);
    assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
}
