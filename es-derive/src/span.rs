//! Where the compiler says that a generated token comes from.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;

/// The same tokens, meaning the same, but placed at `span`: what is wrong with them is reported there.
pub(crate) fn at(span: Span, tokens: impl ToTokens) -> TokenStream {
    tokens.to_token_stream().into_iter().map(|token| tree_at(span, token)).collect()
}

fn tree_at(span: Span, token: TokenTree) -> TokenTree {
    let mut token = match token {
        TokenTree::Group(group) => {
            TokenTree::Group(Group::new(group.delimiter(), at(span, group.stream())))
        }
        token => token,
    };
    token.set_span(token.span().located_at(span));
    token
}

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
