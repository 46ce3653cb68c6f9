//! The process that cleans up when nobody else does.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::error::{During, Error};
use crate::process::ProcessId;

/// Waits for a process to end, in whichever way, then stops the server in a folder and removes
/// the folder.
///
/// It has a process group of its own, so that Ctrl-C does not reach it, and holds none of our
/// files open, so that a pipe on our output ends with us. It is a shell script because it must
/// outlive us, and a test binary cannot start itself as something else.
#[derive(Debug)]
pub(super) struct Watchdog {
    owner: ProcessId,
    /// A folder around the cluster's, for which processes wait as long as the owner lives.
    shared: Option<PathBuf>,
    child: Option<Child>,
}

impl Watchdog {
    pub(super) fn of(owner: &ProcessId) -> Self {
        Self { owner: owner.clone(), shared: None, child: None }
    }

    /// Also removes `shared`, once nothing else is in it.
    pub(super) fn of_shared(owner: &ProcessId, shared: PathBuf) -> Self {
        Self { shared: Some(shared), ..Self::of(owner) }
    }

    pub(super) fn start(&mut self, folder: &Path) -> Result<(), Error> {
        let started = self.owner.started.map_or_else(|| "-".into(), |ticks| ticks.to_string());
        let child = Command::new("/bin/sh")
            .args(["-c", include_str!("watchdog.sh"), "es-pg-watchdog"])
            .arg(folder)
            .args([self.owner.pid.to_string(), started])
            .args(&self.shared)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        self.child = Some(child.during(|| "start /bin/sh as the cluster's watchdog".into())?);
        Ok(())
    }

    /// The folder has gone. The watchdog of a shared one stays, for what is around it.
    pub(super) fn dismiss(&mut self) {
        if let (Some(child), None) = (&mut self.child, &self.shared) {
            let _ = child.kill().and_then(|()| child.wait());
        }
    }
}
