//! From syntax to what `#[derive(Event)]` was asked for.

use proc_macro2::TokenStream;
use syn::{Attribute, DeriveInput, LitInt, LitStr, Path, Type};

use crate::attr::{Options, Setting};
use crate::errors::Errors;
use crate::name;
use crate::paths::Paths;

/// A type as it was written.
pub(crate) struct Draft {
    pub(crate) item: DeriveInput,
    pub(crate) paths: Paths,
    pub(crate) name: LitStr,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) version: Option<LitInt>,
    pub(crate) oldest: Option<LitInt>,
    pub(crate) steps: Vec<Step>,
}

/// `#[upcast(from = 1, …)]`: the way from one version to the next.
pub(crate) struct Step {
    pub(crate) from: LitInt,
    /// The same as a number.
    pub(crate) at: u32,
    pub(crate) way: Way,
}

pub(crate) enum Way {
    /// A function on JSON.
    With(Path),
    /// The type that the event had at that version.
    Via(Box<Type>),
}

/// A valid event.
pub(crate) struct Event<'a> {
    pub(crate) draft: &'a Draft,
    /// By rising version, without holes, up to the one before the event's own.
    pub(crate) steps: Vec<&'a Step>,
}

/// `None` when there is no type to speak of.
pub(crate) fn read(item: TokenStream, errors: &mut Errors) -> Option<Draft> {
    const EXAMPLE: &str = "#[event(name = \"…\", version = 1)]";
    let item: DeriveInput = errors.ok(syn::parse2(item))?;
    let mut options = Options::of(&item.attrs, "event", EXAMPLE, errors);
    let paths = Paths::take(&mut options, errors);
    let name = options.take("name", errors);
    let name = name::stored(name.as_ref(), &item.ident, errors);
    let aliases = options.take("aliases", errors);
    let aliases = aliases.map_or_else(Vec::new, |setting| setting.list("\"…\"", errors));
    let mut version = |key| options.take(key, errors)?.version(errors);
    let (version, oldest) = (version("version"), version("oldest"));
    options.finish(&["name", "version", "aliases", "oldest", "crate"], errors);
    let steps =
        Options::each(&item.attrs, "upcast", "#[upcast(from = 1, with = function)]", errors);
    let steps = steps.filter_map(|(attr, options)| step(attr, options, errors)).collect();
    Some(Draft { item, paths, name, aliases, version, oldest, steps })
}

fn step(attr: &Attribute, mut options: Options, errors: &mut Errors) -> Option<Step> {
    const NO_FROM: &str =
        "`from` is missing: write `from = 1`, the version that this step begins with";
    const NO_WAY: &str = "the step has no way: write `with = function`, from JSON to JSON, or `via = OldType`, from which the next version is made";
    let from = options.take("from", errors);
    if from.is_none() {
        errors.at(attr, NO_FROM);
    }
    let from = from.and_then(|setting| setting.version(errors));
    let (with, via) = (options.take("with", errors), options.take("via", errors));
    options.finish(&["from", "with", "via"], errors);
    match (&with, &via) {
        (Some(_), Some(via)) => errors.at(via, "a step goes one way: keep `with` or `via`"),
        (None, None) => errors.at(attr, NO_WAY),
        _ => {}
    }
    let function = |with: Setting| {
        with.value("the path of a function", "function", |_| true, errors).map(Way::With)
    };
    let way = match via {
        None => with.and_then(function),
        Some(via) => via.type_path("OldType", errors).map(|ty| Way::Via(Box::new(ty))),
    };
    let from = from?;
    Some(Step { at: errors.ok(from.base10_parse())?, from, way: way? })
}
