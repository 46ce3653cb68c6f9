//! What a state looks like in JSON, as far as its own declaration tells: its fields and variants with their types and
//! what is said to serde about them. Two declarations with one text are read alike. Its name is in it, because two aggregates
//! may well make states of one shape, and different meaning, from the same streams.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Attribute, Data, Fields, GenericArgument, Ident, Meta, PathArguments, ReturnType, Type};

use super::model::Draft;
use crate::handlers::ungrouped;

/// The text, and the types whose own shapes are parts of it.
pub(crate) struct Shape<'a> {
    pub(crate) text: String,
    pub(crate) types: Vec<&'a Type>,
}

impl<'a> Shape<'a> {
    pub(crate) fn of(draft: &'a Draft) -> Self {
        let mut shape = Self { text: String::new(), types: Vec::new() };
        let item = &draft.item;
        if let Some(version) = &draft.version {
            shape.word("version");
            shape.word(version.base10_digits());
        }
        shape.attributes(&item.attrs);
        shape.word(&item.ident.unraw().to_string());
        match &item.data {
            Data::Struct(data) => shape.fields(&data.fields, &item.ident),
            Data::Enum(data) => {
                shape.word("enum");
                for variant in &data.variants {
                    shape.attributes(&variant.attrs);
                    shape.word(&variant.ident.unraw().to_string());
                    shape.fields(&variant.fields, &item.ident);
                    if let Some((_, number)) = &variant.discriminant {
                        shape.word("=");
                        shape.tokens(number.to_token_stream());
                    }
                }
            }
            // Has been refused.
            Data::Union(_) => {}
        }
        shape
    }

    /// Named fields by their names: in JSON their order says nothing.
    fn fields(&mut self, fields: &'a Fields, this: &Ident) {
        let (open, close) = match fields {
            Fields::Named(_) => ("{", "}"),
            Fields::Unnamed(_) => ("(", ")"),
            Fields::Unit => return self.word(";"),
        };
        let mut fields: Vec<_> = fields.iter().collect();
        fields.sort_by_key(|field| field.ident.as_ref().map(|ident| ident.unraw().to_string()));
        self.word(open);
        for field in fields {
            self.attributes(&field.attrs);
            if let Some(ident) = &field.ident {
                self.word(&ident.unraw().to_string());
                self.word(":");
            }
            self.tokens(field.ty.to_token_stream());
            self.word(",");
            self.parts(&field.ty, this);
        }
        self.word(close);
    }

    /// What is said to serde.
    fn attributes(&mut self, attrs: &[Attribute]) {
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
            self.word("#");
            if let Meta::List(list) = &attr.meta {
                self.tokens(list.tokens.clone());
            }
        }
    }

    /// The type and those that it is made of, but for `this`, whose shape is being made.
    fn parts(&mut self, ty: &'a Type, this: &Ident) {
        let ty = ungrouped(ty);
        if let Type::Path(path) = ty {
            if path.path.is_ident(this) || path.path.is_ident("Self") {
                return;
            }
            let arguments = path.path.segments.iter().map(|segment| &segment.arguments);
            for inner in arguments.flat_map(types_in) {
                self.parts(inner, this);
            }
        }
        match ty {
            Type::Path(_) if !self.types.contains(&ty) => self.types.push(ty),
            Type::Tuple(tuple) => tuple.elems.iter().for_each(|inner| self.parts(inner, this)),
            Type::Array(array) => self.parts(&array.elem, this),
            Type::Slice(slice) => self.parts(&slice.elem, this),
            Type::Paren(paren) => self.parts(&paren.elem, this),
            Type::Reference(reference) => self.parts(&reference.elem, this),
            _ => {}
        }
    }

    fn word(&mut self, word: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(word);
    }

    /// With a space between any two: how the compiler would space them may change.
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => {
                            self.tokens(group.stream());
                            continue;
                        }
                    };
                    self.word(open);
                    self.tokens(group.stream());
                    self.word(close);
                }
                TokenTree::Ident(ident) => self.word(&ident.unraw().to_string()),
                token => self.word(&token.to_string()),
            }
        }
    }
}

fn types_in(arguments: &PathArguments) -> Vec<&Type> {
    match arguments {
        PathArguments::None => Vec::new(),
        PathArguments::AngleBracketed(list) => {
            let types = list.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            types.collect()
        }
        PathArguments::Parenthesized(list) => match &list.output {
            ReturnType::Default => Vec::new(),
            ReturnType::Type(_, ty) => vec![ty],
        },
    }
}
