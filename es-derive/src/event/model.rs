//! From syntax to what `#[derive(Event)]` was asked for.

use proc_macro2::{Ident, TokenStream};
use syn::{DeriveInput, LitInt, LitStr};

/// A type as it was written.
pub(crate) struct Draft {
    pub(crate) item: DeriveInput,
}

/// A valid event.
pub(crate) struct Event<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) name: LitStr,
    pub(crate) version: Option<LitInt>,
}

pub(crate) fn read(item: TokenStream) -> syn::Result<Draft> {
    Ok(Draft { item: syn::parse2(item)? })
}
