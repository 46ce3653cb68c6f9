//! Who runs a projection: leases, handed out by the store, whose clock alone counts.

use std::time::Duration;

use uuid::Uuid;

use crate::checkpoint::{Epoch, Part};

/// What a worker asks for.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LeaseRequest<'a> {
    /// The projection's name.
    pub name: &'a str,
    /// Its version.
    pub version: u32,
    /// Into how many parts it is split.
    pub parts: u32,
    /// Who asks; the same in every request of one worker, and nobody else's.
    pub owner: Uuid,
    /// For how long, from now on.
    pub duration: Duration,
}

impl<'a> LeaseRequest<'a> {
    /// `owner` asks for parts of a projection.
    pub const fn new(
        name: &'a str,
        version: u32,
        parts: u32,
        owner: Uuid,
        duration: Duration,
    ) -> Self {
        Self { name, version, parts, owner, duration }
    }
}

/// What a worker may run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Leases {
    /// The parts that are its own now, by rising number.
    pub held: Vec<Lease>,
    /// How many parts each worker should have. Who holds more gives back the rest.
    pub share: usize,
}

impl Leases {
    /// The parts `held`, of which `share` is fair.
    pub const fn new(held: Vec<Lease>, share: usize) -> Self {
        Self { held, share }
    }
}

/// The right to run one part of a projection, until it ends or somebody takes it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// The part.
    pub part: Part,
    /// By it the store knows who commits.
    pub epoch: Epoch,
    /// The owner before did not give it back: it was killed, or lost its connection, perhaps by the very event that
    /// comes next.
    pub unclean: bool,
}

impl Lease {
    /// A lease on `part`.
    pub const fn new(part: Part, epoch: Epoch, unclean: bool) -> Self {
        Self { part, epoch, unclean }
    }
}
