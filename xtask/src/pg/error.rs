use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no PostgreSQL to test with.
///
/// `Debug` prints what `Display` prints, with the causes: these errors end up in `unwrap` and in
/// the results of tests, where the reader needs the sentence and not the fields.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There are no server programs, and they could not be installed.
    #[error(
        "no PostgreSQL server programs: `initdb` and `postgres` are neither on the PATH nor under \
         {versions}/*/bin, and {why}. Install them (Debian, Ubuntu: `apt-get install postgresql`; \
         Fedora: `dnf install postgresql-server`; macOS: `brew install postgresql`) or set \
         DATABASE_URL to a server on which the tests may create databases"
    )]
    NotFound {
        /// Where installed versions were looked for.
        versions: PathBuf,
        /// Why they were not installed just now.
        why: String,
    },

    /// `DATABASE_URL`, or another URL given to this crate, cannot be used.
    #[error("not a PostgreSQL URL such as `postgres://user@host:5432/database`: {reason}")]
    BadUrl {
        /// What is wrong with it. The URL is not repeated, because it may hold a password.
        reason: &'static str,
    },

    /// PostgreSQL does not run as root and there is nobody else to run it.
    #[error(
        "running as root, and /etc/passwd has neither `postgres` nor `nobody` to run PostgreSQL"
    )]
    NoAccount,

    /// None of the usual temporary folders can be used by the server.
    #[error("no temporary folder that the server's user can reach; tried {tried:?}; set TMPDIR")]
    NoFolder {
        /// The folders that were tried.
        tried: Vec<PathBuf>,
    },

    /// A program that was started reported a failure.
    #[error("{program} failed ({status}): {output}")]
    Failed {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of what it printed.
        output: String,
    },

    /// The server ended, or was not ready in time.
    #[error("the throwaway PostgreSQL did not start: {reason}; the end of its log:\n{log}")]
    NotStarted {
        /// What was seen.
        reason: String,
        /// The last lines of its log.
        log: String,
    },

    /// The operating system refused something.
    #[error("cannot {action}")]
    Io {
        /// What was being done.
        action: String,
        /// Why it did not work.
        source: io::Error,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}

/// Names what was being done when an I/O error came.
pub(crate) trait During<T> {
    fn during(self, action: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, action: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Io { action: action(), source })
    }
}

/// The last lines of a text, for messages.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
