//! `read_models(..)`: the tables that a projection writes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::Type;

use super::model::Projection;
use crate::errors::Errors;
use crate::handlers::shown;
use crate::paths::self_alias;
use crate::span;

/// Two read models that are, letter by letter, one. Aliases are left to the compiler, which knows tables.
pub(super) fn refuse_repeats(read_models: &[Type], errors: &mut Errors) {
    for (at, ty) in read_models.iter().enumerate() {
        if read_models[..at].contains(ty) {
            errors.at(ty, format!("`{}` is listed twice: list it once", shown(ty)));
        }
    }
}

/// ```text
/// read_models(BalanceRow)
/// =>
/// const READ_MODELS: &'static [&'static Table] = &[Declared::<__ReadModel0>::TABLE];
/// ```
pub(super) fn constant(projection: &Projection<'_>) -> Option<TokenStream> {
    let (block, read_models) = (&projection.draft.block, &projection.draft.read_models);
    let here = span::of_type(&block.item.self_ty);
    let es = block.paths.es_core(here);
    let tables = read_models.iter().enumerate().map(|(n, ty)| {
        let there = span::of_type(ty);
        let (private, model) = (block.paths.private(there), alias(n, there));
        quote_spanned!(there=> #private::Declared::<#model>::TABLE)
    });
    (!read_models.is_empty()).then(|| {
        quote_spanned! {here=>
            const READ_MODELS: &'static [&'static #es::Table] = &[#(#tables),*];
        }
    })
}

/// ```text
/// type __ReadModel0 = BalanceRow;
/// const _: () = ::es_core::__private::assert_read_model::<__ReadModel0>();
/// const _: () = ::es_core::__private::assert_declared_once::<__Self>(Declared::<__ReadModel0>::TABLE);
/// ```
pub(super) fn checks(projection: &Projection<'_>) -> TokenStream {
    let (block, read_models) = (&projection.draft.block, &projection.draft.read_models);
    let each = read_models.iter().enumerate().map(|(n, ty)| {
        let here = span::of_type(ty);
        let (private, this, model) = (block.paths.private(here), self_alias(here), alias(n, here));
        quote_spanned! {here=>
            type #model = #ty;
            const _: () = #private::assert_read_model::<#model>();
            const _: () = #private::assert_declared_once::<#this>(#private::Declared::<#model>::TABLE);
        }
    });
    each.collect()
}

/// What generated code calls the `n`th read model.
fn alias(n: usize, span: Span) -> Ident {
    format_ident!("__ReadModel{n}", span = span)
}
