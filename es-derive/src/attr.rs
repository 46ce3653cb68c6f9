//! The options of an attribute, `name = "…", version = 2, id, of(A, B)`, with their tokens.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, LitInt, LitStr, Meta, Token, Type};

use crate::errors::Errors;
use crate::handlers;

/// The greatest version that every store can hold.
const MAX_VERSION: u32 = i32::MAX.cast_unsigned();

/// One option as it was written.
pub(crate) struct Setting {
    key: Ident,
    kind: Kind,
    value: TokenStream,
}

#[derive(PartialEq)]
enum Kind {
    /// `key`
    Flag,
    /// `key = value`
    One,
    /// `key(value)`
    List,
}

impl Setting {
    /// Its value, when it is `what`: one that can be read and that is `good`.
    pub(crate) fn value<T: Parse>(
        &self,
        what: &str,
        example: &str,
        good: impl FnOnce(&T) -> bool,
        errors: &mut Errors,
    ) -> Option<T> {
        let example = format!("write `{} = {example}`", self.key);
        if self.kind != Kind::One || self.value.is_empty() {
            errors.at(self, format!("`{}` has no value: {example}", self.key));
            return None;
        }
        let value = syn::parse2(self.value.clone()).ok().filter(good);
        if value.is_none() {
            errors.at(&self.value, format!("`{}` must be {what}: {example}", self.key));
        }
        value
    }

    /// Its value, when it is a string literal.
    pub(crate) fn string(&self, errors: &mut Errors) -> Option<LitStr> {
        let plain = |literal: &LitStr| literal.suffix().is_empty();
        self.value("a string literal", "\"…\"", plain, errors)
    }

    /// Its value, when it is a type that has a name.
    pub(crate) fn type_path(&self, example: &str, errors: &mut Errors) -> Option<Type> {
        self.value("the name of a type", example, named, errors)
    }

    /// Its value, when it is a version: a whole number that counts from 1.
    pub(crate) fn version(&self, errors: &mut Errors) -> Option<LitInt> {
        self.number("1", errors)
    }

    /// Its value, when it is a whole number from 1.
    pub(crate) fn number(&self, example: &str, errors: &mut Errors) -> Option<LitInt> {
        let literal: LitInt = self.value("a whole number", example, |_| true, errors)?;
        let digits = literal.base10_digits();
        let problem = if !literal.suffix().is_empty() {
            "must be a plain number, without a suffix"
        } else if digits.starts_with('-') || digits == "0" {
            "counts from 1"
        } else if digits.parse().is_ok_and(|version: u32| version <= MAX_VERSION) {
            return Some(literal);
        } else {
            errors.at(&self.value, format!("`{}` is at most {MAX_VERSION}", self.key));
            return None;
        };
        errors.at(&self.value, format!("`{0}` {problem}: write `{0} = {example}`", self.key));
        None
    }

    /// Its own options: `key(option = value)`, or none of `key`.
    pub(crate) fn options(&self, example: &str, errors: &mut Errors) -> Options {
        let key = &self.key;
        let problem = match self.kind {
            Kind::Flag => return Options::default(),
            Kind::List if !self.value.is_empty() => {
                return Options::parse(self.value.clone(), errors);
            }
            Kind::List => format!("`{key}()` says nothing"),
            Kind::One => format!("`{key}` takes options"),
        };
        errors.at(self, format!("{problem}: write `{key}({example})`"));
        Options::default()
    }

    /// The name of the option.
    pub(crate) const fn key(&self) -> &Ident {
        &self.key
    }

    /// Its values, when it is a list of such: `key(…, …)`.
    pub(crate) fn list<T: Parse>(&self, example: &str, errors: &mut Errors) -> Vec<T> {
        let (key, example) = (&self.key, format!("write `{}({example})`", self.key));
        if self.kind != Kind::List {
            errors.at(self, format!("`{key}` takes a list: {example}"));
            return Vec::new();
        }
        match Punctuated::<T, Token![,]>::parse_terminated.parse2(self.value.clone()) {
            Ok(values) if !values.is_empty() => return values.into_iter().collect(),
            Ok(_) => errors.at(self, format!("`{key}` lists nothing: {example}, or remove it")),
            Err(error) => {
                let message = format!("`{key}` cannot be read here: {example}");
                errors.ok::<()>(Err(syn::Error::new(error.span(), message)));
            }
        }
        Vec::new()
    }

    /// Its values, when it is a list of types that have names.
    pub(crate) fn type_paths(&self, example: &str, errors: &mut Errors) -> Vec<Type> {
        let mut types = self.list::<Type>(example, errors);
        types.retain(|ty| {
            let named = named(ty);
            if !named {
                let key = &self.key;
                errors.at(ty, format!("`{key}` lists types by name: write `{key}({example})`"));
            }
            named
        });
        types
    }

    /// Notes an error unless it was written without a value.
    pub(crate) fn flag(&self, errors: &mut Errors) {
        if self.kind != Kind::Flag {
            errors.at(self, format!("`{0}` takes no value: write `{0}`", self.key));
        }
    }
}

fn named(ty: &Type) -> bool {
    matches!(handlers::ungrouped(ty), Type::Path(_))
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected an option: `key = value`"));
        }
        let key = input.call(Ident::parse_any)?;
        if input.is_empty() {
            return Ok(Self { key, kind: Kind::Flag, value: TokenStream::new() });
        }
        if input.peek(syn::token::Paren) {
            let list;
            syn::parenthesized!(list in input);
            let value = list.parse()?;
            let rest = if input.is_empty() { Ok(()) } else { Err(input.error("expected `,`")) };
            return rest.map(|()| Self { key, kind: Kind::List, value });
        }
        input.parse::<Token![=]>().map_err(|error| {
            syn::Error::new(error.span(), format!("expected `=` after `{key}`: `{key} = value`"))
        })?;
        Ok(Self { key, kind: Kind::One, value: input.parse()? })
    }
}

impl ToTokens for Setting {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.key.to_tokens(tokens);
        self.value.to_tokens(tokens);
    }
}

/// All options of one attribute, or of several of the same name.
#[derive(Default)]
pub(crate) struct Options(Vec<Setting>);

impl Options {
    /// The options between an attribute's parentheses.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let settings = split_at_commas(tokens).into_iter();
        Self(settings.filter_map(|tokens| errors.ok(syn::parse2(tokens))).collect())
    }

    /// The options of all `#[name(..)]` among `attrs`.
    pub(crate) fn of(attrs: &[Attribute], name: &str, example: &str, errors: &mut Errors) -> Self {
        Self(Self::each(attrs, name, example, errors).flat_map(|(_, options)| options.0).collect())
    }

    /// Each `#[name(..)]` among `attrs`, with its options.
    pub(crate) fn each<'a>(
        attrs: &'a [Attribute],
        name: &str,
        example: &str,
        errors: &mut Errors,
    ) -> impl Iterator<Item = (&'a Attribute, Self)> + use<'a> {
        let mut each = Vec::new();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
            match &attr.meta {
                Meta::List(list) if !list.tokens.is_empty() => {
                    each.push((attr, Self::parse(list.tokens.clone(), errors)));
                }
                meta => {
                    let message = "without options says nothing: write";
                    errors.at(meta, format!("`#[{name}]` {message} `{example}`"));
                }
            }
        }
        each.into_iter()
    }

    /// The option called `key`, out of the list; a second one is an error.
    pub(crate) fn take(&mut self, key: &str, errors: &mut Errors) -> Option<Setting> {
        let (mut found, rest): (Vec<_>, Vec<_>) =
            self.0.drain(..).partition(|setting| setting.key == key);
        self.0 = rest;
        for repeated in found.iter().skip(1) {
            errors.at(repeated, format!("`{key}` is set twice: remove one"));
        }
        (!found.is_empty()).then(|| found.swap_remove(0))
    }

    /// What nobody took is unknown.
    pub(crate) fn finish(self, known: &[&str], errors: &mut Errors) {
        let known: Vec<_> = known.iter().map(|key| format!("`{key}`")).collect();
        for setting in self.0 {
            let (key, known) = (setting.key, known.join(", "));
            errors.at(&key, format!("unknown option `{key}`: known here are {known}"));
        }
    }
}

/// Commas between `<` and `>` belong to a type, not to the list.
fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let (mut parts, mut part, mut depth) = (Vec::new(), Vec::<TokenTree>::new(), 0_usize);
    for token in tokens {
        match &token {
            // A comma after nothing stays, to be reported as what is no option.
            TokenTree::Punct(p) if p.as_char() == ',' && depth == 0 && !part.is_empty() => {
                parts.push(part.drain(..).collect());
                continue;
            }
            TokenTree::Punct(p) if p.as_char() == '<' => depth += 1,
            TokenTree::Punct(p) if p.as_char() == '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        part.push(token);
    }
    if !part.is_empty() {
        parts.push(part.into_iter().collect());
    }
    parts
}
