//! States of many shapes, and what their fingerprints tell apart.

#![deny(missing_docs, unreachable_pub, missing_debug_implementations, warnings)]
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use es_core::prelude::*;
use es_core::{Fingerprint, Payload};

type Alias<T> = Option<T>;

/// An account.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize, Snapshot)]
pub struct Account {
    owner: String,
    r#type: Alias<Kind>,
    limits: HashMap<String, Vec<Box<limits::Limit>>>,
    pair: (u8, [limits::Limit; 2]),
    children: Vec<Account>,
    first: Option<Box<Self>>,
    name: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Snapshot)]
enum Kind {
    Plain,
    Named(String),
    Limited { limit: limits::Limit },
}

mod limits {
    #[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, es_core::Snapshot)]
    pub(super) struct Limit(pub(super) u32);
}

#[derive(Debug, Default, Serialize, Deserialize, Snapshot)]
struct Nothing;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[aggregate(id = Uuid, snapshot(every = 20))]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

#[aggregate(id = Uuid, snapshot)]
impl Nothing {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

/// The same struct with a change.
macro_rules! shape {
    ($($item:tt)*) => {{
        #[derive(Serialize, Deserialize, Snapshot)]
        #[allow(dead_code, reason = "only its shape is asked for")]
        $($item)*
        <State as Snapshot>::FINGERPRINT
    }};
}

/// A part that has a shape of its own, in two versions.
mod before {
    #[derive(serde::Serialize, serde::Deserialize, es_core::Snapshot)]
    pub(super) struct Part { pub(super) cents: i64 }
}

mod after {
    #[derive(serde::Serialize, serde::Deserialize, es_core::Snapshot)]
    pub(super) struct Part { pub(super) cents: i64, pub(super) currency: String }
}

mod unknown {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct Part { pub(super) cents: i64 }
}

/// Of one text, with three types behind it.
macro_rules! with_part {
    ($module:ident, $ty:ty) => {{
        use $module::Part;
        shape! { struct State { part: $ty } }
    }};
}

fn what_changes_the_json_changes_the_fingerprint() {
    let one = shape! { struct State { owner: String, cents: i64 } };
    assert_eq!(one, shape! { struct State { cents: i64, owner: String } }, "the order of named fields");
    assert_eq!(one, shape! { struct State { /** Who. */ #[allow(unused)] pub owner: String, cents: i64 } }, "documentation");
    let others: &[Fingerprint] = &[
        shape! { struct State { owner: String, cent: i64 } },
        shape! { struct State { owner: String, cents: u64 } },
        shape! { struct State { owner: String } },
        shape! { struct State { owner: String, cents: i64, more: bool } },
        shape! { struct State { #[serde(rename = "o")] owner: String, cents: i64 } },
        shape! { #[serde(rename_all = "camelCase")] struct State { owner: String, cents: i64 } },
        shape! { #[snapshot(version = 2)] struct State { owner: String, cents: i64 } },
        shape! { #[snapshot(version = 3)] struct State { owner: String, cents: i64 } },
        shape! { struct State(String, i64); },
        shape! { struct State(i64, String); },
        shape! { struct State; },
        shape! { enum State { Owner(String), Cents(i64) } },
        shape! { enum State { Cents(i64), Owner(String) } },
        shape! { enum State { Owner(String), Cents(i64), None } },
        shape! { enum State { Owner { of: String }, Cents(i64) } },
        one,
    ];
    for (at, fingerprint) in others.iter().enumerate() {
        assert!(!others[..at].contains(fingerprint), "{at} has the fingerprint of another");
    }
}

fn a_part_has_its_say_wherever_it_stands() {
    macro_rules! check {
        ($($ty:ty),+) => {$(
            let shapes =
                [with_part!(before, $ty), with_part!(after, $ty), with_part!(unknown, $ty)];
            assert_ne!(shapes[0], shapes[1], stringify!($ty));
            assert_ne!(shapes[0], shapes[2], stringify!($ty));
        )+};
    }
    check!(Part, Option<Part>, Vec<Part>, Box<Part>, BTreeMap<u32, Part>, (u8, Part), [Part; 3]);
    check!(Vec<Option<Box<Part>>>, HashMap<String, (u8, Vec<Part>)>, std::boxed::Box<[Part]>);
}

fn main() {
    what_changes_the_json_changes_the_fingerprint();
    a_part_has_its_say_wherever_it_stands();
    let every = |policy: Option<u64>| policy;
    assert_eq!(every(Account::SNAPSHOTS.map(|policy| policy.get_every())), Some(20));
    assert_eq!(every(Nothing::SNAPSHOTS.map(|policy| policy.get_every())), Some(100));

    let mut account = Account { owner: "Ada".into(), r#type: Some(Kind::Named("x".into())), ..Account::default() };
    account.limits.insert("a day".into(), vec![Box::new(limits::Limit(3))]);
    account.children.push(Account::default());
    account.first = Some(Box::default());
    let kept = account.to_snapshot().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(Account::from_snapshot(&kept).ok(), Some(account));
    let other = Payload::from_json("[]").unwrap_or_else(|error| panic!("{error}"));
    assert!(Account::from_snapshot(&other).is_err());
    assert!(matches!(Kind::Plain.to_snapshot(), Ok(kept) if kept.as_str() == "\"Plain\""));
    let limited = Kind::Limited { limit: limits::Limit(1) };
    assert!(matches!(limited.to_snapshot(), Ok(kept) if Kind::from_snapshot(&kept).is_ok()));
}
