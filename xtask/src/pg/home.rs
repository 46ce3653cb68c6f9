//! The folder of a throwaway cluster.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::account::Account;
use super::error::{During, Error};

/// A Unix socket's path may have 107 bytes; what we append to the base has up to 60.
const LONGEST_BASE: usize = 45;

/// A cluster's folder: `data`, `socket` and `log` in it.
#[derive(Debug, Clone)]
pub(super) struct Home {
    folder: PathBuf,
}

impl Home {
    /// A new folder with a name of its own, in `base`.
    pub(super) fn create_in(base: &Path) -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix("es-pg-")
            .tempdir_in(base)
            .during(|| format!("make a folder in {}", base.display()))?;
        // From here on `Cluster` and the watchdog see to its removal.
        Ok(Self { folder: folder.keep() })
    }

    /// Makes the folders in it that the server needs.
    pub(super) fn prepare(&self, account: Account) -> Result<(), Error> {
        set_mode(&self.folder, if account == Account::Own { 0o700 } else { 0o711 })?;
        for part in [self.data(), self.socket()] {
            fs::create_dir(&part).during(|| format!("make {}", part.display()))?;
            set_mode(&part, 0o700)?;
            account.give(&part)?;
        }
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.folder
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// The server's log, opened for appending.
    pub(super) fn open_log(&self) -> Result<File, Error> {
        let path = self.log_path();
        let mut options = File::options();
        options.create(true).append(true).open(&path).during(|| format!("open {}", path.display()))
    }

    /// Appends to the server's settings; later lines win.
    pub(super) fn write_settings(&self, lines: &str) -> Result<(), Error> {
        let path = self.data().join("postgresql.conf");
        let file = File::options().append(true).open(&path);
        file.and_then(|mut file| file.write_all(lines.as_bytes()))
            .during(|| format!("write {}", path.display()))
    }

    /// What the server has logged since `from` bytes.
    pub(super) fn log_since(&self, from: u64) -> String {
        let bytes = fs::read(self.log_path()).unwrap_or_default();
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
        String::from_utf8_lossy(&bytes[from..]).into_owned()
    }

    /// Removes the folder. Processes of a crashed server may still write into it for a moment.
    pub(super) fn remove(&self) -> Result<(), Error> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            match fs::remove_dir_all(&self.folder) {
                Ok(()) => return Ok(()),
                Err(_) if !self.folder.exists() => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    return Err(error).during(|| format!("remove {}", self.folder.display()));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("log")
    }
}

/// The temporary folder to work in: the system's, if the server's user can reach it and a socket's
/// path in it is not too long.
pub(super) fn base(account: Account) -> Result<PathBuf, Error> {
    let tried = vec![std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
    // Canonical, because the watchdog compares it with what the system says of the server.
    let candidates = tried.iter().filter_map(|folder| folder.canonicalize().ok());
    let fits =
        |folder: &PathBuf| folder.as_os_str().len() <= LONGEST_BASE && account.reaches(folder);
    candidates.into_iter().find(fits).ok_or(Error::NoFolder { tried })
}

fn set_mode(folder: &Path, mode: u32) -> Result<(), Error> {
    fs::set_permissions(folder, fs::Permissions::from_mode(mode))
        .during(|| format!("set the permissions of {}", folder.display()))
}
