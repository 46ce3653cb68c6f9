//! Where a projection stands, and who may move it.

use std::fmt;

use crate::error::StoreError;
use crate::id::EventId;
use crate::version::Position;

/// Up to where a projection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Checkpoint {
    /// Every event up to here that the projection subscribes to is in its read models.
    pub position: Position,
    /// The last event that was handled; by it a log that was replaced can be told from this one.
    pub event: Option<EventId>,
}

impl Checkpoint {
    /// A checkpoint at `position`, whose last handled event was `event`.
    pub const fn new(position: Position, event: Option<EventId>) -> Self {
        Self { position, event }
    }

    /// For stores: what it means that the log is as long as the checkpoint says, and has its event at or before its
    /// position, or not.
    ///
    /// # Errors
    /// [`StoreError::ForeignCheckpoint`] unless both hold.
    pub fn judge(
        self,
        part: &ProjectionPart,
        long_enough: bool,
        has_event: bool,
    ) -> Result<(), StoreError> {
        let what = match self.event {
            _ if !long_enough => format!("the log ends before position {}", self.position),
            Some(event) if !has_event => {
                format!("the log has no event {event} up to position {}", self.position)
            }
            _ => return Ok(()),
        };
        Err(StoreError::ForeignCheckpoint { projection: part.clone(), what })
    }
}

/// What has a checkpoint of its own: a projection in one version, or one part of it.
///
/// The parts share the streams out among them: part `p` of `n` has the streams whose hash gives `p`
/// ([`Part::has`]). A projection that is not split is part 0 of 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProjectionPart {
    /// The name under which the checkpoint is kept.
    pub name: String,
    /// The projection's version.
    pub version: u32,
    /// Which streams it has.
    pub part: Part,
}

impl ProjectionPart {
    /// One part of a projection.
    pub fn new(name: impl Into<String>, version: u32, part: Part) -> Self {
        Self { name: name.into(), version, part }
    }

    /// A projection that is not split.
    pub fn whole(name: impl Into<String>, version: u32) -> Self {
        Self::new(name, version, Part::WHOLE)
    }
}

impl fmt::Display for ProjectionPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, part } = self;
        write!(f, "`{name}`, version {version}")?;
        if *part == Part::WHOLE {
            Ok(())
        } else {
            write!(f, ", part {} of {}", part.number, part.of)
        }
    }
}

/// A share of all streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part {
    number: u32,
    of: u32,
}

impl Part {
    /// All streams.
    pub const WHOLE: Self = Self { number: 0, of: 1 };

    /// Part `number`, counted from 0, of `of`; `None` unless `number` is below `of`.
    pub const fn new(number: u32, of: u32) -> Option<Self> {
        if number < of { Some(Self { number, of }) } else { None }
    }

    /// Which part, counted from 0.
    pub const fn number(self) -> u32 {
        self.number
    }

    /// How many parts there are.
    pub const fn of(self) -> u32 {
        self.of
    }

    /// Whether a stream belongs to it: its [`hash`](Self::hash), divided by the number of parts, leaves this part's number.
    pub fn has(self, stream: uuid::Uuid) -> bool {
        Self::hash(stream) % self.of == self.number
    }

    /// The first four bytes of a stream's UUID, combined by exclusive or with the last four and taken as a number (big end
    /// first). Every store counts so, whatever made the UUIDs: either end varies in all versions of them.
    pub const fn hash(stream: uuid::Uuid) -> u32 {
        let [a1, a2, a3, a4, .., z1, z2, z3, z4] = stream.into_bytes();
        u32::from_be_bytes([a1, a2, a3, a4]) ^ u32::from_be_bytes([z1, z2, z3, z4])
    }
}

/// Rises each time another worker takes over a part of a projection. Who has an older one commits nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// The `n`-th owner.
    pub const fn new(n: u64) -> Self {
        Self(n)
    }

    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }
}
