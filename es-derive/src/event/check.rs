//! What an event must be.

use syn::{Data, LitInt};

use super::model::{Draft, Event, Step};
use crate::errors::Errors;
use crate::name;

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<Event<'a>> {
    const ENUM: &str =
        "an event is a struct: make each variant a struct of its own with `#[derive(Event)]`";
    const GENERIC: &str =
        "an event has no generic parameters: a stored event must have one known type";
    const NOT_AN_ALIAS: &str =
        "this is the event's name today, `aliases` are those it had before: remove it";
    let Draft { item, name, aliases, .. } = draft;
    match &item.data {
        Data::Struct(_) => {}
        Data::Enum(data) => errors.at(data.enum_token, ENUM),
        Data::Union(data) => errors.at(data.union_token, "an event is a struct: write `struct`"),
    }
    if !item.generics.params.is_empty() {
        errors.at(&item.generics, GENERIC);
    }
    for (at, alias) in aliases.iter().enumerate() {
        name::check(alias, "remove it", errors);
        if alias.value() == name.value() {
            errors.at(alias, NOT_AN_ALIAS);
        } else if aliases[..at].iter().any(|before| before.value() == alias.value()) {
            errors.at(alias, "this alias is there twice: remove one");
        }
    }
    let steps = chain(draft, errors);
    errors.is_empty().then_some(Event { draft, steps })
}

/// The steps in the order in which they are gone, which must lead from the oldest version to the one of today.
fn chain<'a>(draft: &'a Draft, errors: &mut Errors) -> Vec<&'a Step> {
    let read_well = errors.is_empty();
    let number =
        |version: &Option<LitInt>| version.as_ref().map_or(1, |n| n.base10_parse().unwrap_or(1));
    let (today, oldest) = (number(&draft.version), number(&draft.oldest));
    if let Some(oldest) = draft.oldest.as_ref().filter(|_| oldest > today) {
        let message = "is newer than the event, which has version";
        errors.at(oldest, format!("`oldest = {oldest}` {message} {today}: lower it"));
    }
    for Step { from, at, .. } in &draft.steps {
        if *at >= today {
            let wrong = format!("the event has version {today}, no step begins at {at}");
            errors.at(from, format!("{wrong}: raise `version`, or remove this step"));
        } else if *at < oldest {
            let wrong = format!("version {at} is older than `oldest = {oldest}`");
            errors.at(from, format!("{wrong}: remove one of the two"));
        }
        if draft.steps.iter().filter(|other| other.at == *at).count() > 1 {
            errors.at(from, format!("there are two steps from version {at}: keep one"));
        }
    }
    let mut steps: Vec<_> = draft.steps.iter().collect();
    steps.sort_by_key(|step| step.at);
    let found = steps.iter().map(|step| step.at).chain(std::iter::repeat(0));
    let hole = (oldest..today).zip(found).find(|(wanted, found)| wanted != found);
    // With errors before this one, a step may have been meant to be there.
    if let (Some((hole, _)), Some(version)) = (hole, &draft.version)
        && read_well
        && errors.is_empty()
    {
        let (next, first) = (hole + 1, steps.first().map_or(today, |step| step.at));
        let or = format!(", or `oldest = {first}` when nothing older was ever stored");
        let or = if hole == oldest { or.as_str() } else { "" };
        let add = format!("add `#[upcast(from = {hole}, with = …)]`");
        errors.at(version, format!("nothing brings version {hole} to {next}: {add}{or}"));
    }
    steps
}
