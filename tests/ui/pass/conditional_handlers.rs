//! Handlers under `#[cfg]`: nothing is made of one that is left out, not even of an event that does not exist.

#![deny(warnings)]

use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
struct Closed;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[cfg(any())]
    #[handles(Missing)]
    fn missing(&mut self, _: &Missing) {}

    #[handles(Opened)]
    #[cfg(any())]
    fn opened(_: &Opened) -> Self {
        Self
    }

    #[cfg(all())]
    #[cfg(not(any()))]
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    #[handles(Closed)]
    fn closed(&mut self, _: &Closed) {}
}

struct Begun;

#[aggregate(id = Uuid)]
impl Begun {
    #[cfg(all())]
    #[cfg(not(any()))]
    #[handles(Opened)]
    fn opened(_: &Opened) -> Self {
        Self
    }

    #[cfg(any())]
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

struct Accounts;

#[projection]
impl Accounts {
    #[cfg(any())]
    #[handles(Missing)]
    fn missing(&self, _: &Missing) {}

    #[cfg(all())]
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}
}

fn main() {
    let names: Vec<_> = Account::HANDLERS.iter().map(|row| row.event().name()).collect();
    assert_eq!(names, ["Opened", "Closed"]);
    assert!(Account::initial().is_some());
    assert_eq!(Begun::HANDLERS.len(), 1);
    assert!(Begun::initial().is_none());
    assert_eq!(Accounts::SUBSCRIBED_TO, ["Opened"]);
}
