//! Options of the form `name = value, …`, each with the tokens the user wrote.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitInt, LitStr, Meta, Token};

use crate::errors::Errors;

/// The options of one attribute that are known and set once.
pub(crate) struct Options(Vec<Entry>);

struct Entry {
    name: Ident,
    value: Option<TokenStream>,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        if !input.peek(Token![=]) {
            return Ok(Self { name, value: None });
        }
        input.parse::<Token![=]>()?;
        let mut value = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            input.parse::<proc_macro2::TokenTree>()?.to_tokens(&mut value);
        }
        Ok(Self { name, value: Some(value) })
    }
}

impl Options {
    /// Parses what stands between an attribute's parentheses. `known` names each option with an example of its use.
    pub(crate) fn parse(tokens: TokenStream, known: &[&str], errors: &mut Errors) -> Self {
        let parser = Punctuated::<Entry, Token![,]>::parse_terminated;
        let parsed = errors.ok(syn::parse::Parser::parse2(parser, tokens)).unwrap_or_default();
        let mut options = Self(Vec::new());
        for entry in parsed {
            options.add(entry, known, errors);
        }
        options
    }

    /// Parses all attributes of a helper, such as `#[event(…)]`, as if they were one.
    pub(crate) fn of_helper(
        attributes: &[Attribute],
        helper: &str,
        known: &[&str],
        errors: &mut Errors,
    ) -> Self {
        let mut options = Self(Vec::new());
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(helper)) {
            let Meta::List(list) = &attribute.meta else {
                let example = known.first().unwrap_or(&"…");
                errors.at(attribute, format!("expected options: `#[{helper}({example})]`"));
                continue;
            };
            let more = Self::parse(list.tokens.clone(), known, errors);
            for entry in more.0 {
                options.add(entry, known, errors);
            }
        }
        options
    }

    /// The value of a string option.
    pub(crate) fn string(&mut self, name: &str, errors: &mut Errors) -> Option<LitStr> {
        let entry = self.take(name)?;
        entry.literal(&format!("expected a string: `{name} = \"…\"`"), errors)
    }

    /// The value of an option that counts from 1.
    pub(crate) fn count(&mut self, name: &str, errors: &mut Errors) -> Option<u32> {
        let message = format!("expected a whole number from 1: `{name} = 2`");
        let literal: LitInt = self.take(name)?.literal(&message, errors)?;
        match literal.base10_parse::<i32>() {
            Ok(n) if n > 0 => Some(n.cast_unsigned()),
            Ok(_) => {
                errors.at(literal, format!("the first `{name}` is 1"));
                None
            }
            Err(_) => {
                errors.at(literal, message);
                None
            }
        }
    }

    /// The value of an option that is a type.
    pub(crate) fn path(&mut self, name: &str, errors: &mut Errors) -> Option<syn::Path> {
        self.take(name)?.literal(&format!("expected a type: `{name} = Uuid`"), errors)
    }

    /// Whether an option without a value is set.
    pub(crate) fn flag(&mut self, name: &str, errors: &mut Errors) -> Option<Ident> {
        let entry = self.take(name)?;
        if let Some(value) = &entry.value {
            errors.at(value, format!("`{name}` takes no value"));
        }
        Some(entry.name)
    }

    fn take(&mut self, name: &str) -> Option<Entry> {
        let at = self.0.iter().position(|entry| entry.name == name)?;
        Some(self.0.swap_remove(at))
    }

    fn add(&mut self, entry: Entry, known: &[&str], errors: &mut Errors) {
        let named = |example: &&str| example.split(' ').next().is_some_and(|n| entry.name == n);
        if !known.iter().any(|example| named(&example)) {
            let known: Vec<_> = known.iter().map(|example| format!("`{example}`")).collect();
            let known = known.join(", ");
            errors.at(&entry.name, format!("unknown option `{}`: known are {known}", entry.name));
        } else if let Some(first) = self.0.iter().find(|other| other.name == entry.name) {
            errors.at(&first.name, format!("`{}` is set here first", entry.name));
            errors.at(&entry.name, format!("`{}` is set twice: leave one out", entry.name));
        } else {
            self.0.push(entry);
        }
    }
}

impl Entry {
    fn literal<T: Parse>(self, message: &str, errors: &mut Errors) -> Option<T> {
        let Some(value) = self.value.filter(|value| !value.is_empty()) else {
            errors.at(self.name, message);
            return None;
        };
        let parsed = syn::parse2(value.clone());
        if parsed.is_err() {
            errors.at(value, message);
        }
        parsed.ok()
    }
}

/// A stored name: 1 to 512 bytes without control characters, as `es_core` checks it again at run time.
pub(crate) fn check_name(name: &LitStr, errors: &mut Errors) -> bool {
    let value = name.value();
    if value.is_empty() {
        errors.at(name, "a stored name is not empty: leave `name` out to use the type's name");
    } else if value.len() > 512 {
        let bytes = value.len();
        errors.at(name, format!("a stored name has at most 512 bytes, this one has {bytes}"));
    } else if value.chars().any(char::is_control) {
        errors.at(name, "a stored name has no control characters");
    } else {
        return true;
    }
    false
}
