//! Finding `initdb` and `postgres`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Error;
use super::install::Installer;

/// The folder with the server programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The folder in which all of them are, and usually `psql` too.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }
}

/// Where to look for the server programs, and whether they may be installed.
///
/// [`Finder::system`] is the real one; tests point it elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Finder {
    path: OsString,
    versions: PathBuf,
    installer: Installer,
}

impl Finder {
    /// The PATH, then Debian's folder of versions, then `apt-get`.
    pub(super) fn system() -> Self {
        Self {
            path: std::env::var_os("PATH").unwrap_or_default(),
            versions: "/usr/lib/postgresql".into(),
            installer: Installer::system(),
        }
    }

    /// Looks in other places, and installs nothing.
    #[cfg(test)]
    pub(super) fn only_in(path: impl Into<OsString>, versions: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), versions: versions.into(), installer: Installer::none() }
    }

    /// The programs; installs them when there are none and that is possible.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], which says what to install.
    pub(super) fn find(&self) -> Result<Programs, Error> {
        if let Some(found) = self.look() {
            return Ok(found);
        }
        let not_found = |why| Error::NotFound { versions: self.versions.clone(), why };
        self.installer.install().map_err(not_found)?;
        self.look().ok_or_else(|| not_found("they are not there after installing either".into()))
    }

    fn look(&self) -> Option<Programs> {
        let mut on_path = std::env::split_paths(&self.path);
        on_path.find_map(programs_in).or_else(|| newest(&self.versions))
    }
}

fn programs_in(folder: PathBuf) -> Option<Programs> {
    // An empty entry of the PATH means the current folder; not a place to run programs from.
    if !folder.is_absolute() || !is_complete(&folder) {
        return None;
    }
    // Behind links on the PATH lies the folder that has `psql` and the others too.
    let linked = folder.join("initdb").canonicalize().ok();
    let real = linked.and_then(|file| Some(file.parent()?.to_owned()));
    Some(Programs { folder: real.filter(|real| is_complete(real)).unwrap_or(folder) })
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|name| is_executable(&folder.join(name)))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// `VERSION/bin` with the highest version that has the programs.
fn newest(versions: &Path) -> Option<Programs> {
    let mut found: Vec<(Vec<u32>, PathBuf)> = std::fs::read_dir(versions)
        .ok()?
        .filter_map(Result::ok)
        .filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    found.sort();
    found.into_iter().rev().find_map(|(_, folder)| programs_in(folder.join("bin")))
}

fn version(name: &str) -> Option<Vec<u32>> {
    name.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::super::install::Installer;
    use super::{Error, Finder};

    fn put(folder: &Path, names: &[&str]) {
        std::fs::create_dir_all(folder).unwrap();
        for name in names {
            std::fs::write(folder.join(name), "#!/bin/sh\n").unwrap();
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(folder.join(name), mode).unwrap();
        }
    }

    #[test]
    fn without_programs_and_installer_the_error_says_what_to_install() {
        let empty = tempfile::tempdir().unwrap();
        let error = Finder::only_in("", empty.path()).find().unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }));
        let text = format!("{error:?}");
        for part in ["apt-get install postgresql", "brew", "DATABASE_URL", "PATH"] {
            assert!(text.contains(part), "{part:?} is missing in: {text}");
        }
    }

    #[test]
    fn programs_that_are_missing_are_installed() {
        let root = tempfile::tempdir().unwrap();
        let mut finder = Finder::only_in("", root.path());
        let install = "mkdir -p 16/bin; cp /bin/sh 16/bin/initdb; cp /bin/sh 16/bin/postgres";
        finder.installer = Installer::script(root.path(), install);
        let found = finder.find().unwrap();
        assert_eq!(found.folder(), root.path().join("16/bin").canonicalize().unwrap());
        finder.find().unwrap();
        let calls = std::fs::read_to_string(root.path().join("calls")).unwrap();
        assert_eq!(calls.lines().count(), 1, "only once: {calls}");
    }

    #[test]
    fn an_installation_that_brings_nothing_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let mut finder = Finder::only_in("", root.path());
        finder.installer = Installer::script(root.path(), "exit 0");
        let text = finder.find().unwrap_err().to_string();
        assert!(text.contains("after installing"), "{text}");
    }

    #[test]
    fn links_on_the_path_are_followed_to_the_folder_with_all_programs() {
        let root = tempfile::tempdir().unwrap();
        let (real, links) =
            (root.path().canonicalize().unwrap().join("real"), root.path().join("links"));
        put(&real, &["initdb", "postgres", "psql"]);
        put(&links, &[]);
        for name in ["initdb", "postgres"] {
            std::os::unix::fs::symlink(real.join(name), links.join(name)).unwrap();
        }
        let found = Finder::only_in(&links, root.path().join("v")).find().unwrap();
        assert_eq!(found.folder(), real);
    }

    #[test]
    fn the_path_wins_over_installed_versions() {
        let root = tempfile::tempdir().unwrap();
        let on_path = root.path().join("a");
        put(&on_path, &["initdb", "postgres"]);
        put(&root.path().join("v/17/bin"), &["initdb", "postgres"]);
        let found = Finder::only_in(&on_path, root.path().join("v")).find().unwrap();
        assert_eq!(found.folder(), on_path.canonicalize().unwrap());
    }

    #[test]
    fn the_newest_complete_version_is_taken_by_number() {
        let root = tempfile::tempdir().unwrap();
        put(&root.path().join("9.6/bin"), &["initdb", "postgres"]);
        put(&root.path().join("15/bin"), &["initdb", "postgres"]);
        put(&root.path().join("17/bin"), &["psql"]);
        put(&root.path().join("not-a-version/bin"), &["initdb", "postgres"]);
        let found = Finder::only_in(root.path().join("9.6"), root.path()).find().unwrap();
        assert_eq!(found.folder(), root.path().join("15/bin").canonicalize().unwrap());
    }
}
