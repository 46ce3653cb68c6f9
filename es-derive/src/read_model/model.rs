//! From syntax to what `#[derive(ReadModel)]` was asked for.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt as _;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Type};

use crate::attr::{Options, Setting};
use crate::errors::Errors;
use crate::paths::Paths;

/// A type as it was written.
pub(crate) struct Draft {
    pub(crate) item: DeriveInput,
    pub(crate) paths: Paths,
    pub(crate) table: Option<LitStr>,
    pub(crate) fields: Vec<Field>,
}

/// A field that has a name.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The option that says that it identifies a row.
    pub(crate) id: Option<Setting>,
    /// The option that says that it is kept as JSON.
    pub(crate) json: Option<Setting>,
    /// The option that says that it is no column.
    pub(crate) skip: Option<Setting>,
    /// What its column is called, when not like the field.
    pub(crate) column: Option<LitStr>,
    pub(crate) attrs: Vec<Attribute>,
}

impl Field {
    fn read(field: &syn::Field, errors: &mut Errors) -> Option<Self> {
        let (ident, ty, attrs) = (field.ident.clone()?, field.ty.clone(), field.attrs.clone());
        let mut options = Options::of(&attrs, "read_model", "#[read_model(id)]", errors);
        let column = options.take("column", errors).and_then(|setting| setting.string(errors));
        let [id, json, skip] = ["id", "json", "skip"].map(|key| {
            let setting = options.take(key, errors);
            setting.inspect(|setting| setting.flag(errors))
        });
        options.finish(&["id", "column", "json", "skip"], errors);
        Some(Self { ident, ty, id, json, skip, column, attrs })
    }

    /// The name of its column.
    pub(crate) fn column_name(&self) -> String {
        self.column.as_ref().map_or_else(|| self.ident.unraw().to_string(), LitStr::value)
    }
}

impl Draft {
    /// The type that identifies a row, as far as it is known.
    pub(crate) fn key(&self) -> Option<&Type> {
        self.fields.iter().find(|field| field.id.is_some()).map(|field| &field.ty)
    }
}

/// A valid read model.
pub(crate) struct ReadModel<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) paths: &'a Paths,
    pub(crate) table: &'a LitStr,
    pub(crate) key: &'a Field,
    pub(crate) columns: Vec<&'a Field>,
}

/// `None` when there is no type to speak of.
pub(crate) fn read(item: TokenStream, errors: &mut Errors) -> Option<Draft> {
    const TABLE: &str = "#[read_model(table = \"…\")]";
    let item: DeriveInput = errors.ok(syn::parse2(item))?;
    let mut options = Options::of(&item.attrs, "read_model", TABLE, errors);
    let paths = Paths::take(&mut options, errors);
    let table = options.take("table", errors).and_then(|setting| setting.string(errors));
    options.finish(&["table", "crate"], errors);
    if table.is_none() && errors.is_empty() {
        errors.at(&item.ident, format!("the table is not named: add `{TABLE}`"));
    }
    let mut fields = Vec::new();
    if let Data::Struct(data) = &item.data
        && let Fields::Named(named) = &data.fields
    {
        fields.extend(named.named.iter().filter_map(|field| Field::read(field, errors)));
    }
    Some(Draft { item, paths, table, fields })
}
