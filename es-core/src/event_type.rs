//! What is known about an event's type without having one of its events.

use std::any::{TypeId, type_name};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::column::same;
use crate::event::{Event, SchemaVersion};

/// An event's type, as tables and listings hold it: how it is stored, and which Rust type it is.
#[derive(Clone, Copy)]
pub struct EventType {
    name: &'static str,
    aliases: &'static [&'static str],
    version: SchemaVersion,
    upcasters: usize,
    // Functions, because neither can be asked for in const evaluation.
    rust_id: fn() -> TypeId,
    rust_name: fn() -> &'static str,
}

impl EventType {
    /// What stands for an event in generated code that does not compile.
    pub(crate) const NONE: Self = Self::of::<Nothing>();

    /// The type `E`.
    pub const fn of<E: Event>() -> Self {
        Self {
            name: E::NAME,
            aliases: E::ALIASES,
            version: E::VERSION,
            upcasters: E::UPCASTERS.len(),
            rust_id: TypeId::of::<E>,
            rust_name: type_name::<E>,
        }
    }

    /// The name under which it is stored.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The names under which it was stored before.
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// All names under which it may be stored, today's first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// Whether `name` is one of its names.
    pub const fn is_stored_as(&self, name: &str) -> bool {
        let mut n = 0;
        while n < self.count_names() {
            if same(self.nth_name(n), name) {
                return true;
            }
            n += 1;
        }
        false
    }

    /// How many names it has.
    pub(crate) const fn count_names(&self) -> usize {
        1 + self.aliases.len()
    }

    /// Its names by number, for const evaluation, which has no iterators.
    pub(crate) const fn nth_name(&self, n: usize) -> &'static str {
        if n == 0 { self.name } else { self.aliases[n - 1] }
    }

    /// The version of its schema that the program writes.
    pub const fn schema_version(&self) -> SchemaVersion {
        self.version
    }

    /// The oldest version of its schema that the program reads.
    pub fn oldest_version(&self) -> SchemaVersion {
        let steps = u32::try_from(self.upcasters).unwrap_or(u32::MAX);
        SchemaVersion::new(self.version.get().saturating_sub(steps)).unwrap_or(SchemaVersion::FIRST)
    }

    /// The path of its Rust type, as the compiler gives it; for people to read.
    pub fn rust_type(&self) -> &'static str {
        (self.rust_name)()
    }
}

#[derive(Serialize, Deserialize)]
struct Nothing;

impl Event for Nothing {
    const NAME: &'static str = "";
}

/// Two are equal when they are of one Rust type.
impl PartialEq for EventType {
    fn eq(&self, other: &Self) -> bool {
        (self.rust_id)() == (other.rust_id)()
    }
}

impl Eq for EventType {}

impl fmt::Debug for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventType({} v{}, {})", self.name, self.version, self.rust_type())
    }
}
