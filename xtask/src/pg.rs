//! A PostgreSQL server for tests: the one that is given, or a throwaway one.
//!
//! [`url()`] answers with `DATABASE_URL` when that is set. Otherwise the first caller in a process
//! tree starts a throwaway cluster and all others use it too: the test binaries that one `cargo
//! test` runs one after another, or the processes that a test runner starts side by side. A small
//! watchdog process stops the cluster and removes its folder once the common parent has ended.
//!
//! [`Cluster`] is a server of one's own, for tests that stop, crash or configure it.
//!
//! A throwaway cluster listens on 127.0.0.1 and a Unix socket in its own folder, trusts everybody
//! who can reach it, and does not survive the machine: `fsync` is off. It survives `kill -9`.

mod account;
mod cluster;
mod error;
mod home;
mod install;
mod programs;
mod server;
mod settings;
mod shared;
mod url;
mod watchdog;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub use cluster::Cluster;
pub(crate) use error::During;
pub use error::Error;
pub use url::with_database;

/// The variable that names a server which is already there.
pub const DATABASE_URL: &str = "DATABASE_URL";

/// The administrator's URL of the server that this process tree shares.
///
/// Blocks for about two seconds when it has to start the server, and longer when it has to install
/// PostgreSQL first; afterwards the answer is at hand.
///
/// # Errors
///
/// [`Error::NotFound`] says what to install; [`Error::BadUrl`] when `DATABASE_URL` is not a
/// PostgreSQL URL; the others when the server cannot be started. A later call tries again.
pub fn url() -> Result<&'static str, Error> {
    static URL: OnceLock<String> = OnceLock::new();
    if let Some(url) = URL.get() {
        return Ok(url);
    }
    let found = match given_url()? {
        Some(url) => url,
        None => shared::url()?,
    };
    Ok(URL.get_or_init(|| found))
}

/// The URL of one database on the server of [`url()`]. The database need not exist yet.
///
/// # Errors
///
/// As [`url()`].
pub fn url_of(database: &str) -> Result<String, Error> {
    with_database(url()?, database)
}

/// The server that `DATABASE_URL` names, when it is set and not empty.
///
/// # Errors
///
/// [`Error::BadUrl`] when the value is not a PostgreSQL URL.
pub fn given_url() -> Result<Option<String>, Error> {
    let Some(given) = std::env::var_os(DATABASE_URL).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let given = given.into_string().map_err(|_| Error::BadUrl { reason: "it is not UTF-8" })?;
    url::check(&given)?;
    Ok(Some(given))
}

/// A database name that no other test uses, on a shared server either: `label` for the reader,
/// then process, time and a counter.
///
/// What is not a lower-case ASCII letter or digit in the label becomes `_`, and a long label is
/// cut, so the name needs no quotes in SQL and stays below PostgreSQL's limit of 63 bytes.
pub fn fresh_name(label: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let label: String = label.chars().take(20).map(plain).collect();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("t_{label}_{:x}_{:x}_{next:x}", std::process::id(), since.as_micros())
}

#[cfg(test)]
mod tests {
    use super::fresh_name;

    #[test]
    fn fresh_names_differ_and_need_no_quotes() {
        let one = fresh_name("Append in ein Müll-\"Beutel\" and much more than that");
        let two = fresh_name("Append in ein Müll-\"Beutel\" and much more than that");
        assert_ne!(one, two);
        assert!(one.starts_with("t_append_in_ein_m_ll_"), "{one}");
        assert!(one.len() <= 63, "{one}");
        assert!(one.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
    }
}
