//! Traits in scope with methods named like the handlers, for every receiver: it is the handlers that are called.

#![deny(warnings)]

use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
struct Changed;

trait ByValue: Sized {
    fn changed(self, _: &Changed) {
        panic!("the trait's");
    }
    fn of_name(name: &str) -> Self;
}

trait ByRef {
    fn opened(&self, _: &Opened) -> Self
    where
        Self: Sized,
    {
        panic!("the trait's");
    }
    fn changed(&self, _: &Changed) {
        panic!("the trait's");
    }
}

trait ByMut {
    fn opened(&mut self, _: &Opened) {
        panic!("the trait's");
    }
    fn changed(&mut self, _: &Changed) {
        panic!("the trait's");
    }
    // Names that the generated code calls or defines itself.
    fn handle(&mut self) {}
    fn initial() {}
    fn uuid(&self) {}
    fn into_events(&self) {}
    fn wrap(&self) {}
    fn map(&self) {}
}

impl<T> ByRef for T {}
impl<T> ByMut for T {}

#[derive(Default)]
struct Account {
    changes: u32,
}

impl ByValue for Account {
    fn of_name(_: &str) -> Self {
        panic!("the trait's");
    }
}

#[aggregate(id = Id)]
impl Account {
    #[handles(Opened)]
    fn opened(_: &Opened) -> Self {
        Self { changes: 0 }
    }

    #[handles(Changed)]
    fn changed(&mut self, _: &Changed) {
        self.changes += 1;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, AggregateId)]
#[aggregate_id(category = "Account")]
struct Id(Uuid);

#[derive(Default)]
struct Counted {
    opened: u32,
    changed: u32,
}

impl ByValue for Counted {
    fn of_name(_: &str) -> Self {
        panic!("the trait's");
    }
}

#[projection]
impl Counted {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {
        self.opened += 1;
    }

    #[handles(Changed)]
    async fn changed(&mut self, _: &Changed) -> Result<(), ProjectionError> {
        self.changed += 1;
        Ok(())
    }
}

/// The memory store never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut cx) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("the memory store waits"),
    }
}

fn main() {
    let store = MemoryStore::new();
    let id = Id::from_name("DE12");
    now(Repository::<Account, _>::new(store.clone()).create(id, (Opened, Changed, Changed))).expect("stored");
    let account = now(Repository::<Account, _>::new(store.clone()).load(id)).expect("loads");
    assert_eq!(account.state().changes, 2);
    let mut counted = Projector::in_memory(store, Counted::default());
    now(counted.catch_up()).expect("projects");
    assert_eq!((counted.projection().opened, counted.projection().changed), (1, 2));
}
