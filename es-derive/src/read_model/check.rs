//! What a read model must be.

use syn::ext::IdentExt as _;
use syn::{Attribute, Data, Fields, LitStr, Meta};

use super::model::{Draft, ReadModel};
use crate::errors::Errors;

/// The longest name of a table or column, in bytes.
const MAX_BYTES: usize = 48;

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<ReadModel<'a>> {
    let (item, read_well) = (&draft.item, errors.is_empty());
    check_shape(draft, errors);
    check_serde(&item.attrs, errors);
    if let Some(table) = &draft.table {
        check_table(table, errors);
    }
    for field in &draft.fields {
        let name = field.ident.unraw().to_string();
        if !is_identifier(&name) {
            errors.at(
                &field.ident,
                format!("`{name}` cannot be a column: columns are `[a-z_][a-z0-9_]*`, at most {MAX_BYTES} bytes"),
            );
        }
    }
    let ids: Vec<_> = draft.fields.iter().filter(|field| field.id.is_some()).collect();
    // With errors before this one, an option may have been meant to be the id.
    if ids.is_empty() && !draft.fields.is_empty() && read_well {
        errors.at(&item.ident, "no field identifies a row: put `#[read_model(id)]` on one");
    }
    if ids.len() > 1 {
        for id in &ids {
            errors.at(&id.id, "one field identifies a row: keep one `#[read_model(id)]`");
        }
    }
    let (Some(table), Some(key), true) = (&draft.table, ids.first(), errors.is_empty()) else {
        return None;
    };
    Some(ReadModel { ident: &item.ident, paths: &draft.paths, table, key, fields: &draft.fields })
}

fn check_shape(draft: &Draft, errors: &mut Errors) {
    const EXPECTED: &str = "a read model is a struct with named fields, one for each column";
    match &draft.item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) if !named.named.is_empty() => {
                for field in &named.named {
                    check_serde(&field.attrs, errors);
                }
            }
            Fields::Unnamed(fields) => errors.at(fields, EXPECTED),
            _ => errors.at(&draft.item.ident, EXPECTED),
        },
        Data::Enum(data) => errors.at(data.enum_token, EXPECTED),
        Data::Union(data) => errors.at(data.union_token, EXPECTED),
    }
    if !draft.item.generics.params.is_empty() {
        errors.at(
            &draft.item.generics,
            "a read model has no generic parameters: a table has known columns",
        );
    }
}

/// The columns are the names that serde writes, so nothing may change those.
fn check_serde(attrs: &[Attribute], errors: &mut Errors) {
    const CHANGING: [&str; 7] = [
        "rename",
        "rename_all",
        "flatten",
        "skip",
        "skip_serializing",
        "skip_deserializing",
        "tag",
    ];
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        let Meta::List(list) = &attr.meta else { continue };
        // What serde does not understand, serde reports.
        let _ = list.parse_nested_meta(|meta| {
            if CHANGING.iter().any(|option| meta.path.is_ident(option)) {
                errors.at(&meta.path, "a column is named like its field: remove this option");
            }
            meta.input.step(|cursor| {
                let mut rest = *cursor;
                while let Some((token, next)) = rest.token_tree() {
                    if matches!(&token, proc_macro2::TokenTree::Punct(p) if p.as_char() == ',') {
                        break;
                    }
                    rest = next;
                }
                Ok(((), rest))
            })
        });
    }
}

fn check_table(table: &LitStr, errors: &mut Errors) {
    let text = table.value();
    if !is_identifier(&text) {
        errors.at(
            table,
            format!(
                "`{}` cannot be a table: tables are `[a-z_][a-z0-9_]*`, at most {MAX_BYTES} bytes",
                text.escape_default()
            ),
        );
    }
}

fn is_identifier(name: &str) -> bool {
    let good = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    name.len() <= MAX_BYTES
        && name.bytes().all(good)
        && name.bytes().next().is_some_and(|c| !c.is_ascii_digit())
}
