//! Numbers that order events: in their stream, and in the whole log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The largest number that every store can hold (a signed 64-bit integer in SQL).
const MAX: u64 = i64::MAX as u64;

macro_rules! ordinal {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Before the first event.
            pub const START: Self = Self(0);

            /// The `n`-th; the first event has 1.
            pub const fn new(n: u64) -> Self {
                Self(n)
            }

            /// The number itself.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// `self + n`, or `None` above what a store can hold (2^63 − 1).
            pub const fn checked_add(self, n: u64) -> Option<Self> {
                match self.0.checked_add(n) {
                    Some(sum) if sum <= MAX => Some(Self(sum)),
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl From<u64> for $name {
            fn from(n: u64) -> Self {
                Self(n)
            }
        }
    };
}

ordinal! {
    /// Where an event stands in its stream: 1, 2, 3 … without holes. Not the version of its schema.
    Version
}
ordinal! {
    /// Where an event stands in the log of all streams. Rises with commit order within a stream; holes are possible.
    Position
}

/// What the writer believes about a stream; an append that finds it otherwise is a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpectedVersion {
    /// No belief: append after whatever is there.
    Any,
    /// The stream has no event yet.
    NoStream,
    /// The stream has at least one event.
    StreamExists,
    /// The last event of the stream has this version; `Exact(Version::START)` is [`NoStream`](Self::NoStream).
    Exact(Version),
}

impl ExpectedVersion {
    /// Whether a stream whose last event has version `actual` (`START`: no event) is as expected.
    pub fn accepts(self, actual: Version) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => actual == Version::START,
            Self::StreamExists => actual > Version::START,
            Self::Exact(expected) => actual == expected,
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any version"),
            Self::NoStream => f.write_str("no stream"),
            Self::StreamExists => f.write_str("an existing stream"),
            Self::Exact(version) => write!(f, "version {version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addition_stops_where_a_store_does() {
        assert_eq!(Version::new(2).checked_add(3), Some(Version::new(5)));
        assert_eq!(Version::new(MAX).checked_add(1), None);
        assert_eq!(Position::new(u64::MAX).checked_add(1), None);
    }

    #[test]
    fn expectations() {
        let (none, two) = (Version::START, Version::new(2));
        assert!(ExpectedVersion::Any.accepts(none) && ExpectedVersion::Any.accepts(two));
        assert!(ExpectedVersion::NoStream.accepts(none) && !ExpectedVersion::NoStream.accepts(two));
        assert!(!ExpectedVersion::StreamExists.accepts(none));
        assert!(ExpectedVersion::StreamExists.accepts(two));
        assert!(ExpectedVersion::Exact(two).accepts(two));
        assert!(!ExpectedVersion::Exact(two).accepts(none));
    }
}
