//! Every event that a program knows, and who does what with it.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::aggregate::Aggregate;
use crate::event_type::EventType;
use crate::projection::Projection;

/// A catalogue of the events of a program: made from its aggregates and projections, to be looked at by people (it is
/// [`Display`](fmt::Display)ed as a table), by programs (it is serialised) and by tests.
///
/// ```
/// # use es_core::prelude::*;
/// # use es_core::EventRegistry;
/// # #[derive(Serialize, Deserialize, Event)]
/// # #[event(name = "opened", aliases("started"))]
/// # struct Opened;
/// # #[derive(Serialize, Deserialize, Event)]
/// # #[event(name = "noted")]
/// # struct Noted;
/// # #[derive(Default)]
/// # struct Account;
/// # #[aggregate(name = "account", id = Uuid, ignores(Noted))]
/// # impl Account { #[handles(Opened)] fn opened(&mut self, _: &Opened) {} }
/// # struct Balances;
/// # #[projection(name = "balances")]
/// # impl Balances { #[handles(Opened)] fn opened(&mut self, _: &Opened) {} }
/// let registry = EventRegistry::new().with::<Account>().with_projection::<Balances>();
/// let names: Vec<_> = registry.entries().map(|entry| entry.name()).collect();
/// assert_eq!(names, ["noted", "opened"]);
/// println!("{registry}");
/// ```
///
/// As JSON it is an object with the list `events`, sorted by `name`. Of each event it tells `name`, `aliases` (a list of
/// names), `version` and `oldest_version` (numbers), `rust_type`, `handled_by` and `ignored_by` (lists of aggregates' names), and
/// `projections` (a list of objects with `name` and `version`). Of an event that is known by name alone, `version`,
/// `oldest_version` and `rust_type` are `null`.
#[derive(Debug, Clone, Default)]
pub struct EventRegistry {
    entries: BTreeMap<&'static str, EventEntry>,
}

impl EventRegistry {
    /// Knows no event yet.
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new() }
    }

    /// Adds the events of an aggregate: those it handles and those it ignores.
    ///
    /// # Panics
    /// With the text of [`RegistryError`] where [`try_with`](Self::try_with) returns it. No user data can bring that about, only
    /// the program itself: it is meant for its start and its tests.
    #[must_use]
    pub fn with<A: Aggregate>(self) -> Self {
        self.try_with::<A>().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Adds the events to which a projection subscribes.
    ///
    /// # Panics
    /// As [`with`](Self::with), where [`try_with_projection`](Self::try_with_projection) returns an error.
    #[must_use]
    pub fn with_projection<P: Projection>(self) -> Self {
        self.try_with_projection::<P>().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Adds the events of an aggregate.
    ///
    /// # Errors
    /// [`RegistryError::TwoTypes`] when one of its events has a name, of today or of before, that another type has.
    pub fn try_with<A: Aggregate>(mut self) -> Result<Self, RegistryError> {
        for row in A::HANDLERS {
            let entry = self.learn(row.event())?;
            let users =
                if row.is_ignored() { &mut entry.ignored_by } else { &mut entry.handled_by };
            add(users, A::NAME);
        }
        Ok(self)
    }

    /// Adds the events to which a projection subscribes. One that is written by hand without
    /// [`EVENTS`](Projection::EVENTS) tells their names alone.
    ///
    /// # Errors
    /// As [`try_with`](Self::try_with).
    pub fn try_with_projection<P: Projection>(mut self) -> Result<Self, RegistryError> {
        for event in P::EVENTS {
            self.learn(event)?;
        }
        for name in P::SUBSCRIBED_TO {
            let projection = Subscriber { name: P::NAME, version: P::VERSION };
            add(&mut self.named(name).projections, projection);
        }
        Ok(self)
    }

    /// All events, by name.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &EventEntry> {
        self.entries.values()
    }

    /// The event that is or was stored under `name`.
    pub fn get(&self, name: &str) -> Option<&EventEntry> {
        self.entries().find(|entry| entry.is_stored_as(name))
    }

    /// The entry of a type; what was known by its names alone becomes part of it.
    fn learn(&mut self, event: &EventType) -> Result<&mut EventEntry, RegistryError> {
        for name in event.names() {
            let known = self.get(name).and_then(|entry| entry.event);
            if let Some(other) = known.filter(|known| known != event) {
                let types = [other.rust_type(), event.rust_type()];
                return Err(RegistryError::TwoTypes { name, types });
            }
        }
        let mut subscribers = Vec::new();
        for name in event.aliases().iter().filter(|alias| **alias != event.name()) {
            subscribers.extend(self.entries.remove(name).into_iter().flat_map(|e| e.projections));
        }
        let entry =
            self.entries.entry(event.name()).or_insert_with(|| EventEntry::new(event.name()));
        entry.event = Some(*event);
        for subscriber in subscribers {
            add(&mut entry.projections, subscriber);
        }
        Ok(entry)
    }

    /// The entry of a name.
    fn named(&mut self, name: &'static str) -> &mut EventEntry {
        let name = self.get(name).map_or(name, EventEntry::name);
        self.entries.entry(name).or_insert_with(|| EventEntry::new(name))
    }
}

fn add<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// One event of an [`EventRegistry`].
#[derive(Debug, Clone)]
pub struct EventEntry {
    name: &'static str,
    event: Option<EventType>,
    handled_by: Vec<&'static str>,
    ignored_by: Vec<&'static str>,
    projections: Vec<Subscriber>,
}

impl EventEntry {
    fn new(name: &'static str) -> Self {
        let (handled_by, ignored_by) = (Vec::new(), Vec::new());
        Self { name, event: None, handled_by, ignored_by, projections: Vec::new() }
    }

    /// The name under which it is stored.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its type: name, names of before, versions, Rust type. `None` when only a projection that is written by hand names it.
    pub const fn event_type(&self) -> Option<&EventType> {
        self.event.as_ref()
    }

    /// The names of the aggregates that handle it.
    pub fn handled_by(&self) -> &[&'static str] {
        &self.handled_by
    }

    /// The names of the aggregates that ignore it.
    pub fn ignored_by(&self) -> &[&'static str] {
        &self.ignored_by
    }

    /// The projections that subscribe to it.
    pub fn projections(&self) -> &[Subscriber] {
        &self.projections
    }

    fn is_stored_as(&self, name: &str) -> bool {
        self.name == name || self.event.is_some_and(|event| event.is_stored_as(name))
    }
}

/// A projection that subscribes to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Subscriber {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: u32,
}

impl fmt::Display for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.name, self.version)
    }
}

/// The events of a program contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Two Rust types have, or had, one stored name: which of them a stored event is, nobody can tell.
    #[error(
        "`{}` and `{}` are both stored as `{name}`: change `name` or `aliases` in the `#[event(..)]` of one",
        types[0], types[1]
    )]
    TwoTypes {
        /// The stored name.
        name: &'static str,
        /// The paths of the types.
        types: [&'static str; 2],
    },
}

impl Serialize for EventRegistry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("EventRegistry", 1)?;
        object.serialize_field("events", &self.entries.values().collect::<Vec<_>>())?;
        object.end()
    }
}

impl Serialize for EventEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.event.as_ref();
        let mut object = serializer.serialize_struct("EventEntry", 8)?;
        object.serialize_field("name", self.name)?;
        object.serialize_field("aliases", event.map_or(&[][..], EventType::aliases))?;
        object.serialize_field("version", &event.map(EventType::schema_version))?;
        object.serialize_field("oldest_version", &event.map(EventType::oldest_version))?;
        object.serialize_field("rust_type", &event.map(EventType::rust_type))?;
        object.serialize_field("handled_by", &self.handled_by)?;
        object.serialize_field("ignored_by", &self.ignored_by)?;
        object.serialize_field("projections", &self.projections)?;
        object.end()
    }
}

impl fmt::Display for EventRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const TITLES: [&str; 6] =
            ["event", "version", "formerly", "aggregates", "projections", "Rust type"];
        let mut rows = vec![TITLES.map(str::to_owned)];
        rows.extend(self.entries().map(cells));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<_> = (0..TITLES.len()).map(|n| width(n).unwrap_or(0)).collect();
        rows.insert(1, std::array::from_fn(|n| "─".repeat(widths[n])));
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// A line of the table.
fn cells(entry: &EventEntry) -> [String; 6] {
    let event = entry.event.as_ref();
    let version = |event: &EventType| match (event.oldest_version(), event.schema_version()) {
        (oldest, today) if oldest == today => today.to_string(),
        (oldest, today) => format!("{today}, reads {oldest}…"),
    };
    let handled = entry.handled_by.iter().map(|&name| name.to_owned());
    let ignored = entry.ignored_by.iter().map(|name| format!("({name})"));
    let projections = entry.projections.iter().map(Subscriber::to_string);
    [
        entry.name.to_owned(),
        event.map_or_else(String::new, version),
        event.map_or_else(String::new, |event| event.aliases().join(", ")),
        handled.chain(ignored).collect::<Vec<_>>().join(", "),
        projections.collect::<Vec<_>>().join(", "),
        event.map_or("", EventType::rust_type).to_owned(),
    ]
}
