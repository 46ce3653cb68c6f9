//! Stored names: the rule that stores keep, told at compile time.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::{LitStr, Type};

use crate::attr::Setting;
use crate::errors::Errors;

/// The longest name that a store accepts, in bytes.
const MAX_BYTES: usize = 512;

/// The name that an option gives, or else that of the type. A name that breaks the rule is noted and stands.
pub(crate) fn stored(setting: Option<&Setting>, default: &Ident, errors: &mut Errors) -> LitStr {
    let given = setting.and_then(|setting| setting.string(errors));
    let Some(name) = given else {
        return LitStr::new(&default.unraw().to_string(), default.span());
    };
    check(&name, "leave `name` out to use the type's name", errors);
    name
}

/// Notes whatever breaks the rule.
pub(crate) fn check(name: &LitStr, instead_of_empty: &str, errors: &mut Errors) {
    let text = name.value();
    if text.is_empty() {
        errors.at(name, format!("the stored name is empty: {instead_of_empty}"));
    } else if text.len() > MAX_BYTES {
        let bytes = text.len();
        errors.at(name, format!("the stored name is {bytes} bytes long, the limit is {MAX_BYTES}"));
    } else if let Some(control) = text.chars().find(|c| c.is_control()) {
        let control = control.escape_default();
        errors.at(
            name,
            format!("the stored name holds the control character `{control}`: remove it"),
        );
    }
}

/// The identifier that names a type.
pub(crate) fn of_type(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        Type::Group(group) => of_type(&group.elem),
        Type::Paren(paren) => of_type(&paren.elem),
        _ => None,
    }
}
