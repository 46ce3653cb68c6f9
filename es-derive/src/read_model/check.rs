//! What a read model must be.

use syn::ext::IdentExt as _;
use syn::{Attribute, Data, Fields, LitStr};

use super::model::{Draft, Field, ReadModel};
use crate::attr::{Options, Setting};
use crate::errors::Errors;

/// The longest name of a table or column, in bytes.
const MAX_BYTES: usize = 48;

/// The longest name that a field of a row may have, in bytes: what PostgreSQL takes as a name.
const MAX_FIELD_BYTES: usize = 63;

const RENAME: &str = "name the column with `#[read_model(column = \"…\")]`";

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<ReadModel<'a>> {
    let (item, read_well) = (&draft.item, errors.is_empty());
    check_shape(draft, errors);
    check_serde(&item.attrs, errors);
    if let Some(table) = &draft.table {
        check_table(table, errors);
    }
    for field in &draft.fields {
        check_field(field, errors);
    }
    let columns: Vec<_> = draft.fields.iter().filter(|field| field.skip.is_none()).collect();
    check_distinct(&columns, errors);
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
    Some(ReadModel { ident: &item.ident, paths: &draft.paths, table, key, columns })
}

fn check_shape(draft: &Draft, errors: &mut Errors) {
    const EXPECTED: &str = "a read model is a struct with named fields, one for each column";
    match &draft.item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) if !named.named.is_empty() => {}
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

fn check_field(field: &Field, errors: &mut Errors) {
    let Field { ident, id, json, skip, column, attrs, .. } = field;
    if skip.is_none() && !is_identifier(&field.column_name()) {
        let name = field.column_name();
        let name = name.escape_default();
        let message = format!(
            "`{name}` cannot be a column: columns are `[a-z_][a-z0-9_]*`, at most {MAX_BYTES} bytes"
        );
        match column {
            Some(column) => errors.at(column, message),
            None => errors.at(ident, format!("{message}, so {RENAME}")),
        }
    }
    if skip.is_none() && ident.unraw().to_string().len() > MAX_FIELD_BYTES {
        errors.at(ident, format!("a column's field has a name of at most {MAX_FIELD_BYTES} bytes"));
    }
    if let (Some(_), Some(json)) = (id, json) {
        errors.at(json, "a row is not identified by JSON: remove `json`");
    }
    match (skip, check_serde(attrs, errors)) {
        (None, Some(option)) => errors.at(
            option,
            "a field that serde leaves out is no column: add `#[read_model(skip)]`",
        ),
        (Some(skip), None) => errors.at(
            skip,
            "a row is read and written by serde, which must leave the field out too: add `#[serde(skip)]`",
        ),
        _ => {}
    }
    if skip.is_some() {
        const NO_COLUMN: &str = "a skipped field is no column: remove this option, or `skip`";
        for option in id.iter().chain(json) {
            errors.at(option, NO_COLUMN);
        }
        if let Some(column) = column {
            errors.at(column, NO_COLUMN);
        }
    }
}

fn check_distinct(columns: &[&Field], errors: &mut Errors) {
    for field in columns {
        let name = field.column_name();
        let mut same = columns.iter().filter(|other| other.column_name() == name);
        // Fields of one name are rustc's to report.
        if same.clone().count() < 2 || same.all(|field| field.column.is_none()) {
            continue;
        }
        let message = format!("the column `{name}` is there twice: {RENAME}");
        match &field.column {
            Some(column) => errors.at(column, message),
            None => errors.at(&field.ident, message),
        }
    }
}

/// Rows travel by the names of their fields, so serde must neither change nor leave out any. Answers with its `skip`.
fn check_serde(attrs: &[Attribute], errors: &mut Errors) -> Option<Setting> {
    const NAMES: &str = "a row travels by the names of its fields: remove this option and name the column with \
                         `#[read_model(column = \"…\")]`";
    const OTHER: &str = "a row travels by the names of its fields: remove this option, which puts something else in their place";
    const FLAT: &str =
        "a field is one column: remove this option and keep it as JSON with `#[read_model(json)]`";
    const HALF: &str = "a row is read as it was written: remove this option, or write `#[serde(skip)]` and \
                        `#[read_model(skip)]`";
    // What serde does not understand, serde reports.
    let mut of_serde = Errors::default();
    let mut options = Options::of(attrs, "serde", "", &mut of_serde);
    for (option, message) in [
        ("rename", NAMES),
        ("rename_all", NAMES),
        ("tag", NAMES),
        ("into", OTHER),
        ("from", OTHER),
        ("try_from", OTHER),
        ("transparent", OTHER),
        ("flatten", FLAT),
        ("skip_serializing", HALF),
        ("skip_deserializing", HALF),
    ] {
        if let Some(option) = options.take(option, &mut of_serde) {
            errors.at(option, message);
        }
    }
    options.take("skip", &mut of_serde)
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
