//! The block that `#[aggregate]` and `#[projection]` stand on, as far as they read it alike.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::{Item, ItemImpl, LitStr, Signature, Type};

use crate::attr::{Options, Setting};
use crate::errors::Errors;
use crate::handlers::{self, EventRef, Handler, Marked, shown};
use crate::paths::{Paths, self_alias};
use crate::{name, span};

/// An impl as it was written.
pub(crate) struct Block {
    /// Without helper attributes.
    pub(crate) item: ItemImpl,
    pub(crate) paths: Paths,
    pub(crate) name: Option<LitStr>,
    pub(crate) ignores: Option<Setting>,
    /// The events in `ignores`.
    ignored: Vec<Type>,
    pub(crate) handlers: Vec<Marked>,
}

impl Block {
    /// With the options that are not of every block. `None` when there is no impl to speak of.
    pub(crate) fn read(
        macro_name: &str,
        options: TokenStream,
        item: TokenStream,
        errors: &mut Errors,
    ) -> Option<(Self, Options)> {
        let mut item = parse(item, macro_name, errors)?;
        let mut options = Options::parse(options, errors);
        let paths = Paths::take(&mut options, errors);
        let name = options.take("name", errors);
        let name = name::of_type(&item.self_ty)
            .map(|default| name::stored(name.as_ref(), default, errors));
        let list = options.take("ignores", errors);
        let events = list.as_ref().map(|list| list.type_paths("EventType", errors));
        let handlers = handlers::take(&mut item, errors);
        let ignored = events.unwrap_or_default();
        Some((Self { item, paths, name, ignores: list, ignored, handlers }, options))
    }

    /// The handlers. What is wrong with them is noted, `rule` being what only this kind of block asks of their signatures.
    pub(crate) fn check(
        &self,
        context_example: &str,
        rule: impl Fn(&Signature, &mut Errors),
        errors: &mut Errors,
    ) -> Vec<Handler<'_>> {
        let this = &self.item.self_ty;
        if self.handlers.is_empty() {
            let message = "handles no event: put `#[handles(EventType)]` on a method";
            errors.at(this, format!("`{}` {message}", shown(this)));
        }
        handlers::refuse_repeats(&self.handlers, &self.ignored, errors);
        let mut handlers = Vec::new();
        for (n, marked) in self.handlers.iter().enumerate() {
            rule(&marked.signature, errors);
            handlers.extend(marked.check(n, context_example, errors));
        }
        handlers
    }

    /// The events that are ignored, numbered after those that have handlers.
    pub(crate) fn ignored(&self) -> impl Iterator<Item = EventRef<'_>> {
        let numbers = self.handlers.len()..;
        numbers.zip(&self.ignored).map(|(n, ty)| EventRef { n, cfgs: &[], ty })
    }

    /// The events that have handlers, and after them those that are ignored.
    pub(crate) fn events(&self) -> impl Iterator<Item = EventRef<'_>> {
        let handled = self.handlers.iter().enumerate();
        handled.filter_map(|(n, marked)| marked.event(n)).chain(self.ignored())
    }

    /// The user's impl, and after it `impls`, in a place of their own where the type and its events have private names.
    pub(crate) fn expand(&self, impls: &TokenStream) -> TokenStream {
        let Self { item, paths, .. } = self;
        let (this, private) = (&item.self_ty, paths.private(Span::mixed_site()));
        let here = span::of_type(this);
        let alias = self_alias(here);
        let self_alias = quote_spanned!(here=> type #alias = #this;);
        let aliases = self.events().map(|event| event.define(paths));
        let uses = handlers::uses(&self.handlers);
        quote_spanned! {Span::mixed_site()=>
            #item
            #[allow(deprecated)]
            const _: () = {
                #[allow(unused_imports)]
                use #private::prelude::*;
                #uses
                #self_alias
                #(#aliases)*
                #impls
            };
        }
    }
}

/// The impl; `None` when it is something else, which has been noted.
fn parse(item: TokenStream, macro_name: &str, errors: &mut Errors) -> Option<ItemImpl> {
    let item = match errors.ok(syn::parse2::<Item>(item))? {
        Item::Impl(item) => item,
        other => {
            let message = "stands on an `impl` block: move it to the one with the handlers";
            errors.at(keyword(&other), format!("`#[{macro_name}]` {message}"));
            return None;
        }
    };
    if let Some((path, _)) = &item.trait_ {
        let message = "stands on an inherent impl: write `impl` without a trait";
        errors.at(path, format!("`#[{macro_name}]` {message}"));
    }
    if !item.generics.params.is_empty() {
        let message = "needs one known type: remove the generic parameters";
        errors.at(&item.generics, format!("`#[{macro_name}]` {message}"));
    }
    let this = &item.self_ty;
    if !is_known(this) {
        let message = "needs one known type: write its name, without `'_`";
        errors.at(this, format!("`#[{macro_name}]` {message}"));
    }
    Some(item)
}

/// Whether a type can be named from elsewhere: for one that cannot nothing is generated.
pub(crate) fn is_known(ty: &Type) -> bool {
    let anonymous = |token: TokenTree| matches!(token, TokenTree::Ident(name) if name == "_");
    name::of_type(ty).is_some() && !spread(ty.to_token_stream()).any(anonymous)
}

/// All tokens, those in groups too.
pub(crate) fn spread(tokens: TokenStream) -> Box<dyn Iterator<Item = TokenTree>> {
    Box::new(tokens.into_iter().flat_map(|token| match token {
        TokenTree::Group(group) => spread(group.stream()),
        token => Box::new(std::iter::once(token)),
    }))
}

/// What is enough of an item to point at.
fn keyword(item: &Item) -> Option<TokenTree> {
    const KEYWORDS: [&str; 9] =
        ["struct", "enum", "union", "fn", "mod", "trait", "type", "const", "static"];
    let mut tokens = item.to_token_stream().into_iter();
    let first = tokens.clone().next();
    tokens.find(|token| KEYWORDS.contains(&token.to_string().as_str())).or(first)
}
