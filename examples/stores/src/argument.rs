//! What `--store` says.

use std::fmt;
use std::path::{Path, PathBuf, is_separator};
use std::str::FromStr;

/// What all of them can be.
const ANY: &str = "write `memory`, `sqlite:PATH` or `postgres://…`";

/// Where events are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreArgument {
    /// `memory`: nowhere, once the program has ended.
    Memory,
    /// `sqlite:PATH`: in an SQLite file.
    Sqlite(PathBuf),
    /// `postgres://…`: in a PostgreSQL database.
    Postgres(PgUrl),
}

/// The URL of a PostgreSQL database, which is never printed: it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PgUrl(String);

impl StoreArgument {
    /// Reads an argument for a program that wants what an earlier one has stored.
    ///
    /// # Errors
    /// What to write instead, also of `memory`.
    pub fn lasting(text: &str) -> Result<Self, &'static str> {
        match text.parse()? {
            Self::Memory => Err(
                "a memory store is empty when the program begins: write `sqlite:PATH` or `postgres://…`",
            ),
            lasting => Ok(lasting),
        }
    }
}

impl FromStr for StoreArgument {
    /// What to write instead.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "memory" {
            return Ok(Self::Memory);
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            return file(path).map(Self::Sqlite);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(PgUrl(text.to_owned())));
        }
        Err(ANY)
    }
}

/// Whatever follows `sqlite:` is taken as it stands, `?` and `%20` too: it is a path and no URL.
fn file(path: &str) -> Result<PathBuf, &'static str> {
    if path == ":memory:" {
        return Err(
            "write `memory` for a store that is gone with the program, `sqlite:PATH` for a file",
        );
    }
    if path.starts_with("//") {
        // In URLs of this kind two slashes are nothing to some programs, and a part of the path to others.
        return Err(
            "write `sqlite:PATH` without `//`, such as `sqlite:data/events.db` or `sqlite:/tmp/events.db`",
        );
    }
    if path.ends_with(is_separator) || Path::new(path).file_name().is_none() {
        return Err("write `sqlite:PATH` with the name of a file, such as `sqlite:data/events.db`");
    }
    Ok(path.into())
}

impl fmt::Display for StoreArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

impl PgUrl {
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PgUrl(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_told_apart_and_printed_as_they_were_written() {
        for text in [
            "memory",
            "sqlite:bank.db",
            "sqlite:data/bank.db",
            "sqlite:/tmp/a b/ü?mode=memory#%20.db",
            "sqlite:file::memory:",
        ] {
            let argument: StoreArgument = text.parse().unwrap();
            assert_eq!(argument.to_string(), text);
        }
        assert_eq!("sqlite:a/b".parse(), Ok(StoreArgument::Sqlite("a/b".into())));
    }

    #[test]
    fn a_password_is_not_printed() {
        for scheme in ["postgres", "postgresql"] {
            let url = format!("{scheme}://ada:secret@host/bank?password=secret");
            let argument: StoreArgument = url.parse().unwrap();
            assert_eq!(format!("{argument} {argument:?}"), "postgres://… Postgres(PgUrl(…))");
            let StoreArgument::Postgres(inner) = argument else { panic!("{url}") };
            assert_eq!(inner.text(), url);
        }
    }

    #[test]
    fn what_is_no_store_is_answered_with_what_to_write() {
        let cases = [
            ("", ANY),
            ("Memory", ANY),
            ("mysql://localhost", ANY),
            ("data/bank.db", ANY),
            ("postgres:bank", ANY),
            ("sqlite", ANY),
            ("sqlite:", "the name of a file"),
            ("sqlite:data/", "the name of a file"),
            ("sqlite:/", "the name of a file"),
            ("sqlite:..", "the name of a file"),
            ("sqlite::memory:", "write `memory`"),
            ("sqlite://data/bank.db", "without `//`"),
            ("sqlite:///tmp/bank.db", "without `//`"),
        ];
        for (text, expected) in cases {
            let refused = text.parse::<StoreArgument>().unwrap_err();
            assert!(refused.contains(expected), "`{text}`: {refused}");
            assert_eq!(StoreArgument::lasting(text), Err(refused));
        }
    }

    #[test]
    fn what_lasts_is_not_in_memory() {
        let refused = StoreArgument::lasting("memory").unwrap_err();
        assert!(refused.contains("is empty when the program begins"), "{refused}");
        for text in ["sqlite:bank.db", "postgres://host/bank"] {
            assert_eq!(StoreArgument::lasting(text), text.parse());
        }
    }
}
