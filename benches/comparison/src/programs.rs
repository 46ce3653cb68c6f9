//! The subjects' programs: built, and called.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use work::{Answer, Job, Task};

use crate::subjects::{ALL, Subject};

/// A program that is ready to be called.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) subject: Subject,
    path: PathBuf,
}

/// Builds the programs of these subjects. A peer that cannot be built is left out, and that is said.
pub(crate) fn build(includes: impl Fn(&Subject) -> bool) -> Result<Vec<Program>> {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let wanted: Vec<Subject> = ALL.iter().copied().filter(includes).collect();
    let (peers, ours): (Vec<&Subject>, Vec<_>) = wanted.iter().partition(|subject| subject.is_peer);
    let mut built = BTreeMap::new();
    if !ours.is_empty() {
        let packages = ours.iter().flat_map(|subject| ["-p", subject.package]);
        built.extend(cargo_build(&benches, packages)?);
    }
    if !peers.is_empty() {
        // All of them, whoever is asked for: with other packages a dependency has other features, and is built anew.
        built.extend(cargo_build(&benches.join("peers"), ["--workspace", "--keep-going"])?);
    }
    let mut programs = Vec::new();
    for subject in wanted {
        match built.remove(subject.package) {
            Some(path) => programs.push(Program { subject, path }),
            None if subject.is_peer => eprintln!("left out: {} cannot be built", subject.name),
            None => bail!("{} cannot be built", subject.package),
        }
    }
    Ok(programs)
}

/// The executables that come out of it, by package.
fn cargo_build<'a>(
    folder: &Path,
    what: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, PathBuf>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder).args(["build", "--release", "--locked"]).args(what);
    cargo.arg("--message-format=json-render-diagnostics");
    // Macros that check SQL find what they need beside their program, not in a database that happens to be set.
    cargo.env("SQLX_OFFLINE", "true");
    // Set by the `cargo run` that has started us; build scripts that look at them would run anew each time.
    for (name, _) in std::env::vars_os() {
        let name_bytes = name.as_encoded_bytes();
        if name_bytes.starts_with(b"CARGO_PKG_") || name_bytes.starts_with(b"CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    let output = cargo.stderr(Stdio::inherit()).output().context("cargo cannot be run")?;
    Ok(executables(&String::from_utf8_lossy(&output.stdout)))
}

/// From what cargo says about its artifacts.
fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
        target: Option<Target>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let parsed = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    parsed.filter_map(|message| Some((message.target?.name, message.executable?))).collect()
}

impl Program {
    /// Has a task done.
    pub(crate) fn call(&self, url: &str, task: Task) -> Result<Answer> {
        let job = serde_json::to_string(&Job { url: url.to_owned(), task })?;
        let output = Command::new(&self.path).arg(job).output();
        let output = output.with_context(|| format!("{} cannot be run", self.path.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("{}: {}", output.status, said.trim());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let answer = text.lines().last().and_then(|line| serde_json::from_str(line).ok());
        answer.with_context(|| format!("no answer in {text:?}; it said {}", said.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_found_among_the_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"peer-x"},"executable":"/t/peer-x"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let found = executables(messages);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("peer-x".into(), "/t/peer-x".into())]);
    }
}
