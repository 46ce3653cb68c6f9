//! The catalogue of a program's events.

#![expect(clippy::unused_self, reason = "which events a handler handles is all that matters here")]

use es_core::prelude::*;
use es_core::{Batch, BoxFuture, EventRegistry, RegistryError};

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "opened", version = 2, oldest = 2)]
struct Opened;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "money-withdrawn", aliases("withdrawn", "taken"))]
struct Withdrawn;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "noted")]
struct Noted;

#[derive(Default)]
struct Account;

#[aggregate(name = "account", id = Uuid, ignores(Noted))]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    #[handles(Withdrawn)]
    fn withdrawn(&mut self, _: &Withdrawn) {}
}

#[derive(Default)]
struct Journal;

#[aggregate(name = "journal", id = Uuid)]
impl Journal {
    #[handles(Noted)]
    fn noted(&mut self, _: &Noted) {}
}

struct Balances;

#[projection(name = "balances", version = 3)]
impl Balances {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    #[handles(Withdrawn)]
    fn withdrawn(&mut self, _: &Withdrawn) {}
}

/// Written by hand: it tells the names alone, one of which is an old one.
struct Audit;

impl Projection for Audit {
    const NAME: &'static str = "audit";
    const SUBSCRIBED_TO: &'static [&'static str] = &["taken", "frozen"];

    fn handle<'a>(
        &'a mut self,
        _: &'a StoredEvent,
        _: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async { Ok(()) })
    }
}

mod other {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(name = "taken")]
    pub(super) struct Taken;

    #[derive(Default)]
    pub(super) struct Shop;

    #[aggregate(id = Uuid)]
    impl Shop {
        #[handles(Taken)]
        fn taken(&mut self, _: &Taken) {}
    }

    pub(super) struct Sales;

    #[projection]
    impl Sales {
        #[handles(Taken)]
        fn taken(&mut self, _: &Taken) {}
    }
}

fn all() -> EventRegistry {
    EventRegistry::new()
        .with_projection::<Audit>()
        .with::<Account>()
        .with::<Journal>()
        .with_projection::<Balances>()
        .with::<Account>()
        .with_projection::<Balances>()
}

#[test]
fn it_lists_itself_as_a_table() {
    let expected = "\
event            version  formerly          aggregates          projections            Rust type
───────────────  ───────  ────────────────  ──────────────────  ─────────────────────  ───────────────────
frozen                                                          audit v1
money-withdrawn  1        withdrawn, taken  account             audit v1, balances v3  registry::Withdrawn
noted            1                          journal, (account)                         registry::Noted
opened           2                          account             balances v3            registry::Opened
";
    assert_eq!(all().to_string(), expected);
}

#[test]
fn it_lists_itself_as_json() {
    let expected = serde_json::json!({ "events": [
        {
            "name": "frozen", "aliases": [], "version": null, "oldest_version": null, "rust_type": null,
            "handled_by": [], "ignored_by": [], "projections": [{ "name": "audit", "version": 1 }],
        },
        {
            "name": "money-withdrawn", "aliases": ["withdrawn", "taken"], "version": 1, "oldest_version": 1,
            "rust_type": "registry::Withdrawn", "handled_by": ["account"], "ignored_by": [],
            "projections": [{ "name": "audit", "version": 1 }, { "name": "balances", "version": 3 }],
        },
        {
            "name": "noted", "aliases": [], "version": 1, "oldest_version": 1, "rust_type": "registry::Noted",
            "handled_by": ["journal"], "ignored_by": ["account"], "projections": [],
        },
        {
            "name": "opened", "aliases": [], "version": 2, "oldest_version": 2, "rust_type": "registry::Opened",
            "handled_by": ["account"], "ignored_by": [], "projections": [{ "name": "balances", "version": 3 }],
        },
    ] });
    assert_eq!(serde_json::to_value(all()).unwrap(), expected);
}

#[test]
fn the_order_of_registration_does_not_matter() {
    let backwards = EventRegistry::new()
        .with_projection::<Balances>()
        .with::<Journal>()
        .with::<Account>()
        .with_projection::<Audit>();
    let shown = |registry: &EventRegistry, name: &str| {
        let entry = registry.get(name).unwrap();
        let mut projections: Vec<_> = entry.projections().iter().map(ToString::to_string).collect();
        projections.sort();
        (entry.name(), entry.event_type().copied(), entry.handled_by().to_owned(), projections)
    };
    for name in ["frozen", "taken", "withdrawn", "money-withdrawn", "noted", "opened"] {
        assert_eq!(shown(&all(), name), shown(&backwards, name));
    }
    assert_eq!(all().entries().len(), backwards.entries().len());
    assert!(all().get("closed").is_none());
}

#[test]
fn two_types_under_one_name_are_refused() {
    let error = all().try_with::<other::Shop>().unwrap_err();
    let expected = "`registry::Withdrawn` and `registry::other::Taken` are both stored as `taken`: \
                    change `name` or `aliases` in the `#[event(..)]` of one";
    assert_eq!(error.to_string(), expected);
    assert!(matches!(error, RegistryError::TwoTypes { name: "taken", .. }), "{error:?}");
    assert!(all().try_with_projection::<other::Sales>().is_err());

    let shop = EventRegistry::new().with::<other::Shop>();
    let error = shop.try_with::<Account>().unwrap_err();
    assert!(matches!(error, RegistryError::TwoTypes { name: "taken", .. }), "{error:?}");
}

#[test]
#[should_panic = "are both stored as `taken`"]
fn with_panics_where_try_with_fails() {
    let _ = all().with::<other::Shop>();
}

#[test]
#[should_panic = "are both stored as `taken`"]
fn with_projection_panics_where_try_with_projection_fails() {
    let _ = all().with_projection::<other::Sales>();
}
