//! Where the compiler says that a generated token comes from.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Type;

/// The token that names a type: of a path its last segment.
pub(crate) fn of_type(ty: &Type) -> Span {
    match ty {
        Type::Group(group) => of_type(&group.elem),
        Type::Path(path) => {
            path.path.segments.last().map_or_else(Span::call_site, |s| s.ident.span())
        }
        other => {
            other.to_token_stream().into_iter().next().map_or_else(Span::call_site, |t| t.span())
        }
    }
}
