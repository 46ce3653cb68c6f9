//! Everything that is wrong with one use of a macro, reported together.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Something is wrong with these tokens of the user's.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.0.push(syn::Error::new_spanned(tokens, message));
    }

    /// Something is missing from the attribute as a whole, so that no smaller token of the user's is wrong.
    pub(crate) fn whole(&mut self, message: impl Display) {
        self.0.push(syn::Error::new(Span::call_site(), message));
    }

    /// Takes the value, or notes the error.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) const fn count(&self) -> usize {
        self.0.len()
    }

    /// The reports, as items.
    pub(crate) fn items(&self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }

    /// Takes the first report out, as a type. An array whose length is a compile error is a type that the compiler
    /// knows to be unknown: it stays silent about everything that follows from it.
    pub(crate) fn take_type(&mut self) -> Option<TokenStream> {
        (!self.0.is_empty()).then(|| {
            let length = self.0.remove(0).to_compile_error();
            quote!([(); #length])
        })
    }
}
