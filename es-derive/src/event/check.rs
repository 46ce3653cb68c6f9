//! What an event must be.

use syn::{Data, LitInt};

use super::model::{Draft, Event, Step};
use crate::errors::Errors;
use crate::name;

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<Event<'a>> {
    let Draft { item, paths, name, aliases, version, .. } = draft;
    match &item.data {
        Data::Struct(_) => {}
        Data::Enum(data) => errors.at(
            data.enum_token,
            "an event is a struct: make each variant a struct of its own with `#[derive(Event)]`",
        ),
        Data::Union(data) => errors.at(data.union_token, "an event is a struct: write `struct`"),
    }
    if !item.generics.params.is_empty() {
        errors.at(
            &item.generics,
            "an event has no generic parameters: a stored event must have one known type",
        );
    }
    for (at, alias) in aliases.iter().enumerate() {
        name::check(alias, "remove it", errors);
        if alias.value() == name.value() {
            errors.at(
                alias,
                "this is the event's name today, `aliases` are those it had before: remove it",
            );
        } else if aliases[..at].iter().any(|before| before.value() == alias.value()) {
            errors.at(alias, "this alias is there twice: remove one");
        }
    }
    let steps = chain(draft, errors);
    let (ident, version) = (&item.ident, version.as_ref());
    errors.is_empty().then_some(Event { ident, paths, name, aliases, version, steps })
}

/// The steps in the order in which they are gone, which must lead from the oldest version to the one of today.
fn chain<'a>(draft: &'a Draft, errors: &mut Errors) -> Vec<&'a Step> {
    let read_well = errors.is_empty();
    let (today, oldest) = (number(draft.version.as_ref()), number(draft.oldest.as_ref()));
    if let (Some(literal), true) = (&draft.oldest, oldest > today) {
        errors.at(
            literal,
            format!("`oldest = {oldest}` is newer than the event, which has version {today}"),
        );
    }
    let mut steps: Vec<_> = draft.steps.iter().collect();
    steps.sort_by_key(|step| number(Some(&step.from)));
    for step in &draft.steps {
        let from = number(Some(&step.from));
        if from >= today {
            let message = format!(
                "version {from} is not older than the event, which has version {today}: raise `version`, or remove this step"
            );
            errors.at(&step.from, message);
        } else if from < oldest {
            errors.at(
                &step.from,
                format!("version {from} is older than `oldest = {oldest}`: remove one of the two"),
            );
        }
        if steps.iter().filter(|other| number(Some(&other.from)) == from).count() > 1 {
            errors.at(&step.from, format!("there are two steps from version {from}: keep one"));
        }
    }
    let begins = |from| move |step: &&&Step| number(Some(&step.from)) == from;
    let hole = (oldest..today).find(|from| !steps.iter().any(|step| begins(*from)(&step)));
    // With errors before this one, a step may have been meant to be there.
    if let (Some(hole), Some(version), true) =
        (hole, &draft.version, read_well && errors.is_empty())
    {
        let next = hole + 1;
        let or = if steps.iter().any(|step| number(Some(&step.from)) < hole) {
            String::new()
        } else {
            format!(
                ", or `oldest = {}` when nothing older was ever stored",
                steps.first().map_or(today, |step| number(Some(&step.from)))
            )
        };
        errors.at(version, format!("nothing brings version {hole} to {next}: add `#[upcast(from = {hole}, with = …)]`{or}"));
    }
    steps
}

/// A version that has been checked; the first unless given.
fn number(literal: Option<&LitInt>) -> u32 {
    literal.and_then(|literal| literal.base10_parse().ok()).unwrap_or(1)
}
