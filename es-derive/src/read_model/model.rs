//! From syntax to what `#[derive(ReadModel)]` was asked for.

use proc_macro2::{Ident, TokenStream};
use syn::{Data, DeriveInput, Fields, LitStr, Type};

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
    pub(crate) fields: &'a [Field],
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
        for field in &named.named {
            let Some(ident) = field.ident.clone() else { continue };
            let mut options = Options::of(&field.attrs, "read_model", "#[read_model(id)]", errors);
            let id = options.take("id", errors);
            if let Some(id) = &id {
                id.flag(errors);
            }
            options.finish(&["id"], errors);
            fields.push(Field { ident, ty: field.ty.clone(), id });
        }
    }
    Some(Draft { item, paths, table, fields })
}
