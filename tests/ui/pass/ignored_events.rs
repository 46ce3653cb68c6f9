//! `ignores(..)`, `unknown`, `of(..)`, with conditions, aliases and paths.

#![deny(warnings)]

mod events {
    use es_core::prelude::*;

    #[derive(Serialize, Deserialize, Event)]
    pub(crate) struct Opened;

    #[derive(Serialize, Deserialize, Event)]
    pub(crate) struct Audited;

    #[derive(Serialize, Deserialize, Event)]
    pub(crate) struct Renamed;
}

use es_core::prelude::*;
use es_core::{IntoEvents, UnknownEvents};

#[derive(Serialize, Deserialize)]
struct Closed;

impl Event for Closed {
    const NAME: &'static str = "Closed";
    const ALIASES: &'static [&'static str] = &["Shut", "Ended"];
}

type AlsoAudited = events::Audited;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid, ignores(AlsoAudited, events::Renamed,), unknown = "ignore")]
impl Account {
    #[handles(events::Opened)]
    fn opened(&mut self, _: &events::Opened) {}

    #[cfg(any())]
    #[handles(events::Renamed)]
    fn renamed(&mut self, _: &events::Renamed) {}
}

#[derive(Default)]
struct Other;

#[aggregate(id = Uuid, unknown = "error")]
impl Other {
    #[cfg(any())]
    #[handles(events::Renamed)]
    fn renamed(&mut self, _: &events::Renamed) {}

    #[handles(Closed)]
    fn closed(&mut self, _: &Closed) {}

    #[handles(events::Opened)]
    fn opened(&mut self, _: &events::Opened) {}
}

type AlsoOther = Other;

struct All;

#[projection(of(Account, AlsoOther), ignores(events::Audited, events::Renamed))]
impl All {
    #[handles(events::Opened)]
    fn opened(&self, _: &events::Opened) {}

    #[cfg(any())]
    #[handles(events::Renamed)]
    fn renamed(&self, _: &events::Renamed) {}

    #[handles(Closed)]
    fn closed(&self, _: &Closed) {}
}

fn recorded<E: IntoEvents<Account>>(_: E) {}

fn main() {
    recorded((events::Opened, events::Audited, events::Renamed));
    assert_eq!(Account::UNKNOWN, UnknownEvents::Ignore);
    assert_eq!(Other::UNKNOWN, UnknownEvents::Error);
    let ignored: Vec<_> = Account::HANDLERS.iter().map(|row| row.is_ignored()).collect();
    assert_eq!(ignored, [false, true, true]);
    assert_eq!(All::SUBSCRIBED_TO, ["Opened", "Closed", "Shut", "Ended"]);
    assert_eq!(All::EVENTS.len(), 2);
}
