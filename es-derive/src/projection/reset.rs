//! The method with `#[reset]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::{Attribute, FnArg, ImplItem, PatType, Path, Safety, Signature, Type, TypeReference};

use super::check::check_receiver;
use crate::block::Block;
use crate::errors::Errors;
use crate::handlers::{output, ungrouped};
use crate::helper::{self, Helper};
use crate::paths::{Paths, local};
use crate::span;

pub(crate) const RESET: Helper = Helper {
    name: "reset",
    shown: "#[reset]",
    method: "method",
    stray: "`#[reset]` works only inside an impl with `#[projection]`: write it above the `impl`",
};

/// A method with `#[reset]`.
pub(crate) struct Marked {
    /// `reset`, as the user names it.
    path: Path,
    /// The `#[cfg]`s that decide whether it exists.
    cfgs: Vec<Attribute>,
    signature: Signature,
}

/// A valid one.
pub(crate) struct Reset<'a> {
    marked: &'a Marked,
    /// The parameter after `self`.
    context: Option<&'a TypeReference>,
}

/// Finds the methods of a block, whose handlers are known, and removes their helper attributes.
pub(super) fn take(block: &mut Block, errors: &mut Errors) -> Vec<Marked> {
    let mut all = Vec::<Marked>::new();
    for item in &mut block.item.items {
        let attributes = RESET.take(item, errors);
        let (ImplItem::Fn(method), Some((first, more))) = (item, attributes.split_first()) else {
            continue;
        };
        for second in more {
            errors.at(second, "`#[reset]` is there twice: remove one");
        }
        if first.meta.require_path_only().is_err() {
            errors.at(&first.meta, "`#[reset]` takes no argument: write `#[reset]`");
        }
        if block.handlers.iter().any(|handler| handler.signature == method.sig) {
            errors.at(first, "a method handles an event or resets: write a method for each");
            continue;
        }
        let cfgs = helper::cfgs(&method.attrs);
        // Those under conditions may exclude one another.
        if all.iter().any(|other| cfgs.is_empty() || other.cfgs.is_empty()) {
            errors.at(first, "a projection has one `#[reset]` method: do all of it there");
        }
        all.push(Marked { path: first.path().clone(), cfgs, signature: method.sig.clone() });
    }
    all
}

/// Uses of the attributes that were taken away.
pub(crate) fn uses(marked: &[Marked]) -> TokenStream {
    marked.iter().map(|Marked { path, cfgs, .. }| helper::used(path, cfgs)).collect()
}

impl Marked {
    /// What it must be. `None` when it is not, which has been noted.
    pub(super) fn check(&self, errors: &mut Errors) -> Option<Reset<'_>> {
        let (signature, before) = (&self.signature, errors.count());
        check_receiver(signature, "a `#[reset]` method", errors);
        if !signature.generics.params.is_empty() {
            let message = "a `#[reset]` method cannot be generic, nor have lifetimes of its own";
            errors.at(&signature.generics, message);
        }
        if let Safety::Unsafe(token) = &signature.safety {
            errors.at(token, "a `#[reset]` method cannot be `unsafe`: remove it");
        }
        let mut typed = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        let context = typed.next().and_then(|context| borrowed(context, errors));
        for more in typed {
            errors.at(more, "a `#[reset]` method takes at most one context: remove this");
        }
        (errors.count() == before).then_some(Reset { marked: self, context })
    }
}

/// The type of the parameter, which must be `&mut C`.
fn borrowed<'a>(parameter: &'a PatType, errors: &mut Errors) -> Option<&'a TypeReference> {
    let is_impl = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "impl");
    if let Some(token) = parameter.ty.to_token_stream().into_iter().find(is_impl) {
        errors.at(token, "a `#[reset]` method cannot be generic: name the type");
        return None;
    }
    match ungrouped(&parameter.ty) {
        Type::Reference(reference) if reference.mutability.is_some() => return Some(reference),
        other => {
            let message = "a `#[reset]` method borrows its context: write `cx: &mut PgReset<'_>`";
            errors.at(other, message);
        }
    }
    None
}

impl Reset<'_> {
    /// ```text
    /// #[reset] async fn empty(&self, cx: &mut PgReset<'_>) -> Result<(), ProjectionError> { … }
    /// =>
    /// fn reset<'a>(&'a mut self, reset: &'a mut Reset<'_>) -> BoxFuture<'a, Result<(), ProjectionError>> {
    ///     boxed(async move {
    ///         let mut cx = from_reset(reset)?;
    ///         let returned = Self::empty(self, &mut cx).await;
    ///         outcome(returned)
    ///     })
    /// }
    /// ```
    pub(super) fn expand(&self, paths: &Paths) -> TokenStream {
        let Marked { cfgs, signature, .. } = self.marked;
        let here = signature.ident.span();
        let (es, private) = (paths.es_core(here), paths.private(here));
        let [reset, itself] = ["reset", "self"].map(local);
        let call = self.call(paths);
        // `async` and its braces stand at the method: a future that is not `Send` is reported there.
        quote_spanned! {here=>
            #(#cfgs)*
            #[allow(unused_variables)]
            fn reset<'a>(
                &'a mut #itself,
                #reset: &'a mut #es::Reset<'_>,
            ) -> #es::BoxFuture<'a, #private::Result<(), #es::ProjectionError>> {
                #private::boxed(async move { #call })
            }
        }
    }

    /// The call of the user's method.
    fn call(&self, paths: &Paths) -> TokenStream {
        let signature = &self.marked.signature;
        let (here, method) = (signature.ident.span(), &signature.ident);
        let [reset, cx, returned, itself] = ["reset", "cx", "returned", "self"].map(local);
        let (make, pass) = match self.context {
            None => (None, None),
            Some(context) => {
                let there = span::of_type(&context.elem);
                let private = paths.private(there);
                let make = quote_spanned!(there=> let mut #cx = #private::from_reset(#reset)?;);
                (Some(make), Some(quote_spanned!(there=> , &mut #cx)))
            }
        };
        let wait = signature.asyncness.map(|_| quote_spanned!(here=> .await));
        let outcome = {
            let there = output(signature).map_or(here, span::of_type);
            let private = paths.private(there);
            quote_spanned!(there=> #private::outcome::<_>(#returned))
        };
        quote_spanned! {here=>
            #make
            let #returned = Self::#method(#itself #pass)#wait;
            #outcome
        }
    }
}
