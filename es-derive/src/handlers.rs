//! Methods with `#[handles(Event)]`, as far as aggregates and projections read them alike.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{
    Attribute, FnArg, ImplItem, ItemImpl, Meta, PatType, Path, ReturnType, Safety, Signature,
    Token, Type,
};

use crate::errors::Errors;
use crate::{paths, span};

/// A method with `#[handles(..)]`.
pub(crate) struct Marked {
    /// `handles`, as the user names it.
    path: Path,
    /// The `#[cfg]`s that decide whether it exists.
    pub(crate) cfgs: Vec<Attribute>,
    /// The event; `None` when what is there is none, which has been noted.
    pub(crate) event: Option<Type>,
    pub(crate) signature: Signature,
}

/// What a handler takes besides `self`.
pub(crate) struct Inputs {
    pub(crate) event: Parameter,
    pub(crate) context: Option<Parameter>,
}

/// A parameter that is a reference.
pub(crate) struct Parameter {
    /// What it refers to.
    pub(crate) ty: Type,
    pub(crate) mutability: Option<Token![mut]>,
}

/// Finds the handlers of an impl and removes their helper attributes.
pub(crate) fn take(item: &mut ItemImpl, errors: &mut Errors) -> Vec<Marked> {
    let mut marked = Vec::new();
    for item in &mut item.items {
        let ImplItem::Fn(method) = item else {
            refuse_on_others(item, errors);
            continue;
        };
        let attributes = remove(&mut method.attrs);
        let Some((first, more)) = attributes.split_first() else { continue };
        for second in more {
            errors.at(second, "a handler handles one event: write a method for each");
        }
        let event = event_of(first, errors);
        let cfgs = method.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
        let path = first.path().clone();
        marked.push(Marked {
            path,
            cfgs: cfgs.cloned().collect(),
            event,
            signature: method.sig.clone(),
        });
    }
    marked
}

/// What generated code puts into `#[handles(..)]`.
const USED: &str = "__used";

/// Uses of the attributes that were taken away. So the name must be in scope where it is written, its import is not
/// reported as unused, and editors know what it is.
pub(crate) fn uses(marked: &[Marked]) -> TokenStream {
    let used = Ident::new(USED, Span::mixed_site());
    let each = marked.iter().map(|Marked { path, cfgs, .. }| {
        quote_spanned!(path.span()=> #(#cfgs)* #[#path(#used)] const _: () = ();)
    });
    each.collect()
}

/// What `#[handles(..)]` says where no macro has taken it away.
pub(crate) fn stray(argument: &TokenStream, item: &TokenStream) -> TokenStream {
    if argument.to_string() == USED {
        return item.clone();
    }
    let mut errors = Errors::default();
    // No token of the attribute is wrong: its place is.
    errors.whole(
        "`#[handles(..)]` works only inside an impl with `#[aggregate]` or `#[projection]`: write one above the `impl`",
    );
    let errors = errors.items();
    quote!(#item #errors)
}

/// The event and the context among a handler's parameters.
pub(crate) fn inputs(
    marked: &Marked,
    context_example: &str,
    errors: &mut Errors,
) -> Option<Inputs> {
    let signature = &marked.signature;
    refuse_qualifiers(signature, errors);
    let mut typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let example = marked.event.as_ref().map_or_else(|| "Event".to_owned(), shown);
    let Some(event) = typed.next() else {
        errors.at(&signature.ident, format!("a handler takes its event: add `event: &{example}`"));
        return None;
    };
    let context = typed.next();
    for more in typed {
        errors.at(more, "a handler takes its event and at most one context: remove this");
    }
    let event = parameter(event, errors, || {
        format!("a handler borrows its event: write `event: &{example}`")
    });
    let event = event.filter(|event| match event.mutability {
        Some(token) => {
            errors.at(token, "an event never changes: remove `mut`");
            false
        }
        None => true,
    });
    let context = context.map(|context| {
        parameter(context, errors, || {
            format!("a handler borrows its context: write {context_example}")
        })
    });
    match context {
        Some(context) => Some(Inputs { event: event?, context: Some(context?) }),
        None => Some(Inputs { event: event?, context: None }),
    }
}

/// The private names of the impl's type and of the events, those handled before those ignored.
pub(crate) fn aliases<'a>(
    this: &Type,
    handled: impl Iterator<Item = (&'a [Attribute], &'a Type)>,
    ignored: &'a [Type],
) -> TokenStream {
    let events = handled.chain(ignored.iter().map(|event| (&[] as &[Attribute], event)));
    let here = span::of_type(this);
    let alias = paths::self_alias(here);
    let self_alias = quote_spanned!(here=> type #alias = #this;);
    let aliases = events.enumerate().map(|(n, (cfgs, event))| {
        let here = span::of_type(event);
        let alias = paths::event_alias(n, here);
        quote_spanned!(here=> #(#cfgs)* type #alias = #event;)
    });
    std::iter::once(self_alias).chain(aliases).collect()
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

/// Two handlers of what is, letter by letter, one event, or one that is ignored too. Aliases are left to the compiler,
/// which knows types.
pub(crate) fn refuse_repeats(marked: &[Marked], ignored: &[Type], errors: &mut Errors) {
    let events: Vec<_> = events(marked).collect();
    for (at, (cfgs, event)) in events.iter().enumerate() {
        let repeated = events.iter().enumerate().any(|(other, (_, ty))| other != at && ty == event);
        // Handlers that exist only under some condition may exclude one another.
        if repeated && cfgs.is_empty() {
            let event_name = shown(event);
            errors.at(event, format!("`{event_name}` is handled twice: keep one handler"));
        }
    }
    for (at, event) in ignored.iter().enumerate() {
        let event_name = shown(event);
        if ignored.iter().take(at).any(|ty| ty == event) {
            errors.at(event, format!("`{event_name}` is ignored twice: list it once"));
        } else if events.iter().any(|(cfgs, ty)| cfgs.is_empty() && *ty == event) {
            let message = "is handled and ignored: remove it from `ignores(..)`, or its handler";
            errors.at(event, format!("`{event_name}` {message}"));
        }
    }
}

/// The events that are known by their types, with the conditions of their handlers.
pub(crate) fn events(marked: &[Marked]) -> impl Iterator<Item = (&[Attribute], &Type)> {
    marked.iter().filter_map(|marked| Some((&*marked.cfgs, marked.event.as_ref()?)))
}

/// A type as a person would write it.
pub(crate) fn shown(ty: &Type) -> String {
    let mut text = ty.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

fn is_handles(attr: &Attribute) -> bool {
    attr.path().segments.last().is_some_and(|segment| segment.ident == "handles")
}

fn remove(attrs: &mut Vec<Attribute>) -> Vec<Attribute> {
    attrs.extract_if(.., |attr| is_handles(attr)).collect()
}

fn refuse_on_others(item: &mut ImplItem, errors: &mut Errors) {
    let attrs = match item {
        ImplItem::Const(item) => &mut item.attrs,
        ImplItem::Type(item) => &mut item.attrs,
        ImplItem::Macro(item) => &mut item.attrs,
        _ => return,
    };
    for attr in remove(attrs) {
        errors.at(attr, "`#[handles(..)]` belongs on a method");
    }
}

fn event_of(attr: &Attribute, errors: &mut Errors) -> Option<Type> {
    const EXPECTED: &str = "expected an event type: `#[handles(EventType)]`";
    let tokens = match &attr.meta {
        Meta::List(list) if !list.tokens.is_empty() => &list.tokens,
        meta => {
            errors.at(meta, EXPECTED);
            return None;
        }
    };
    let types = Punctuated::<Type, Token![,]>::parse_terminated.parse2(tokens.clone());
    let Ok(types) = types else {
        errors.at(tokens, EXPECTED);
        return None;
    };
    let mut types = types.into_iter();
    let first = types.next();
    for more in types {
        errors.at(more, "a handler handles one event: write a method for each");
    }
    match first {
        Some(ty) if matches!(ungrouped(&ty), Type::Path(_)) => Some(ty),
        other => {
            errors.at(other, EXPECTED);
            None
        }
    }
}

/// A type that came through a `macro_rules!` parameter is in an invisible group.
pub(crate) fn ungrouped(mut ty: &Type) -> &Type {
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    ty
}

fn refuse_qualifiers(signature: &Signature, errors: &mut Errors) {
    if !signature.generics.params.is_empty() {
        errors.at(&signature.generics, "a handler cannot be generic: it handles one event type");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(token, "a handler cannot be `unsafe`: remove it");
    }
}

fn parameter(
    typed: &PatType,
    errors: &mut Errors,
    expected: impl FnOnce() -> String,
) -> Option<Parameter> {
    if let Some(token) = find_impl(typed.ty.to_token_stream()) {
        errors.at(token, "a handler cannot be generic: name the type");
        return None;
    }
    match ungrouped(&typed.ty) {
        Type::Reference(reference) => {
            Some(Parameter { ty: (*reference.elem).clone(), mutability: reference.mutability })
        }
        other => {
            errors.at(other, expected());
            None
        }
    }
}

fn find_impl(tokens: TokenStream) -> Option<TokenTree> {
    tokens.into_iter().find(|token| matches!(token, TokenTree::Ident(ident) if ident == "impl"))
}
