//! Who is compared.

/// A program that does the works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Its name in every table.
    pub(crate) name: &'static str,
    /// The package, and the binary.
    pub(crate) package: &'static str,
    /// Whether it is one of the libraries that es is measured against.
    pub(crate) is_peer: bool,
}

pub(crate) const ES: &str = "es";
pub(crate) const FLOOR: &str = "floor";

/// In the order in which they take turns.
pub(crate) const ALL: &[Subject] = &[
    Subject { name: ES, package: "subject-es", is_peer: false },
    Subject { name: FLOOR, package: "subject-floor", is_peer: false },
    peer("cqrs-es", "peer-cqrs-es"),
    peer("esrs", "peer-esrs"),
    peer("evento", "peer-evento"),
    peer("es-entity", "peer-es-entity"),
];

const fn peer(name: &'static str, package: &'static str) -> Subject {
    Subject { name, package, is_peer: true }
}

/// Whether rows of this name are those of a peer.
pub(crate) fn is_peer(name: &str) -> bool {
    ALL.iter().any(|subject| subject.name == name && subject.is_peer)
}
