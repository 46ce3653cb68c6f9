//! Who runs the server: PostgreSQL refuses to run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::error::{During, Error};

/// The user that runs `initdb` and `postgres`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// The user who runs the tests.
    Own,
    /// Somebody else, because the tests run as root.
    Other {
        /// User number.
        uid: u32,
        /// Group number.
        gid: u32,
    },
}

impl Account {
    /// # Errors
    ///
    /// [`Error::NoAccount`] when running as root without a `postgres` or `nobody`.
    pub(super) fn choose() -> Result<Self, Error> {
        if own_uid()? != 0 {
            return Ok(Self::Own);
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let mut known = ["postgres", "nobody"].into_iter().filter_map(|name| find(&passwd, name));
        known.next().ok_or(Error::NoAccount)
    }

    /// A command that will run as this user.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Hands a folder over to this user.
    pub(super) fn give(self, folder: &Path) -> Result<(), Error> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => chown(folder, Some(uid), Some(gid))
                .during(|| format!("give {} to user {uid}", folder.display())),
        }
    }

    /// Whether this user may walk down to the folder.
    pub(super) fn reaches(self, folder: &Path) -> bool {
        let open = |part: &Path| fs::metadata(part).is_ok_and(|meta| meta.mode() & 0o001 != 0);
        self == Self::Own || folder.ancestors().all(open)
    }
}

/// Our effective user number: that of a file we make. std has no `geteuid`, and not every Unix has
/// `/proc`.
pub(super) fn own_uid() -> Result<u32, Error> {
    let file = tempfile::tempfile().during(|| "make a temporary file".into())?;
    Ok(file.metadata().during(|| "look at a temporary file".into())?.uid())
}

fn find(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        // An account with root's number would be refused just the same.
        (uid != 0).then_some(Account::Other { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::{Account, find};

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:a,b:/var:/bin/sh\n";
        assert_eq!(find(passwd, "postgres"), Some(Account::Other { uid: 101, gid: 104 }));
        assert_eq!(find(passwd, "nobody"), None);
        assert_eq!(find(passwd, "root"), None);
        assert_eq!(find("postgres:x:many", "postgres"), None);
    }

    #[test]
    fn a_folder_is_reached_only_through_open_folders() {
        let closed = tempfile::tempdir().unwrap();
        let inner = closed.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let set = |folder: &Path, mode| {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        set(&inner, 0o755);
        set(closed.path(), 0o700);
        let other = Account::Other { uid: 12345, gid: 12345 };
        assert!(!other.reaches(&inner), "its parent is closed");
        assert!(Account::Own.reaches(&inner));
        set(closed.path(), 0o711);
        let base = std::env::temp_dir();
        assert_eq!(other.reaches(&inner), other.reaches(&base), "only the base is left to decide");
    }
}
