//! The folder that the SQLite files of a run are in.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use work::SQLITE;

/// A folder on a disk, removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Files {
    folder: TempDir,
}

impl Files {
    /// Makes it where the throwaway server keeps its data too: in the system's temporary folder.
    ///
    /// # Errors
    /// When that is in memory, where nothing is durable and every commit is for nothing.
    pub(crate) fn start() -> Result<Self> {
        let folder = TempDir::with_prefix("es-sqlite-").context("no temporary folder")?;
        let path = folder.path().canonicalize()?;
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        if let Some(kind @ ("tmpfs" | "ramfs")) = file_system(&mounts, &path) {
            bail!("{} is in memory ({kind}): set TMPDIR to a folder on a disk", path.display());
        }
        Ok(Self { folder })
    }

    /// The URL of a file that is not there yet.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("{SQLITE}{}", self.folder.path().join(name).display())
    }
}

/// The kind of file system that a path is on, by what Linux says of its mounts; `None` where it says nothing.
fn file_system<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let mount = |line: &'a str| {
        let mut fields = line.split(' ').skip(1);
        Some((Path::new(fields.next()?), fields.next()?))
    };
    let over = mounts.lines().filter_map(mount).filter(|(folder, _)| path.starts_with(folder));
    // Of two on one folder the later hides the earlier.
    over.max_by_key(|(folder, _)| folder.components().count()).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_on_the_innermost_mount() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb /tmp/disk xfs rw 0 0\n\
                      x /tmp ramfs rw 0 0\n";
        let kind = |path: &str| file_system(mounts, Path::new(path));
        assert_eq!(kind("/tmp/a"), Some("ramfs"));
        assert_eq!(kind("/tmpfile"), Some("ext4"));
        assert_eq!(kind("/tmp/disk/a/b"), Some("xfs"));
        assert_eq!(file_system("", Path::new("/tmp")), None);
    }

    #[test]
    fn files_are_gone_with_their_folder() {
        let files = Files::start().unwrap();
        let url = files.url("es_1");
        let path = url.strip_prefix(SQLITE).unwrap().to_owned();
        fs::write(&path, "").unwrap();
        drop(files);
        assert!(!Path::new(&path).exists());
    }
}
