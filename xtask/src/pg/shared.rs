//! One throwaway cluster per process tree.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::PathBuf;
use std::time::Duration;

use super::account::{Account, own_uid};
use super::cluster::Cluster;
use super::error::{During, Error};
use super::home::{self, Home};
use super::programs::Finder;
use super::watchdog::Watchdog;
use crate::process::ProcessId;

/// The URL of the cluster that all children of our parent share; starts it if nobody has yet.
///
/// They meet in a folder that is named after the parent. Whoever holds the lock in it may look at
/// the file `url`, which is written last, and start a cluster when it is missing or its server
/// does not answer. The system releases the lock of a process that dies half way, so the next one
/// finds no `url` and begins anew, in another folder: what the dead one left does not disturb, and
/// its watchdog removes it together with the rest.
pub(super) fn url() -> Result<String, Error> {
    // Before the folder is made: without programs there will be no watchdog to remove it.
    let programs = Finder::system().find()?;
    let account = Account::choose()?;
    let owner = ProcessId::parent();
    let folder = folder_of(&owner, account)?;

    let lock_path = folder.join("lock");
    let lock = File::options().create(true).append(true).open(&lock_path);
    let lock = lock.during(|| format!("open {}", lock_path.display()))?;
    lock.lock().during(|| format!("lock {}", lock_path.display()))?;

    let url_path = folder.join("url");
    let written = fs::read_to_string(&url_path).ok();
    if let Some(url) = written.filter(|url| answers(url)) {
        return Ok(url);
    }
    let home = Home::create_in(&folder)?;
    let watchdog = Watchdog::of_shared(&owner, folder);
    let cluster = Cluster::start_in(home, account, programs, &[], watchdog)?;
    fs::write(&url_path, cluster.url()).during(|| format!("write {}", url_path.display()))?;
    Ok(cluster.leave_running())
}

/// Makes the folder if it is not there. The name can be guessed and the place is open to all, so
/// a folder that is not ours alone is refused.
fn folder_of(owner: &ProcessId, account: Account) -> Result<PathBuf, Error> {
    let uid = own_uid()?;
    let started = owner.started.unwrap_or_default();
    let folder = home::base(account)?.join(format!("es-pg-{}-{started}", owner.pid));
    match fs::DirBuilder::new().mode(0o711).create(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).during(|| format!("make {}", folder.display()));
        }
        _ => {}
    }
    let found = fs::symlink_metadata(&folder).during(|| format!("look at {}", folder.display()))?;
    if found.is_dir() && found.uid() == uid && found.mode() & 0o022 == 0 {
        return Ok(folder);
    }
    let refused = std::io::Error::other("it is not a folder of ours alone; remove it");
    Err(refused).during(|| format!("use {}", folder.display()))
}

/// Whether a server listens there: somebody may have killed it since.
fn answers(url: &str) -> bool {
    let host = url.split_once('@').and_then(|(_, rest)| rest.split_once('/')).map(|(host, _)| host);
    let address: Option<SocketAddr> = host.and_then(|host| host.parse().ok());
    address.is_some_and(|it| TcpStream::connect_timeout(&it, Duration::from_secs(5)).is_ok())
}
