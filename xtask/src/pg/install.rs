//! Installing PostgreSQL on Debian, when that needs no questions.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::account::own_uid;
use super::error::tail;

/// What stands in front of a command that root shall run, or why there is no such thing.
type BecomeRoot = fn() -> Result<&'static [&'static str], String>;

/// How to install the package, if at all.
#[derive(Debug, Clone)]
pub(super) struct Installer {
    /// A file that only Debian and its like have.
    marker: PathBuf,
    apt_get: PathBuf,
    become_root: BecomeRoot,
}

impl Installer {
    pub(super) fn system() -> Self {
        Self {
            marker: "/etc/debian_version".into(),
            apt_get: "apt-get".into(),
            become_root: system_root,
        }
    }

    /// # Errors
    ///
    /// Why it could not be installed, as the end of a sentence.
    pub(super) fn install(&self) -> Result<(), String> {
        if !self.marker.exists() {
            return Err("they are installed without asking only on Debian and its like".into());
        }
        let root = (self.become_root)()?;
        eprintln!("no PostgreSQL found: installing the package `postgresql`");
        let install = ["install", "--yes", "--no-install-recommends", "postgresql"];
        // A fresh machine has no package lists, and old lists name files that are gone.
        self.apt_get(root, &install).or_else(|_| {
            self.apt_get(root, &["update"])?;
            self.apt_get(root, &install)
        })
    }

    fn apt_get(&self, root: &[&str], arguments: &[&str]) -> Result<(), String> {
        // `env`, because `sudo` does not hand our environment on.
        let mut words: Vec<&OsStr> = root.iter().map(OsStr::new).collect();
        words.extend([OsStr::new("env"), OsStr::new("DEBIAN_FRONTEND=noninteractive")]);
        words.push(self.apt_get.as_os_str());
        // Another process that installs something just now is waited for.
        words.extend(["-o", "DPkg::Lock::Timeout=300"].iter().chain(arguments).map(OsStr::new));
        let output = Command::new(words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("`apt-get` did not start: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = tail(&String::from_utf8_lossy(&output.stderr));
        Err(format!("`apt-get {}` failed ({}): {said}", arguments.join(" "), output.status))
    }
}

fn system_root() -> Result<&'static [&'static str], String> {
    if own_uid().is_ok_and(|uid| uid == 0) {
        return Ok(&[]);
    }
    let asked = Command::new("sudo").args(["-n", "true"]).stdin(Stdio::null()).output();
    if asked.is_ok_and(|output| output.status.success()) {
        return Ok(&["sudo", "-n"]);
    }
    Err("only root, or a user of `sudo` without a password, can install them".into())
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::Installer;

    impl Installer {
        /// Not on Debian.
        pub(in super::super) fn none() -> Self {
            Self { marker: "/nonexistent".into(), ..Self::system() }
        }

        /// Runs `script` as `apt-get`, with its calls in `folder/calls`.
        pub(in super::super) fn script(folder: &Path, script: &str) -> Self {
            let apt_get = folder.join("apt-get");
            let head = format!("#!/bin/sh\ncd {}\necho \"$@\" >>calls\n", folder.display());
            // Written by another process: a file that we had open for writing could be inherited
            // by a child that another test starts just now, and could not be executed then.
            let write = "printf %s \"$1\" >\"$2\" && chmod +x \"$2\"";
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", write, "sh"]).arg(head + script).arg(&apt_get);
            assert!(shell.status().unwrap().success());
            Self { marker: folder.into(), apt_get, become_root: || Ok(&[]) }
        }
    }

    fn calls(folder: &Path) -> Vec<String> {
        let calls = std::fs::read_to_string(folder.join("calls")).unwrap();
        let options = "-o DPkg::Lock::Timeout=300 ";
        calls.lines().map(|call| call.strip_prefix(options).unwrap().to_owned()).collect()
    }

    const INSTALL: &str = "install --yes --no-install-recommends postgresql";

    #[test]
    fn lists_are_updated_only_when_the_first_try_fails() {
        let folder = tempfile::tempdir().unwrap();
        Installer::script(folder.path(), "exit 0").install().unwrap();
        assert_eq!(calls(folder.path()), [INSTALL]);

        let folder = tempfile::tempdir().unwrap();
        let stale = "case \"$3\" in update) touch new;; *) test -e new;; esac";
        Installer::script(folder.path(), stale).install().unwrap();
        assert_eq!(calls(folder.path()), [INSTALL, "update", INSTALL]);
    }

    #[test]
    fn a_failure_is_told_in_the_words_of_apt_get() {
        let folder = tempfile::tempdir().unwrap();
        let failing = Installer::script(folder.path(), "echo 'E: no network' >&2; exit 100");
        let why = failing.install().unwrap_err();
        assert!(why.contains("`apt-get update` failed") && why.contains("E: no network"), "{why}");
    }

    #[test]
    fn nothing_is_run_for_a_user_who_cannot_install() {
        let folder = tempfile::tempdir().unwrap();
        let mut installer = Installer::script(folder.path(), "exit 0");
        installer.become_root = || Err("not root".into());
        assert_eq!(installer.install().unwrap_err(), "not root");
        assert!(!folder.path().join("calls").exists());
    }
}
