//! Methods with `#[handles(Event)]`, as far as aggregates and projections read them alike.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote_spanned};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, FnArg, ImplItem, ItemImpl, PatType, Path, ReturnType, Safety, Signature, Token,
    Type, TypeReference,
};

use crate::errors::Errors;
use crate::helper::{self, Helper};
use crate::paths::Paths;
use crate::span;

/// A method with `#[handles(..)]`.
pub(crate) struct Marked {
    /// `handles`, as the user names it.
    path: Path,
    /// The `#[cfg]`s that decide whether it exists.
    cfgs: Vec<Attribute>,
    /// The event; `None` when what is there is none, which has been noted.
    event: Option<Type>,
    pub(crate) signature: Signature,
}

/// An event of a block.
#[derive(Clone, Copy)]
pub(crate) struct EventRef<'a> {
    pub(crate) n: usize,
    /// The conditions of its handler.
    pub(crate) cfgs: &'a [Attribute],
    pub(crate) ty: &'a Type,
}

/// A valid handler.
pub(crate) struct Handler<'a> {
    pub(crate) event: EventRef<'a>,
    pub(crate) signature: &'a Signature,
    /// The first parameter after `self`.
    given: &'a TypeReference,
    /// The second.
    pub(crate) context: Option<&'a TypeReference>,
}

pub(crate) const HANDLES: Helper = Helper {
    name: "handles",
    shown: "#[handles(..)]",
    method: "handler",
    stray: "`#[handles(..)]` works only inside an impl with `#[aggregate]` or `#[projection]`: write one above the `impl`",
};

/// Finds the handlers of an impl and removes their helper attributes.
pub(crate) fn take(item: &mut ItemImpl, errors: &mut Errors) -> Vec<Marked> {
    let mut marked = Vec::new();
    for item in &mut item.items {
        let attributes = HANDLES.take(item, errors);
        let (ImplItem::Fn(method), Some((first, more))) = (item, attributes.split_first()) else {
            continue;
        };
        for second in more {
            errors.at(second, "a handler handles one event: write a method for each");
        }
        marked.push(Marked {
            path: first.path().clone(),
            cfgs: helper::cfgs(&method.attrs),
            event: event_of(first, errors),
            signature: method.sig.clone(),
        });
    }
    marked
}

fn event_of(attr: &Attribute, errors: &mut Errors) -> Option<Type> {
    const EXPECTED: &str = "expected an event type: `#[handles(EventType)]`";
    let Some(list) = attr.meta.require_list().ok().filter(|list| !list.tokens.is_empty()) else {
        errors.at(&attr.meta, EXPECTED);
        return None;
    };
    let types = list.parse_args_with(Punctuated::<Type, Token![,]>::parse_terminated);
    let mut types = types.into_iter().flatten();
    let first = types.next().filter(|ty| matches!(ungrouped(ty), Type::Path(_)));
    if first.is_none() {
        errors.at(&list.tokens, EXPECTED);
    }
    for more in types {
        errors.at(more, "a handler handles one event: write a method for each");
    }
    first
}

/// Uses of the attributes that were taken away.
pub(crate) fn uses(marked: &[Marked]) -> TokenStream {
    marked.iter().map(|Marked { path, cfgs, .. }| helper::used(path, cfgs)).collect()
}

/// Two handlers of what is, letter by letter, one event, or one that is ignored too. Aliases are left to the compiler,
/// which knows types.
pub(crate) fn refuse_repeats(marked: &[Marked], ignored: &[Type], errors: &mut Errors) {
    let handled: Vec<_> = marked.iter().filter_map(|marked| marked.event(0)).collect();
    for event in &handled {
        let times = handled.iter().filter(|other| other.ty == event.ty).count();
        // Handlers that exist only under some condition may exclude one another.
        if times > 1 && event.cfgs.is_empty() {
            let name = shown(event.ty);
            errors.at(event.ty, format!("`{name}` is handled twice: keep one handler"));
        }
    }
    for (at, ty) in ignored.iter().enumerate() {
        let name = shown(ty);
        if ignored[..at].contains(ty) {
            errors.at(ty, format!("`{name}` is ignored twice: list it once"));
        } else if handled.iter().any(|event| event.cfgs.is_empty() && event.ty == ty) {
            let message = "is handled and ignored: remove it from `ignores(..)`, or its handler";
            errors.at(ty, format!("`{name}` {message}"));
        }
    }
}

impl Marked {
    /// The event, when it is known.
    pub(crate) fn event(&self, n: usize) -> Option<EventRef<'_>> {
        Some(EventRef { n, cfgs: &self.cfgs, ty: self.event.as_ref()? })
    }

    /// What every handler must be. `None` when it is not, which has been noted.
    pub(crate) fn check(
        &self,
        n: usize,
        context_example: &str,
        errors: &mut Errors,
    ) -> Option<Handler<'_>> {
        let signature = &self.signature;
        refuse_qualifiers(signature, errors);
        let mut typed = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        let example = self.event.as_ref().map_or_else(|| "Event".to_owned(), shown);
        let example = format!("`event: &{example}`");
        let Some(given) = typed.next() else {
            errors.at(&signature.ident, format!("a handler takes its event: add {example}"));
            return None;
        };
        let context = typed.next();
        for more in typed {
            errors.at(more, "a handler takes its event and at most one context: remove this");
        }
        let given = reference(given, "event", &example, errors);
        if let Some(token) = given.and_then(|given| given.mutability) {
            errors.at(token, "an event never changes: remove `mut`");
        }
        let context = context.and_then(|cx| reference(cx, "context", context_example, errors));
        Some(Handler { event: self.event(n)?, signature, given: given?, context })
    }
}

fn refuse_qualifiers(signature: &Signature, errors: &mut Errors) {
    if !signature.generics.params.is_empty() {
        errors.at(
            &signature.generics,
            "a handler cannot be generic, nor have lifetimes of its own: it handles one event type",
        );
    }
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(token, "a handler cannot be `unsafe`: remove it");
    }
}

fn reference<'a>(
    parameter: &'a PatType,
    what: &str,
    example: &str,
    errors: &mut Errors,
) -> Option<&'a TypeReference> {
    let is_impl = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "impl");
    if let Some(token) = parameter.ty.to_token_stream().into_iter().find(is_impl) {
        errors.at(token, "a handler cannot be generic: name the type");
        return None;
    }
    match ungrouped(&parameter.ty) {
        Type::Reference(reference) => return Some(reference),
        other => errors.at(other, format!("a handler borrows its {what}: write {example}")),
    }
    None
}

impl EventRef<'_> {
    /// Where its name is written.
    pub(crate) fn here(&self) -> Span {
        span::of_type(self.ty)
    }

    /// What generated code calls it: a private alias, so that a name that does not exist is reported once, where the
    /// user wrote it, and not at every use.
    pub(crate) fn alias(&self, span: Span) -> Ident {
        format_ident!("__Event{}", self.n, span = span)
    }

    /// The alias, and the only place where generated code asks whether it is an event.
    pub(crate) fn define(&self, paths: &Paths) -> TokenStream {
        let (here, Self { cfgs, ty, .. }) = (self.here(), self);
        let (private, alias) = (paths.private(here), self.alias(here));
        quote_spanned! {here=>
            #(#cfgs)*
            type #alias = #ty;
            #(#cfgs)*
            const _: () = #private::assert_event::<#alias>();
        }
    }
}

impl Handler<'_> {
    /// `event` as the first argument. What the compiler may find wrong about it it reports at the type arguments, which
    /// are placed at the user's own token; without them it would point at the macro's call.
    pub(crate) fn argument(&self, paths: &Paths, event: &Ident) -> TokenStream {
        let there = span::of_type(&self.given.elem);
        let (private, alias) = (paths.private(there), self.event.alias(there));
        quote_spanned!(there=> #private::as_parameter::<#alias, _>(#event))
    }
}

/// The type after `->`; `()` is as good as none.
pub(crate) fn output(signature: &Signature) -> Option<&Type> {
    match &signature.output {
        ReturnType::Type(_, ty) => match &**ty {
            Type::Tuple(unit) if unit.elems.is_empty() => None,
            ty => Some(ty),
        },
        ReturnType::Default => None,
    }
}

/// A type as a person would write it.
pub(crate) fn shown(ty: &Type) -> String {
    const SPACED: [&str; 7] = [" :: ", ":: ", " < ", "< ", " >", "& ", " ,"];
    let text = ty.to_token_stream().to_string();
    SPACED.iter().fold(text, |text, spaced| text.replace(spaced, spaced.trim()))
}

/// A type that came through a `macro_rules!` parameter is in an invisible group.
pub(crate) fn ungrouped(mut ty: &Type) -> &Type {
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    ty
}
