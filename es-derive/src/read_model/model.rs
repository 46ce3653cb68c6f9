//! What the user wrote about a row of a read model.

use syn::ext::IdentExt as _;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, LitStr, Type};

use crate::attr::Options;
use crate::errors::Errors;

const TABLE_OPTIONS: &[&str] = &["table = \"…\""];
const FIELD_OPTIONS: &[&str] = &["id"];

pub(crate) struct Model {
    pub(crate) ident: Ident,
    pub(crate) table: LitStr,
    pub(crate) key: Column,
    pub(crate) columns: Vec<Column>,
}

#[derive(Clone)]
pub(crate) struct Column {
    pub(crate) field: Ident,
    pub(crate) ty: Type,
}

impl Model {
    pub(crate) fn of(input: DeriveInput, errors: &mut Errors) -> Option<Self> {
        let DeriveInput { ident, generics, data, attrs, .. } = input;
        if !generics.params.is_empty() {
            errors.at(&generics, "a read model is not generic: write one struct for each table");
        }
        refuse_serde(&attrs, errors);
        let table = table(&ident, &attrs, errors);
        let fields = fields(&ident, data, errors)?;
        let columns: Vec<_> = fields.iter().filter_map(|f| Column::of(f, errors)).collect();
        let key = key(&ident, &fields, errors)?;
        errors.is_empty().then_some(Self { ident, table: table?, key, columns })
    }
}

impl Column {
    fn of(field: &Field, errors: &mut Errors) -> Option<Self> {
        refuse_serde(&field.attrs, errors);
        let name = field.ident.clone()?;
        if !is_identifier(&name.unraw().to_string()) {
            errors.at(&name, "a column is named `[a-z_][a-z0-9_]*`, at most 48 bytes");
        }
        Some(Self { field: name, ty: field.ty.clone() })
    }

    /// The column's name.
    pub(crate) fn name(&self) -> LitStr {
        LitStr::new(&self.field.unraw().to_string(), self.field.span())
    }
}

fn table(ident: &Ident, attrs: &[Attribute], errors: &mut Errors) -> Option<LitStr> {
    let mut options = Options::of_helper(attrs, "read_model", TABLE_OPTIONS, errors);
    let before = errors.is_empty();
    let table = options.string("table", errors);
    match &table {
        Some(name) if !is_identifier(&name.value()) => {
            errors.at(name, "a table is named `[a-z_][a-z0-9_]*`, at most 48 bytes");
        }
        None if before && errors.is_empty() => {
            errors.at(ident, "the table has no name: add `#[read_model(table = \"…\")]`");
        }
        _ => {}
    }
    table
}

fn fields(ident: &Ident, data: Data, errors: &mut Errors) -> Option<Vec<Field>> {
    match data {
        Data::Struct(data) => match data.fields {
            Fields::Named(fields) => Some(fields.named.into_iter().collect()),
            Fields::Unnamed(fields) => {
                errors.at(fields, "the columns need names: write a struct with named fields");
                None
            }
            Fields::Unit => {
                errors.at(ident, "a read model without fields has no columns: add some");
                None
            }
        },
        Data::Enum(data) => {
            errors.at(data.enum_token, "a row is a struct: each field is a column");
            None
        }
        Data::Union(data) => {
            errors.at(data.union_token, "a row is a struct: each field is a column");
            None
        }
    }
}

fn key(ident: &Ident, fields: &[Field], errors: &mut Errors) -> Option<Column> {
    let mut key: Option<Column> = None;
    for field in fields {
        let mut options = Options::of_helper(&field.attrs, "read_model", FIELD_OPTIONS, errors);
        let Some(flag) = options.flag("id", errors) else { continue };
        if key.is_some() {
            errors.at(flag, "a row has one id: leave `#[read_model(id)]` on one field");
            continue;
        }
        key = field.ident.clone().map(|name| Column { field: name, ty: field.ty.clone() });
    }
    if key.is_none() && errors.is_empty() {
        errors.at(ident, "no field identifies a row: add `#[read_model(id)]` to one");
    }
    key
}

/// Columns are the names that serde writes; options of serde that change those are not looked through.
fn refuse_serde(attributes: &[Attribute], errors: &mut Errors) {
    const CHANGES: &[&str] = &[
        "rename",
        "rename_all",
        "flatten",
        "skip",
        "skip_serializing",
        "skip_deserializing",
        "skip_serializing_if",
        "tag",
        "untagged",
        "transparent",
        "into",
        "from",
        "try_from",
    ];
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // What serde itself cannot read, serde reports.
        let _ = attribute.parse_nested_meta(|meta| {
            if let Some(option) = CHANGES.iter().find(|option| meta.path.is_ident(option)) {
                let message = format!("a column is named like its field: leave out `{option}`");
                errors.at(&meta.path, message);
            }
            while !meta.input.is_empty() && !meta.input.peek(syn::Token![,]) {
                meta.input.parse::<proc_macro2::TokenTree>()?;
            }
            Ok(())
        });
    }
}

/// The same rule as `es_core::Table::new` has.
fn is_identifier(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let first = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    first && name.len() <= 48 && name.bytes().all(plain)
}
