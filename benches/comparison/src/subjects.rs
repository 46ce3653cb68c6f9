//! Who is compared.

use crate::stores::Store;

/// A program that does the works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Its name in every table.
    pub(crate) name: &'static str,
    /// The package, and the binary.
    pub(crate) package: &'static str,
    /// Whether it is one of the libraries that es is measured against.
    pub(crate) is_peer: bool,
    /// What it can store in.
    stores: &'static [Store],
}

impl Subject {
    pub(crate) fn stores_in(&self, store: Store) -> bool {
        self.stores.contains(&store)
    }
}

pub(crate) const ES: &str = "es";
pub(crate) const FLOOR: &str = "floor";

/// In the order in which they take turns.
pub(crate) const ALL: &[Subject] = &[
    Subject { name: ES, package: "subject-es", is_peer: false, stores: BOTH },
    Subject { name: FLOOR, package: "subject-floor", is_peer: false, stores: BOTH },
    peer("cqrs-es", "peer-cqrs-es", POSTGRES),
    peer("esrs", "peer-esrs", POSTGRES),
    peer("evento", "peer-evento", BOTH),
    peer("es-entity", "peer-es-entity", POSTGRES),
];

const POSTGRES: &[Store] = &[Store::Postgres];
const BOTH: &[Store] = &Store::ALL;

const fn peer(name: &'static str, package: &'static str, stores: &'static [Store]) -> Subject {
    Subject { name, package, is_peer: true, stores }
}

/// Whether rows of this name are those of a peer.
pub(crate) fn is_peer(name: &str) -> bool {
    ALL.iter().any(|subject| subject.name == name && subject.is_peer)
}
