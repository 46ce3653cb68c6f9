//! `#[handles(Event)]` methods: what aggregates and projections have in common.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned as _;
use syn::{
    Attribute, FnArg, GenericParam, Ident, ImplItem, ItemImpl, Meta, Path, ReceiverKind,
    ReturnType, Signature, Token, Type,
};

use crate::errors::Errors;

/// A method that handles one event.
pub(crate) struct Handler {
    /// The event, as it stands in the attribute.
    pub(crate) event: Path,
    /// The conditions under which the method exists.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) method: Ident,
    pub(crate) receiver: Receiver,
    /// The type behind the reference of the event's parameter.
    pub(crate) parameter: Type,
    pub(crate) context: Option<Context>,
    pub(crate) asyncness: Option<Token![async]>,
    pub(crate) output: ReturnType,
}

pub(crate) enum Receiver {
    None,
    Shared(FnArg),
    Exclusive,
}

/// The second parameter.
pub(crate) struct Context {
    pub(crate) ty: Type,
    pub(crate) exclusive: bool,
}

impl Handler {
    /// Where errors about the event are to point.
    pub(crate) fn span(&self) -> Span {
        self.event.span()
    }
}

/// Parses the block that an attribute stands on; anything else is handed back as it was, with the reason.
pub(crate) fn block(item: TokenStream, attribute: &str) -> Result<ItemImpl, TokenStream> {
    syn::parse2(item.clone()).map_err(|parse| {
        let is_block = item.clone().into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => ident == "impl",
            _ => false,
        });
        let error = if is_block {
            parse
        } else {
            let message = format!("expected an `impl` block below `#[{attribute}]`");
            syn::Error::new_spanned(item.clone().into_iter().next(), message)
        };
        let mut output = item;
        output.extend(error.into_compile_error());
        output
    })
}

/// The rules for the block itself, whatever its handlers are.
pub(crate) fn check_block(block: &ItemImpl, attribute: &str, errors: &mut Errors) {
    if let Some((path, _)) = &block.trait_ {
        let message = "expected the type's own block, `impl Type { … }`, not a trait's";
        errors.at(path, format!("{message}: `#[{attribute}]` reads the methods in it"));
    }
    if !block.generics.params.is_empty() {
        let message = "a generic type cannot be registered by name: write one type for each kind";
        errors.at(&block.generics, message);
    }
}

/// Takes the handlers out of a block: the methods stay, their `#[handles(..)]` go. One that breaks a rule is left out,
/// and its event is given as well, as far as it can be read.
pub(crate) fn take(block: &mut ItemImpl, errors: &mut Errors) -> (Vec<Handler>, Vec<Path>) {
    let (mut handlers, mut events) = (Vec::new(), Vec::new());
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else { continue };
        let (ours, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut method.attrs).into_iter().partition(is_handles);
        method.attrs = others;
        let mut ours = ours.into_iter();
        let Some(first) = ours.next() else { continue };
        for more in ours {
            errors.at(more, "a method handles one event: write a second method for this one");
        }
        let Some(event) = event(&first, errors) else { continue };
        events.push(event.clone());
        let cfgs = method.attrs.iter().filter(|a| a.path().is_ident("cfg")).cloned().collect();
        handlers.extend(handler(event, cfgs, &method.sig, errors));
    }
    if handlers.is_empty() && errors.is_empty() {
        errors.at(
            &block.self_ty,
            "nothing is handled here: add a method with `#[handles(EventType)]`",
        );
    }
    (handlers, events)
}

/// `#[handles(..)]` where no outer macro has taken it away.
pub(crate) fn misplaced(item: TokenStream) -> TokenStream {
    // The attribute itself is what is wrong, and the call site is the attribute.
    let error = syn::Error::new(
        Span::call_site(),
        "`#[handles(..)]` works only on a method inside an `impl` block with `#[aggregate(..)]` or `#[projection(..)]`",
    );
    let mut output = item;
    output.extend(error.into_compile_error());
    output
}

/// Written as `handles`, or by a path that ends with it.
fn is_handles(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "handles")
}

fn event(attribute: &Attribute, errors: &mut Errors) -> Option<Path> {
    const EXPECTED: &str = "expected an event type: `#[handles(EventType)]`";
    let Meta::List(list) = &attribute.meta else {
        errors.at(attribute, EXPECTED);
        return None;
    };
    let parser = |input: syn::parse::ParseStream<'_>| {
        let path: Path = input.parse()?;
        let rest: TokenStream = input.parse()?;
        Ok((path, rest))
    };
    let wrong: &dyn ToTokens = if list.tokens.is_empty() { attribute } else { &list.tokens };
    match list.parse_args_with(parser) {
        Ok((path, rest)) if rest.is_empty() => Some(path),
        Ok((_, rest)) if rest.to_string().starts_with(',') => {
            errors.at(rest, "a method handles one event: write a second method for this one");
            None
        }
        _ => {
            errors.at(wrong, EXPECTED);
            None
        }
    }
}

fn handler(
    event: Path,
    cfgs: Vec<Attribute>,
    signature: &Signature,
    errors: &mut Errors,
) -> Option<Handler> {
    let Signature { ident, generics, inputs, output, asyncness, .. } = signature;
    if generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_))) {
        errors.at(generics, "a handler is not generic: it handles one event type");
        return None;
    }
    let mut inputs = inputs.iter().peekable();
    let receiver = receiver(&mut inputs, errors)?;
    let name = spelled(&event);
    let Some(parameter) = inputs.next() else {
        errors.at(ident, format!("the event is missing: add the parameter `event: &{name}`"));
        return None;
    };
    let (parameter, _) =
        reference(parameter, || format!("expected a reference: `&{name}`"), errors)?;
    let context = match inputs.next() {
        None => None,
        Some(context) => {
            let expected =
                || "expected a reference to a context, such as `&EventContext`".to_owned();
            let (ty, exclusive) = reference(context, expected, errors)?;
            Some(Context { ty, exclusive })
        }
    };
    if let Some(more) = inputs.next() {
        errors.at(more, "a handler takes the event and at most one context: leave this out");
        return None;
    }
    let (method, asyncness, output) = (ident.clone(), *asyncness, output.clone());
    Some(Handler { event, cfgs, method, receiver, parameter, context, asyncness, output })
}

fn receiver<'a>(
    inputs: &mut std::iter::Peekable<impl Iterator<Item = &'a FnArg>>,
    errors: &mut Errors,
) -> Option<Receiver> {
    let Some(argument @ FnArg::Receiver(receiver)) = inputs.peek() else {
        return Some(Receiver::None);
    };
    let found = match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => Receiver::Shared((*argument).clone()),
        ReceiverKind::Reference(_, _, Some(_)) => Receiver::Exclusive,
        _ => {
            errors.at(receiver, "a handler does not take `self` by value: write `&mut self`");
            return None;
        }
    };
    inputs.next();
    Some(found)
}

/// The type behind a parameter's reference, and whether the reference is exclusive.
fn reference(
    argument: &FnArg,
    expected: impl Fn() -> String,
    errors: &mut Errors,
) -> Option<(Type, bool)> {
    let FnArg::Typed(argument) = argument else { return None };
    let Type::Reference(reference) = &*argument.ty else {
        errors.at(&argument.ty, expected());
        return None;
    };
    Some((strip_parens(&reference.elem), reference.mutability.is_some()))
}

fn strip_parens(ty: &Type) -> Type {
    match ty {
        Type::Paren(paren) => strip_parens(&paren.elem),
        other => other.clone(),
    }
}

/// A path as a user writes it, without the blanks of a token stream.
pub(crate) fn spelled(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
