//! The options of an attribute, `name = "…", version = 2, id, of(A, B)`, with their tokens.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, LitInt, LitStr, Meta, Path, Token, Type};

use crate::errors::Errors;
use crate::handlers;

/// One option as it was written.
pub(crate) struct Setting {
    key: Ident,
    value: Value,
}

enum Value {
    None,
    /// `key = tokens`
    One(TokenStream),
    /// `key(tokens)`
    List(TokenStream),
}

impl Setting {
    /// Its value, when it is a string literal.
    pub(crate) fn string(&self, errors: &mut Errors) -> Option<LitStr> {
        let plain = |literal: &LitStr| literal.suffix().is_empty();
        self.parsed("a string literal", "\"…\"", plain, errors)
    }

    /// Its value, when it is a string literal that says one of `values`.
    pub(crate) fn one_of(&self, values: &[&str], errors: &mut Errors) -> Option<String> {
        let shown: Vec<_> = values.iter().map(|value| format!("`{value:?}`")).collect();
        let (what, example) = (shown.join(" or "), format!("{:?}", values.first()?));
        let good = |literal: &LitStr| values.contains(&&*literal.value());
        self.parsed(&what, &example, good, errors).map(|literal| literal.value())
    }

    /// Its value, when it is a type that has a name.
    pub(crate) fn type_path(&self, example: &str, errors: &mut Errors) -> Option<Type> {
        self.parsed("the name of a type", example, |ty| matches!(ty, Type::Path(_)), errors)
    }

    /// Its value, when it is a path to `what`.
    pub(crate) fn path(&self, what: &str, example: &str, errors: &mut Errors) -> Option<Path> {
        self.parsed(&format!("the path of {what}"), example, |_| true, errors)
    }

    /// Its value, when it is the path of a crate or module: a path that may stand before `::` anywhere.
    pub(crate) fn module(&self, what: &str, example: &str, errors: &mut Errors) -> Option<Path> {
        let plain = |path: &Path| path.segments.iter().all(|segment| segment.arguments.is_empty());
        self.parsed(&format!("the path of {what}"), example, plain, errors)
    }

    /// Its value, when it is a whole number between 1 and `max`.
    pub(crate) fn number(&self, max: u32, errors: &mut Errors) -> Option<LitInt> {
        let literal: LitInt = self.parsed("a whole number", "1", |_| true, errors)?;
        let problem = match literal.base10_digits().parse::<u128>() {
            _ if !literal.suffix().is_empty() => "must be a plain number, without a suffix",
            Ok(0) => "counts from 1",
            _ if literal.base10_digits().starts_with('-') => "counts from 1",
            Ok(n) if n <= u128::from(max) => return Some(literal),
            _ => {
                errors.at(literal, format!("`{}` is at most {max}", self.key));
                return None;
            }
        };
        errors.at(literal, format!("`{0}` {problem}: write `{0} = 1`", self.key));
        None
    }

    /// Its values, when it is a list of such: `key(…, …)`.
    pub(crate) fn list<T: Parse>(&self, example: &str, errors: &mut Errors) -> Vec<T> {
        let example = format!("write `{}({example})`", self.key);
        let Value::List(list) = &self.value else {
            errors.at(self, format!("`{}` takes a list: {example}", self.key));
            return Vec::new();
        };
        match Punctuated::<T, Token![,]>::parse_terminated.parse2(list.clone()) {
            Ok(values) if !values.is_empty() => values.into_iter().collect(),
            Ok(_) => {
                errors.at(self, format!("`{}` lists nothing: {example}, or remove it", self.key));
                Vec::new()
            }
            Err(error) => {
                let message = format!("`{}` cannot be read here: {example}", self.key);
                errors.ok::<()>(Err(syn::Error::new(error.span(), message)));
                Vec::new()
            }
        }
    }

    /// Its values, when it is a list of types that have names.
    pub(crate) fn type_paths(&self, example: &str, errors: &mut Errors) -> Vec<Type> {
        let mut types = self.list::<Type>(example, errors);
        types.retain(|ty| {
            let named = matches!(handlers::ungrouped(ty), Type::Path(_));
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
        if !matches!(self.value, Value::None) {
            errors.at(self, format!("`{0}` takes no value: write `{0}`", self.key));
        }
    }

    fn parsed<T: Parse>(
        &self,
        what: &str,
        example: &str,
        good: impl FnOnce(&T) -> bool,
        errors: &mut Errors,
    ) -> Option<T> {
        let example = format!("write `{} = {example}`", self.key);
        match &self.value {
            Value::One(value) if !value.is_empty() => match syn::parse2::<T>(value.clone()) {
                Ok(parsed) if good(&parsed) => return Some(parsed),
                _ => errors.at(value, format!("`{}` must be {what}: {example}", self.key)),
            },
            _ => errors.at(self, format!("`{}` has no value: {example}", self.key)),
        }
        None
    }
}

impl ToTokens for Setting {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.key.to_tokens(tokens);
        match &self.value {
            Value::None => {}
            Value::One(value) | Value::List(value) => value.to_tokens(tokens),
        }
    }
}

/// All options of one attribute, or of several of the same name.
#[derive(Default)]
pub(crate) struct Options(Vec<Setting>);

impl Options {
    /// The options between an attribute's parentheses.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let settings = split_at_commas(tokens).into_iter();
        Self(settings.filter_map(|tokens| errors.ok(setting.parse2(tokens))).collect())
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
                meta => errors.at(
                    meta,
                    format!("`#[{name}]` without options says nothing: write `{example}`"),
                ),
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
            let message =
                format!("unknown option `{}`: known here are {}", setting.key, known.join(", "));
            errors.at(setting.key, message);
        }
    }
}

fn setting(input: syn::parse::ParseStream<'_>) -> syn::Result<Setting> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected an option: `key = value`"));
    }
    let key = input.call(Ident::parse_any)?;
    if input.is_empty() {
        return Ok(Setting { key, value: Value::None });
    }
    if input.peek(syn::token::Paren) {
        let list;
        syn::parenthesized!(list in input);
        let value = Value::List(list.parse()?);
        return if input.is_empty() {
            Ok(Setting { key, value })
        } else {
            Err(input.error("expected `,`"))
        };
    }
    input.parse::<Token![=]>().map_err(|error| {
        syn::Error::new(error.span(), format!("expected `=` after `{key}`: `{key} = value`"))
    })?;
    Ok(Setting { key, value: Value::One(input.parse()?) })
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
