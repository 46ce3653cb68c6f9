//! The helper attributes of methods, `#[handles(..)]` and `#[reset]`. Each is exported as an attribute of its own, which
//! only says where it works; the attribute of the block takes it away first.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, ImplItem, Path};

use crate::block;
use crate::errors::Errors;
use crate::paths::local;

/// A helper attribute.
pub(crate) struct Helper {
    pub(crate) name: &'static str,
    /// As it is written.
    pub(crate) shown: &'static str,
    /// What a method with it is called.
    pub(crate) method: &'static str,
    /// What it says where no macro has taken it away.
    pub(crate) stray: &'static str,
}

/// What generated code puts between its parentheses.
const USED: &str = "__used";

impl Helper {
    /// Takes it away from an item of a block, as often as it is there. What stands where it cannot is noted.
    pub(crate) fn take(&self, item: &mut ImplItem, errors: &mut Errors) -> Vec<Attribute> {
        let Self { shown, method, .. } = self;
        let attrs = match item {
            ImplItem::Fn(item) => &mut item.attrs,
            ImplItem::Const(item) => return self.refuse(&mut item.attrs, errors),
            ImplItem::Type(item) => return self.refuse(&mut item.attrs, errors),
            ImplItem::Macro(item) => return self.refuse(&mut item.attrs, errors),
            _ => return Vec::new(),
        };
        for hidden in attrs.extract_if(.., |attr| self.is_hidden_in(attr)) {
            let message =
                format!("a {method} under a condition has `{shown}` as it is, and `#[cfg(..)]`");
            errors.at(hidden, format!("{message} beside it: write both"));
        }
        self.remove(attrs)
    }

    /// `#[cfg_attr(condition, handles(..))]`: whether it is there is known too late for the macros.
    fn is_hidden_in(&self, attr: &Attribute) -> bool {
        let named = |token| matches!(token, TokenTree::Ident(name) if name == self.name);
        attr.path().is_ident("cfg_attr") && block::spread(attr.meta.to_token_stream()).any(named)
    }

    fn remove(&self, attrs: &mut Vec<Attribute>) -> Vec<Attribute> {
        let is_it = |attr: &mut Attribute| {
            attr.path().segments.last().is_some_and(|segment| segment.ident == self.name)
        };
        attrs.extract_if(.., is_it).collect()
    }

    fn refuse(&self, attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Vec<Attribute> {
        for attr in self.remove(attrs) {
            errors.at(attr, format!("`{}` belongs on a method", self.shown));
        }
        Vec::new()
    }

    /// What the exported attribute makes of its item.
    pub(crate) fn outside(&self, argument: &TokenStream, item: &TokenStream) -> TokenStream {
        if argument.to_string() == USED {
            return item.clone();
        }
        let mut errors = Errors::default();
        // No token of the attribute is wrong: its place is.
        errors.whole(self.stray);
        let errors = errors.items();
        quote!(#item #errors)
    }
}

/// The conditions of a method.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}

/// A use of an attribute that was taken away, `path` being what the user calls it. So the name must be in scope where it is
/// written, its import is not reported as unused, and editors know what it is.
pub(crate) fn used(path: &Path, cfgs: &[Attribute]) -> TokenStream {
    let used = local(USED);
    quote_spanned!(path.span()=> #(#cfgs)* #[#path(#used)] const _: () = ();)
}
