//! Installing PostgreSQL on Debian, when that needs no questions.

use std::path::Path;
use std::process::{Command, Stdio};

use super::error::tail;

/// How to install the package, if at all.
#[derive(Debug, Clone)]
pub(super) struct Installer {
    allowed: bool,
}

impl Installer {
    pub(super) fn system() -> Self {
        Self { allowed: true }
    }

    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { allowed: false }
    }

    /// # Errors
    ///
    /// Why it could not be installed, as the end of a sentence.
    pub(super) fn install(&self) -> Result<(), String> {
        if !self.allowed {
            return Err("installing them is not allowed here".into());
        }
        if !Path::new("/etc/debian_version").exists() {
            return Err("only on Debian and its like they are installed without asking".into());
        }
        let as_root: &[&str] = if super::account::own_uid().is_ok_and(|uid| uid == 0) {
            &[]
        } else if succeeds(Command::new("sudo").args(["-n", "true"])) {
            &["sudo", "-n"]
        } else {
            return Err("only root, or a user with `sudo` without a password, can install".into());
        };
        eprintln!("no PostgreSQL found: installing the package `postgresql`");
        let install = ["install", "--yes", "--no-install-recommends", "postgresql"];
        // A fresh machine has no package lists, and old lists name files that are gone.
        apt_get(as_root, &install)
            .or_else(|_| apt_get(as_root, &["update"]).and_then(|()| apt_get(as_root, &install)))
    }
}

fn apt_get(as_root: &[&str], arguments: &[&str]) -> Result<(), String> {
    let words = as_root.iter().chain(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    // Another process that installs something just now is waited for.
    let words: Vec<&str> =
        words.chain(&["-o", "DPkg::Lock::Timeout=300"]).chain(arguments).copied().collect();
    let output = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{}` did not start: {error}", words.join(" ")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = tail(&String::from_utf8_lossy(&output.stderr));
    Err(format!("`{}` failed ({}): {said}", words.join(" "), output.status))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}
