//! The two crates that are compared: one domain, written with the macros and by hand.

mod by_hand;
mod by_macro;
mod shared;
mod story;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use proc_macro2::TokenStream;

use crate::domain::{self, Aggregate};

/// Who writes the impls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Author {
    Macros,
    Hand,
}

/// How much of the domain is written, to see what each part costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Extent {
    /// The 200 events.
    Events,
    /// And the 20 aggregates.
    Aggregates,
    /// And the 20 projections with their read models.
    Everything,
}

/// The source of a crate.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    manifest: String,
    /// What a person writes to have the domain: a file for each aggregate.
    pub(crate) modules: Vec<(String, String)>,
    /// The program that uses it, the same for both authors.
    pub(crate) main: String,
}

impl Author {
    pub(crate) const BOTH: [Self; 2] = [Self::Macros, Self::Hand];

    fn module(self, aggregate: &Aggregate, extent: Extent) -> TokenStream {
        match self {
            Self::Macros => by_macro::module(aggregate, extent),
            Self::Hand => by_hand::module(aggregate, extent),
        }
    }

    /// What the crate asks of es-core: whoever writes by hand leaves the macros out.
    const fn features(self) -> &'static str {
        match self {
            Self::Macros => r#"["macros", "runtime"]"#,
            Self::Hand => r#"["runtime"]"#,
        }
    }
}

impl Source {
    /// Writes the domain as `author` would.
    ///
    /// # Errors
    /// When a template does not make Rust.
    pub(crate) fn new(author: Author, extent: Extent) -> Result<Self> {
        let name = format!("{extent:?}-by-{author:?}").to_lowercase();
        let aggregates = domain::aggregates();
        let modules = aggregates.iter().map(|aggregate| {
            let text = pretty(&author.module(aggregate, extent))?;
            Ok((aggregate.name(), text))
        });
        let modules = modules.collect::<Result<_>>()?;
        let main = pretty(&story::main(&aggregates, extent))?;
        Ok(Self { manifest: manifest(&name, author), name, modules, main })
    }

    /// Puts it below `parent`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn save(&self, parent: &Path) -> Result<PathBuf> {
        let dir = parent.join(&self.name);
        std::fs::create_dir_all(dir.join("src"))?;
        std::fs::write(dir.join("Cargo.toml"), &self.manifest)?;
        std::fs::copy(WORKSPACE.to_owned() + "/Cargo.lock", dir.join("Cargo.lock"))?;
        std::fs::write(dir.join("src/main.rs"), &self.main)?;
        for (name, text) in &self.modules {
            std::fs::write(dir.join(format!("src/{name}.rs")), text)?;
        }
        Ok(dir)
    }

    /// How many lines a person writes to have the domain.
    pub(crate) fn lines(&self) -> usize {
        self.modules
            .iter()
            .flat_map(|(_, text)| text.lines())
            .filter(|line| !line.is_empty())
            .count()
    }
}

/// Where this workspace stands.
pub(crate) const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn manifest(name: &str, author: Author) -> String {
    let features = author.features();
    format!(
        r#"[workspace]

[package]
name = "{name}"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
es-core = {{ path = '{WORKSPACE}/../es-core', default-features = false, features = {features} }}
serde = {{ version = "1.0.229", features = ["derive"] }}

[profile.release]
strip = true
"#
    )
}

fn pretty(tokens: &TokenStream) -> Result<String> {
    let file = syn::parse2(tokens.clone()).with_context(|| format!("not Rust: {tokens}"))?;
    Ok(prettyplease::unparse(&file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;
    use syn::{Item, ItemStruct};

    /// The structs of a crate with their fields, attributes aside.
    fn structs(author: Author) -> Vec<String> {
        let source = Source::new(author, Extent::Everything).expect("the templates make Rust");
        let file = |text: &str| syn::parse_file(text).expect("it was printed from syntax");
        let items = source.modules.iter().flat_map(|(_, text)| file(text).items);
        let shown = items.filter_map(|item| match item {
            Item::Struct(ItemStruct { ident, mut fields, .. }) => {
                fields.iter_mut().for_each(|field| field.attrs.clear());
                Some(quote!(#ident #fields).to_string())
            }
            _ => None,
        });
        shown.collect()
    }

    #[test]
    fn both_authors_define_the_same_types() {
        let [by_macro, by_hand] = Author::BOTH.map(structs);
        assert_eq!(by_macro, by_hand);
        assert_eq!(by_macro.len(), 200 + 20 * 3, "events; aggregates, rows and projections");
    }

    #[test]
    fn both_authors_are_used_by_the_same_program() {
        for extent in [Extent::Events, Extent::Aggregates, Extent::Everything] {
            let [by_macro, by_hand] =
                Author::BOTH.map(|author| Source::new(author, extent).expect("Rust"));
            assert_eq!(by_macro.main, by_hand.main);
        }
    }
}
