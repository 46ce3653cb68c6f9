//! The options of an attribute, `name = "…", version = 2, id`, with their tokens.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::{Attribute, LitInt, LitStr, Meta, Type};

use crate::errors::Errors;

/// One option as it was written.
pub(crate) struct Setting {
    key: Ident,
    value: Option<TokenStream>,
}

impl Setting {
    /// Its value, when it is a string literal.
    pub(crate) fn string(&self, errors: &mut Errors) -> Option<LitStr> {
        let example = format!("write `{} = \"…\"`", self.key);
        let value = self.value(&example, errors)?;
        match syn::parse2::<LitStr>(value.clone()) {
            Ok(literal) if literal.suffix().is_empty() => Some(literal),
            _ => {
                errors.at(value, format!("`{}` must be a string literal: {example}", self.key));
                None
            }
        }
    }

    /// Its value, when it is a whole number between 1 and `max`.
    pub(crate) fn number(&self, max: u32, errors: &mut Errors) -> Option<LitInt> {
        let example = format!("write `{} = 1`", self.key);
        let value = self.value(&example, errors)?;
        let Ok(literal) = syn::parse2::<LitInt>(value.clone()) else {
            errors.at(value, format!("`{}` must be a whole number: {example}", self.key));
            return None;
        };
        let problem = match literal.base10_digits().parse::<u128>() {
            _ if !literal.suffix().is_empty() => "must be a plain number, without a suffix",
            Ok(0) => "counts from 1",
            _ if literal.base10_digits().starts_with('-') => "counts from 1",
            Ok(n) if n <= u128::from(max) => return Some(literal),
            _ => {
                errors.at(value, format!("`{}` is at most {max}", self.key));
                return None;
            }
        };
        errors.at(value, format!("`{}` {problem}: {example}", self.key));
        None
    }

    /// Its value, when it is a type that has a name.
    pub(crate) fn path(&self, example: &str, errors: &mut Errors) -> Option<Type> {
        let example = format!("write `{} = {example}`", self.key);
        let value = self.value(&example, errors)?;
        if let Ok(ty @ Type::Path(_)) = syn::parse2::<Type>(value.clone()) {
            return Some(ty);
        }
        errors.at(value, format!("`{}` must be the name of a type: {example}", self.key));
        None
    }

    /// Notes an error unless it was written without a value.
    pub(crate) fn flag(&self, errors: &mut Errors) {
        if self.value.is_some() {
            errors.at(self, format!("`{0}` takes no value: write `{0}`", self.key));
        }
    }

    fn value(&self, example: &str, errors: &mut Errors) -> Option<&TokenStream> {
        match &self.value {
            Some(value) if !value.is_empty() => Some(value),
            _ => {
                errors.at(self, format!("`{}` has no value: {example}", self.key));
                None
            }
        }
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
        Self(settings.filter_map(|tokens| errors.ok(setting.parse2(tokens))).collect())
    }

    /// The options of all `#[name(..)]` among `attrs`.
    pub(crate) fn of(attrs: &[Attribute], name: &str, example: &str, errors: &mut Errors) -> Self {
        let mut all = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
            match &attr.meta {
                Meta::List(list) if !list.tokens.is_empty() => {
                    all.0.extend(Self::parse(list.tokens.clone(), errors).0);
                }
                meta => errors.at(
                    meta,
                    format!("`#[{name}]` without options says nothing: write `{example}`"),
                ),
            }
        }
        all
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
        return Ok(Setting { key, value: None });
    }
    input.parse::<syn::Token![=]>().map_err(|error| {
        syn::Error::new(error.span(), format!("expected `=` after `{key}`: `{key} = value`"))
    })?;
    Ok(Setting { key, value: Some(input.parse()?) })
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
