//! From a valid state to its impl.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::model::{Draft, Snapshot};
use crate::paths::local;
use crate::span;

/// ```text
/// #[snapshot(version = 2)] struct Account { owner: String, limits: Vec<Limit> }
/// =>
/// const _: () = {
///     const _: () = ::es_core::__private::assert_state::<Account>();
///     impl ::es_core::Snapshot for Account {
///         const FINGERPRINT: ::es_core::Fingerprint = shape("version 2 { limits : … }", &[
///             Part::<Limit>::FINGERPRINT, Part::<Vec<Limit>>::FINGERPRINT, Part::<String>::FINGERPRINT,
///         ]);
///         fn to_snapshot(&self) -> Result<Payload, SnapshotError> { State::<Self>::write(self) }
///         fn from_snapshot(state: &Payload) -> Result<Self, SnapshotError> { State::<Self>::read(state) }
///     }
/// };
/// ```
pub(crate) fn expand(snapshot: &Snapshot<'_>) -> TokenStream {
    let Snapshot { draft: Draft { item, paths, .. }, shape } = snapshot;
    let (ident, here, state) = (&item.ident, item.ident.span(), local("state"));
    let (es, private) = (paths.es_core(here), paths.private(here));
    let text = &shape.text;
    let parts = shape.types.iter().map(|ty| {
        let there = span::of_type(ty);
        let private = paths.private(there);
        quote_spanned!(there=> #private::Part::<#ty>::FINGERPRINT)
    });
    quote_spanned! {here=>
        #[allow(deprecated)]
        const _: () = {
            #[allow(unused_imports)]
            use #private::prelude::*;
            const _: () = #private::assert_state::<#ident>();
            #[automatically_derived]
            impl #es::Snapshot for #ident {
                const FINGERPRINT: #es::Fingerprint = #private::shape(#text, &[#(#parts),*]);

                fn to_snapshot(&self) -> #private::Result<#es::Payload, #es::SnapshotError> {
                    #private::State::<Self>::write(self)
                }

                fn from_snapshot(#state: &#es::Payload) -> #private::Result<Self, #es::SnapshotError> {
                    #private::State::<Self>::read(#state)
                }
            }
        };
    }
}
